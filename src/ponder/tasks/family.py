"""A family of generated problems: drawn from a seed, split by hash, solvable in visible steps.

A family says how to draw one problem and how to work it out in steps. `work` also knows how to
be hasty (take several steps in one line) and how to slip (get one step wrong and carry on), because
the base model's corpus holds imperfect traces, as real corpora do. Knows nothing of models.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ponder.errors import DataError
from ponder.records import Completion, Judgement, Problem
from ponder.tasks.split import SPLITS, canonical_key, split_of
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math

DEPTHS = (1, 2, 3, 4, 5, 6)
PATIENCE = 20_000
"""Draws in a row without a new problem, after which a family counts as exhausted."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn problem before it has an id: the words, the gold answer, and what makes it unique."""

    question: str
    answer: str
    content: str
    work: Work


class Work(Protocol):
    """The solution in steps."""

    @property
    def depth(self) -> int: ...

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        """The written steps and the answer they lead to.

        `stride` steps are taken per line; step number `slip` goes wrong, and the rest follows from it.
        """
        ...


class Family(Protocol):
    """What one file in this folder supplies."""

    name: str

    def draw(self, rng: random.Random, depth: int) -> Drawn: ...


@dataclass(frozen=True, slots=True)
class GeneratedTask:
    """Turns one or more families into a `Task` with splits."""

    name: str
    families: tuple[Family, ...]
    depths: tuple[int, ...] = DEPTHS

    def stream(self, *, split: str, seed: int) -> Iterator[tuple[Problem, Work]]:
        """Distinct problems of a split with their solutions, the same for the same seed.

        Endless for all practical purposes; a family that has run out of new ones is an error.
        """
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}, expected one of {', '.join(SPLITS)}")
        rng = random.Random(f"{self.name}/{split}/{seed}")
        seen: set[str] = set()
        rejected = 0
        while rejected < PATIENCE:
            family = self.families[len(seen) % len(self.families)]
            drawn = family.draw(rng, rng.choice(self.depths))
            key = canonical_key(drawn.content)
            if key in seen or split_of(key) != split:
                rejected += 1
                continue
            rejected = 0
            seen.add(key)
            yield (
                Problem(
                    id=f"{family.name}-{key[:12]}",
                    question=drawn.question,
                    answer=drawn.answer,
                    task=family.name,
                    key=key,
                    meta={"depth": drawn.work.depth, "worked": _worked(drawn.work)},
                ),
                drawn.work,
            )
        raise DataError(f"{self.name}: no new {split} problem after {len(seen)} distinct ones; ask for fewer")

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        stream = self.stream(split=split, seed=seed)
        return [next(stream)[0] for _ in range(count)]

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return judge_completion(completion, problem.answer, verify_math)


def _worked(work: Work) -> str:
    """All steps, one a line."""
    return "\n".join(work.lines(rng=random.Random(0))[0])
