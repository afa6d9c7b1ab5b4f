"""Chains of two-digit additions and subtractions, the core of three families.

Every value on the way stays between 0 and 99, so a step is a small fact and the difficulty is the
number of steps.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

LARGEST = 99


@dataclass(frozen=True, slots=True)
class Chain:
    """`start` followed by signed terms, worked from left to right."""

    start: int
    terms: tuple[int, ...]

    @property
    def depth(self) -> int:
        return len(self.terms)

    @property
    def total(self) -> int:
        return self.start + sum(self.terms)

    @property
    def expression(self) -> str:
        return f"{self.start}{signed(self.terms)}"

    @property
    def content(self) -> str:
        return f"chain {self.expression}"

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        value, lines = self.start, list[str]()
        for first in range(0, self.depth, stride):
            taken = self.terms[first : first + stride]
            result = value + sum(taken)
            if slip is not None and first <= slip < first + stride:
                result = mistaken(result, rng)
            lines.append(f"{value}{signed(taken)}={result}")
            value = result
        return lines, str(value)


def draw_chain(rng: random.Random, depth: int) -> Chain:
    """Terms are drawn so that the running value never leaves 0..99."""
    value = start = rng.randint(2, LARGEST)
    terms = list[int]()
    for _ in range(depth):
        room_up, room_down = LARGEST - value, value
        up = rng.random() < 0.5 if min(room_up, room_down) > 0 else room_up > 0
        term = rng.randint(1, room_up) if up else -rng.randint(1, room_down)
        terms.append(term)
        value += term
    return Chain(start, tuple(terms))


def signed(terms: tuple[int, ...]) -> str:
    return "".join(f"{term:+d}" for term in terms)


def mistaken(value: int, rng: random.Random) -> int:
    """A plausible wrong result: off by one, by ten, or a lost carry."""
    return rng.choice(
        [wrong for wrong in (value - 10, value - 1, value + 1, value + 10) if 0 <= wrong <= LARGEST]
    )
