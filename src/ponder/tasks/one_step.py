"""The work of problems that need one step: what is asked for stands in the question, and only has to be read.

Thinking should not help there, so these families measure what it costs where it buys nothing. Their depth is
how much there is to read or to write, not how many steps lead to the answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStep:
    """Satisfies `family.Work`."""

    depth: int
    answer: str
    mistakes: tuple[str, ...]
    """Answers that a slip gives instead."""
    told: str = "{}"
    """How the one line puts the answer."""

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        """The one line, whatever the stride."""
        answer = self.answer if slip is None else rng.choice(self.mistakes)
        return [self.told.format(answer)], answer
