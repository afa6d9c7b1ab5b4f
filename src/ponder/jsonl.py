"""Reads JSON lines, plain or packed by gzip, and names the line that is broken."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError

Row = Mapping[str, Any]
GZIP = b"\x1f\x8b"
MOST_BYTES = 1 << 31
"""Of text, unpacked: a few kilobytes of gzip can stand for gigabytes of nothing."""


def read_rows(path: Path, *, torn_end: bool = False) -> Iterator[tuple[str, Row]]:
    """Each line's place (`FILE, line N`) and object; empty lines are passed over.

    With `torn_end` a last line without its newline that is no JSON is left out: a kill while it was being
    written leaves just that.
    """
    return parse_rows(read_text(path), path, torn_end=torn_end)


def parse_rows(text: str, path: Path, *, torn_end: bool = False) -> Iterator[tuple[str, Row]]:
    """As `read_rows`, of a text that has been read from `path` already."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError) as error:  # also an integer of thousands of digits
            if torn_end and number == len(lines):
                return
            raise DataError(f"{where}: not valid JSON ({error})") from error
        yield where, as_object(row, where)


def as_object(row: Any, where: str) -> Row:
    """The row, if it is one."""
    if not isinstance(row, dict):
        raise DataError(f"{where}: expected an object, got {type(row).__name__}")
    return cast(Row, row)


def read_text(path: Path) -> str:
    """The text of a file, which gzip may have packed whatever the file is called."""
    data = _read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: not UTF-8 text ({error.reason})") from error


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            packed = file.read(len(GZIP)) == GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except (OSError, EOFError, zlib.error) as error:  # EOFError: the packed file was cut short
        raise DataError(f"{path} cannot be read: {error}") from error
    if len(data) > MOST_BYTES:
        raise DataError(f"{path} holds more than {MOST_BYTES >> 30} GiB of text; split it")
    return data
