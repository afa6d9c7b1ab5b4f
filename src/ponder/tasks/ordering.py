"""Ordering: sort a few numbers, smallest first, by taking out the smallest again and again."""

from __future__ import annotations

import random
from dataclasses import dataclass

from ponder.tasks.family import Drawn

OPENINGS = (
    "Sort these numbers, smallest first: {}.",
    "Put these numbers in order, smallest first: {}.",
    "Order from smallest to largest: {}.",
)


@dataclass(frozen=True, slots=True)
class SelectionSort:
    """`numbers` as given; one step takes out the smallest of what is left."""

    numbers: tuple[int, ...]

    @property
    def depth(self) -> int:
        return len(self.numbers) - 1

    @property
    def content(self) -> str:
        return f"sort {sorted(self.numbers)}"

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        """A line is what was taken out and what is left: `7 | 52 31 18`. A slip takes another number."""
        left, order, lines = list(self.numbers), list[int](), list[str]()
        for first in range(0, self.depth, stride):
            taken = list[int]()
            for step in range(first, min(first + stride, self.depth)):
                smallest, *others = sorted(left)
                number = rng.choice(others) if step == slip else smallest
                left.remove(number)
                taken.append(number)
            order += taken
            lines.append(f"{spaced(taken)} | {spaced(left)}")
        return lines, spaced([*order, *left])


class Ordering:
    name = "ordering"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        numbers = tuple(rng.sample(range(1, 100), depth + 1))
        sort = SelectionSort(numbers)
        question = rng.choice(OPENINGS).format(spaced(numbers))
        return Drawn(question, spaced(sorted(numbers)), sort.content, sort)


def spaced(numbers: list[int] | tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))
