"""Reads the tables of Coq theorems in `data/`: a heading, the statement, and an answer to it for each row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_HEADING = re.compile(r"^\(\*\*\* (.+?) \*\*\*\)\n", re.MULTILINE)


class Row(NamedTuple):
    name: str
    notes: list[str]
    statement: str
    answer: str


def read_table(name: str) -> list[Row]:
    """The rows of `data/<name>.v`; a heading is a name and further notes, divided by `|` or `:`."""
    parts = _HEADING.split((Path(__file__).parent / "data" / f"{name}.v").read_text(encoding="utf-8"))[1:]
    rows = list[Row]()
    for heading, statement, answer, text in zip(*[iter(parts)] * 4, strict=True):
        assert answer == "answer", f"{heading}: its answer is missing"
        row, *notes = re.split(r" \| |: ", heading)
        rows.append(Row(row, notes, statement, text))
    return rows
