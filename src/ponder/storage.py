"""Files and folders written whole or not at all: a temporary name, a sync, a rename. Logs are appended to.

Standard library only. Knows nothing of what is written.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ponder.errors import StorageError

ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and run again",
    errno.EDQUOT: "your disk quota is used up: free some space and run again",
    errno.EACCES: "permission denied: choose a place you may write to",
    errno.EPERM: "permission denied: choose a place you may write to",
    errno.EROFS: "the file system is read-only: choose a place you may write to",
    errno.ENOTDIR: "a part of the path is a file: choose another place",
    errno.EISDIR: "it is a folder: choose another name",
    errno.EEXIST: "it is a file: choose another name",
}


def write_text(path: Path, text: str) -> None:
    """UTF-8, line endings as given."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    with replacing_file(path) as temporary:
        temporary.write_bytes(data)


def append_text(path: Path, text: str) -> None:
    """Lines at the end of a log: those before them stay whatever happens, and a kill may cut the last."""
    try:
        with path.open("a", encoding="utf-8") as lines:
            lines.write(text)
    except OSError as error:
        raise _storage_error(path, error) from error


@contextmanager
def replacing_file(path: Path) -> Generator[Path]:
    """A temporary sibling to write; it replaces `path` when the block succeeds and goes when it does not."""
    temporary = _sibling(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def replacing_folder(path: Path) -> Generator[Path]:
    """A temporary sibling folder; it replaces `path` when the block succeeds and goes when it does not.

    No system can swap two folders portably: the old one steps aside first, and back if the rename fails.
    """
    temporary = _sibling(path)
    try:
        if path.exists() and not path.is_dir():
            raise FileExistsError(errno.EEXIST, "not a folder")
        temporary.mkdir(parents=True)
        yield temporary
        for written in [*sorted(temporary.rglob("*")), temporary]:
            _sync(written)
        _swap(temporary, path)
        _sync(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(temporary: Path, path: Path) -> None:
    if not path.exists():
        temporary.rename(path)
        return
    previous = _sibling(path)
    path.rename(previous)
    try:
        temporary.rename(path)
    except BaseException:  # Ctrl-C too
        if not path.exists():
            previous.rename(path)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


def _sync(path: Path) -> None:
    """Flush to the disk; where folders cannot be opened (Windows) there is nothing to flush."""
    if path.is_dir() and os.name != "posix":
        return
    # Windows refuses to flush a descriptor opened for reading only.
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError) -> StorageError:
    advice = ADVICE.get(error.errno or 0) or error.strerror or str(error)
    return StorageError(f"{path} could not be written: {advice}")
