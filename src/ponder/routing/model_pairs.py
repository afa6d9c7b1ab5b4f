"""Outcome tables of two models, as RouteLLM publishes them (Ong et al., arXiv:2406.18665).

A CSV with a column `prompt` and one column a model, True or False in each row. Here the spend is calls of the
large model: 0 for the small one, 1 for the large, unless prices are given.

    PGR(q)   (accuracy when a share q of problems goes to the large model - small) / (large - small)
    APGR     mean of PGR over q in [0, 1]
    CPT(p)   the least share q for which PGR(q) ≥ p
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from ponder.errors import ConfigError, DataError
from ponder.jsonl import read_text
from ponder.routing.outcome_table import OutcomeTable, RoutedProblem
from ponder.routing.router import Router

PROMPT = "prompt"
WORDS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def read_model_pair(
    path: Path, small: str, large: str, *, prices: tuple[float, float] = (0.0, 1.0)
) -> OutcomeTable:
    """`small` and `large` are column names; a prompt that comes twice is read once. Raises `DataError` with
    the row that is none, `ConfigError` for a column that is not there."""
    if small == large:
        raise ConfigError(f"--small and --large are both {small}: name two columns")
    if not 0 <= prices[0] < prices[1]:
        raise ConfigError(f"the large model should be dearer than the small one, prices are {prices}")
    csv.field_size_limit(1 << 24)
    reader = csv.DictReader(io.StringIO(read_text(path)))
    columns = reader.fieldnames or ()
    for name in (PROMPT, small, large):
        if name not in columns:
            shown = ", ".join(columns) or "none"
            raise ConfigError(f"{path} has no column {name!r}; it has: {shown[:300]}")
    rows = dict[str, RoutedProblem]()
    try:
        for number, row in enumerate(reader, start=1):
            where = f"{path}, row {number}"
            correct = (_truth(row[small], where, small), _truth(row[large], where, large))
            prompt = row[PROMPT] or ""
            rows.setdefault(
                prompt, RoutedProblem(id=str(number), question=prompt, correct=correct, spend=prices)
            )
    except csv.Error as error:
        raise DataError(f"{path} is no CSV: {error}") from error
    unit = "calls" if prices == (0.0, 1.0) else "price"
    return OutcomeTable(actions=(small, large), rows=tuple(rows.values()), unit=unit)


def gap_recovered(small: Sequence[bool], large: Sequence[bool], wins: Sequence[float]) -> list[float]:
    """PGR after 0, 1, … all problems have gone to the large model, by falling `wins`, what is expected to be
    gained on each; not a number where the two are equally often right."""
    order = sorted(range(len(wins)), key=lambda at: (-wins[at], at))
    gap = sum(large) - sum(small)
    if not gap:
        return [math.nan] * (len(wins) + 1)
    curve, gained = [0.0], 0
    for at in order:
        gained += large[at] - small[at]
        curve.append(gained / gap)
    return curve


def average_gap_recovered(curve: Sequence[float]) -> float:
    """APGR: the trapezoid under PGR; 0.5 is expected of a coin."""
    return (math.fsum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)


def call_threshold(curve: Sequence[float], share: float) -> float:
    """CPT: the least share of calls to the large model that recovers `share` of the gap."""
    reached = (at for at, recovered in enumerate(curve) if recovered >= share)
    return next(reached, math.nan) / (len(curve) - 1)


def recovered(decided: Sequence[tuple[RoutedProblem, Router]]) -> dict[str, float | None]:
    """APGR, CPT(50%) and CPT(80%) of routers on problems that they have not seen; None where the models are
    equally often right."""
    wins = list[float]()
    for row, router in decided:
        small, large = router.decide(row.question, row.signals).prospects
        wins.append(large.right - small.right)
    curve = gap_recovered(
        [row.correct[0] for row, _ in decided], [row.correct[1] for row, _ in decided], wins
    )
    found = {"apgr": average_gap_recovered(curve)}
    found |= {f"cpt_{share}": call_threshold(curve, share / 100) for share in (50, 80)}
    return {name: None if math.isnan(value) else value for name, value in found.items()}


def _truth(cell: str | None, where: str, column: str) -> bool:
    word = (cell or "").strip().lower()
    if word not in WORDS:
        raise DataError(f"{where}: {column} should be True or False, not {cell!r}")
    return WORDS[word]
