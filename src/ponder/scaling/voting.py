"""A vote among completions: answers that are equal count together, each with its weight.

Answers that are equal as numbers or as folded text are one vote. A tie goes to the answer whose first
completion was sampled first, which is a fixed order and not a second opinion. Completions without an answer
do not vote.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ponder.errors import ConfigError
from ponder.records import Completion
from ponder.scaling.scorers import mean_logprob
from ponder.scaling.single import stated_answer
from ponder.verify.math import answer_key

Weighting = Literal["majority", "confidence"]
SHARPNESS = 20.0
"""About the tokens of a short chain: the weight is then near the probability of the chain as a whole."""


@dataclass(frozen=True, slots=True)
class Vote:
    """The outcome. `tally` holds each answer's weight, heaviest first."""

    tally: tuple[tuple[str, float], ...]
    chosen: int | None
    """The first completion that gives the winning answer; the first of all when none gives any."""
    answer: str | None

    @property
    def winner(self) -> str | None:
        return self.tally[0][0] if self.tally else None

    @property
    def lead(self) -> float:
        """By how much the winner is ahead of the next."""
        first, second = (*(weight for _, weight in self.tally), 0.0, 0.0)[:2]
        return first - second

    @property
    def share(self) -> float:
        """The winner's part of all weight."""
        return self.tally[0][1] / total if (total := sum(weight for _, weight in self.tally)) else 0.0

    def __str__(self) -> str:
        shown = ", ".join(f"{key}: {weight:.3g}" for key, weight in self.tally[:5])
        return f"votes {shown or 'none'}"


def weigh(completions: Sequence[Completion], weighting: Weighting) -> list[float]:
    """1 for each, or how probable its mean token was, to the power of `SHARPNESS`."""
    if weighting == "majority":
        return [1.0] * len(completions)
    if weighting != "confidence":
        raise ConfigError(f"unknown weighting {weighting!r}; known: majority, confidence")
    return [math.exp(SHARPNESS * mean_logprob(completion)) for completion in completions]


def hold_vote(completions: Sequence[Completion], weights: Sequence[float] | None = None) -> Vote:
    """`weights` are 1 each when not given."""
    answers = [stated_answer(completion) for completion in completions]
    keys = [None if answer is None else answer_key(answer) for answer in answers]
    sums: dict[str, float] = {}
    for key, weight in zip(keys, weights or [1.0] * len(keys), strict=True):
        if key is not None:
            sums[key] = sums.get(key, 0.0) + weight
    tally = tuple(sorted(sums.items(), key=lambda item: -item[1]))  # stable: the first sampled wins a tie
    chosen = keys.index(tally[0][0]) if tally else 0 if completions else None
    return Vote(tally, chosen, answers[chosen] if tally and chosen is not None else None)


def decided(vote: Vote, remaining: int) -> bool:
    """Whether the winner stays the winner whatever `remaining` further votes say."""
    return vote.lead > remaining


def sure(vote: Vote, confidence: float) -> bool:
    """Whether the winner would also win among endlessly many votes, with this probability: the two likeliest
    answers' shares under a flat prior (Aggarwal et al., Adaptive-Consistency, arXiv:2305.11860).

    P[share > 1/2] for Beta(a + 1, b + 1), a and b the votes of the two, is a sum of binomials."""
    first, second = (*(round(weight) for _, weight in vote.tally), 0, 0)[:2]
    total = first + second + 1
    ahead = sum(math.comb(total, k) for k in range(first + 1))
    return ahead / 2**total >= confidence
