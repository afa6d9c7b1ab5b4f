"""The rows of a file of problems: JSON lines, one JSON array, or Parquet; JSON may be packed by gzip.

The file's own first bytes decide, not its name, because `.json` files of JSON lines are common; only a file
that is called `.jsonl` or `.parquet` is held to that. Does not know what the rows mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError
from ponder.jsonl import Row, as_object, parse_rows, read_text
from ponder.tasks.parquet import is_parquet, read_parquet

LINES = {".jsonl", ".ndjson"}
_ARRAY = re.compile(r"\s*\[")


def read_any_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Each row with its place: `FILE, line N` of JSON lines, `item N` of an array, `row N` of Parquet."""
    if path.suffix == ".parquet" or is_parquet(path):
        return read_parquet(path)
    text = read_text(path)
    if LINES.isdisjoint(path.suffixes) and _ARRAY.match(text):
        return _items(text, path)
    return parse_rows(text, path)


def _items(text: str, path: Path) -> Iterator[tuple[str, Row]]:
    try:
        items = cast(list[Any], json.loads(text))
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: not valid JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, endless brackets
        raise DataError(f"{path}: not valid JSON ({error})") from error
    for number, item in enumerate(items, start=1):
        where = f"{path}, item {number}"
        yield where, as_object(item, where)
