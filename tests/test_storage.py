"""Whole files and folders or none."""

import errno
import os
from pathlib import Path

import pytest

from ponder.errors import StorageError
from ponder.storage import replacing_file, replacing_folder, write_bytes, write_text


def test_writes_text_and_makes_the_folders_above(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "Größe\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "Größe\n".encode()


def test_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_bytes(tmp_path / "x", b"old")
    write_bytes(tmp_path / "x", b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"new")]


def test_a_failing_block_keeps_the_old_file(tmp_path: Path) -> None:
    write_bytes(tmp_path / "x", b"old")
    with pytest.raises(KeyError), replacing_file(tmp_path / "x") as temporary:
        temporary.write_bytes(b"half")
        raise KeyError("stop")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"old")]


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    for names in (["a", "b"], ["c"]):
        with replacing_folder(folder) as temporary:
            assert temporary.parent == folder.parent
            for name in names:
                write_text(temporary / "inner" / name, name)
    assert sorted(p.name for p in folder.rglob("*")) == ["c", "inner"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_failing_block_keeps_the_old_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with replacing_folder(folder) as temporary:
        write_text(temporary / "a", "old")
    with pytest.raises(ZeroDivisionError), replacing_folder(folder) as temporary:
        write_text(temporary / "a", "half")
        raise ZeroDivisionError
    assert (folder / "a").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("code", "advice"),
    [(errno.ENOSPC, "free some space"), (errno.EACCES, "may write"), (errno.EIO, "nput/output")],
)
def test_the_system_errors_become_one_line_of_advice(tmp_path: Path, code: int, advice: str) -> None:
    for replacing in (replacing_file, replacing_folder):
        with pytest.raises(StorageError, match=advice) as caught, replacing(tmp_path / "x"):
            raise OSError(code, os.strerror(code))
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file"):
        write_text(tmp_path / "file" / "inside", "x")
    with pytest.raises(StorageError, match="another name"), replacing_folder(tmp_path / "file"):
        pass
    with pytest.raises(StorageError):
        write_text(tmp_path, "a folder is no file")
    assert (tmp_path / "file").read_text() == "in the way"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}.*.tmp"))
