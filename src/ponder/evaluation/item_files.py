"""Results of single problems as lines of a file: one object a problem, its samples inside.

What `ponder eval` and `ponder ladder` write and `ponder compare` reads. Knows nothing of statistics.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ponder.errors import DataError
from ponder.evaluation.arm import ItemResult, JudgedSample
from ponder.jsonl import read_rows
from ponder.records import Cost, Judgement, Verdict


def item_lines(items: Sequence[ItemResult]) -> str:
    return "".join(json.dumps(asdict(item)) + "\n" for item in items)


def read_items(path: Path) -> tuple[ItemResult, ...]:
    """Raises `DataError` with the line that is not a result."""
    items: list[ItemResult] = []
    for where, row in read_rows(path):
        try:
            items.append(_item(row))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: not the result of a problem ({error!r})") from error
    if not items:
        raise DataError(f"{path} holds no results")
    return tuple(items)


def _item(row: Mapping[str, Any]) -> ItemResult:
    samples = tuple(
        JudgedSample(text=each["text"], judgement=_judgement(each["judgement"]), cost=Cost(**each["cost"]))
        for each in row.get("samples", ())
    )
    plain = {key: value for key, value in row.items() if key not in ("judgement", "cost", "samples")}
    return ItemResult(
        **plain, judgement=_judgement(row["judgement"]), cost=Cost(**row["cost"]), samples=samples
    )


def _judgement(row: Mapping[str, Any]) -> Judgement:
    return Judgement(**{**row, "verdict": Verdict(row["verdict"])})
