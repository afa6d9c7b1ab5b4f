"""Accuracy by version and depth, and how deep a version is solved better than by guessing.

    at chance      the 95% Wilson interval does not lie above chance, 1 / the number of choices
    chance depth   the smallest depth at which a version is at chance and at no greater depth above it

A version that is below chance, as one that contradicts the world may be, counts as at chance: its skill is
gone too. With few proofs a depth the interval is wide, so a depth at chance is one that these proofs do not
tell from guessing. Knows nothing of models.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ponder.evaluation.probe_answers import ProbeAnswer
from ponder.evaluation.statistics import Interval, wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The answers of one version, of one depth or of all."""

    version: str
    depth: int | None
    """None: all depths."""
    n: int
    right: int
    chance: float

    @property
    def accuracy(self) -> float:
        return self.right / self.n if self.n else math.nan

    @property
    def interval(self) -> Interval:
        return wilson_interval(self.right, self.n)

    @property
    def at_chance(self) -> bool:
        return self.interval.low <= self.chance

    def to_json(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "depth": self.depth,
            "n": self.n,
            "right": self.right,
            "accuracy": None if math.isnan(self.accuracy) else self.accuracy,
            "interval": list(self.interval),
            "chance": self.chance,
            "at_chance": self.at_chance,
        }


def cell(answers: Sequence[ProbeAnswer], version: str, depth: int | None = None) -> Cell:
    """Over the judged answers."""
    counted = [
        answer
        for answer in answers
        if answer.result.judged
        and answer.item.version == version
        and (depth is None or answer.item.depth == depth)
    ]
    return Cell(
        version=version,
        depth=depth,
        n=len(counted),
        right=sum(answer.right for answer in counted),
        chance=math.fsum(answer.chance for answer in counted) / len(counted) if counted else 0.0,
    )


def chance_depth(cells: Sequence[Cell]) -> int | None:
    """Of one version's cells by depth; None where the deepest is still above chance."""
    reached: int | None = None
    for each in sorted(cells, key=lambda cell: cell.depth or 0, reverse=True):
        if not each.at_chance:
            break
        reached = each.depth
    return reached
