"""Reads JSON lines, and names the line that is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError

Row = Mapping[str, Any]


def read_rows(path: Path, *, torn_end: bool = False) -> Iterator[tuple[str, Row]]:
    """Each line's place (`FILE, line N`) and object; empty lines are passed over.

    With `torn_end` a last line without its newline that is no JSON is left out: a kill while it was being
    written leaves just that.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as UTF-8 text: {error}") from error
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
        if not isinstance(row, dict):
            raise DataError(f"{where}: expected an object, got {type(row).__name__}")
        yield where, cast(Row, row)
