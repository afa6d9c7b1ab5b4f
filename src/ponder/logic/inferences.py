"""Inferences in abstract symbols, and the branches of a proof that they make up.

Depth is the number of inferences in the longest chain. Statements are about `x0` and properties `p0`, `p1`
and so on; knows no words and no truth.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from ponder.logic.statements import Literal, Property, Statement

SUBJECT, STRANGER, TWIN = "x0", "x1", "x2"
KIND, GOAL = Property("k0"), Property("g", noun=False)
"""What the subject is told to be, and the property asked for. `k1`, `k2`, ... are other such kinds."""


@dataclass(frozen=True, slots=True)
class Inference:
    """One step: what it concludes, by which rule, from which statements."""

    conclusion: Statement
    rule: str
    parents: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Premises and the inferences that they allow, the last of which is its conclusion."""

    premises: tuple[Statement, ...]
    inferences: tuple[Inference, ...]

    @property
    def conclusion(self) -> Statement:
        return self.inferences[-1].conclusion

    @property
    def depth(self) -> int:
        return depth_of(self.inferences)


@dataclass(slots=True)
class Symbols:
    """Gives out properties that nothing speaks of yet."""

    rng: random.Random
    given: int = field(default=0)
    kinds: int = field(default=0)

    def kind(self) -> Property:
        """Another thing to be, where a link that began at `KIND` is broken."""
        self.kinds += 1
        return Property(f"k{self.kinds}")

    def fresh(self, *, noun: bool | None = None) -> Property:
        self.given += 1
        return Property(f"p{self.given - 1}", self.rng.random() < 0.5 if noun is None else noun)

    def literal(self) -> Literal:
        return Literal(self.fresh(), self.rng.random() < 0.75)


def depth_of(inferences: Sequence[Inference]) -> int:
    """Inferences in the longest chain."""
    depths = dict[Statement, int]()
    for each in inferences:
        depths[each.conclusion] = 1 + max(depths.get(parent, 0) for parent in each.parents)
    return max(depths.values(), default=0)
