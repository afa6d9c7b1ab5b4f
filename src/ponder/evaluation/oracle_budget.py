"""What would be spent by an oracle that knows every outcome beforehand: each problem at its own budget.

It gives each problem the cheapest budget that answers it rightly, and one that no budget answers the cheapest
of all. No choice of budgets is right more often, and none that is as often right is cheaper. For fewer right
answers it leaves out the dearest first: with cᵢ the cheapest outcome of trace i in generated tokens and rᵢ
its cheapest right one, k right answers cost at least

    O(k) = Σ cᵢ + the k smallest of rᵢ - cᵢ        efficiency of a budget = O(its right answers) / its tokens

so an efficiency of 1 cannot be improved on by any router among these budgets, and 0.5 pays twice as much.
The oracle cannot be had: it is the end of the scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ponder.evaluation.budget_outcomes import ProblemOutcomes


@dataclass(frozen=True, slots=True)
class Oracle:
    """`tokens[k]` are those of all problems together when k of them are right."""

    problems: int
    tokens: tuple[int, ...]

    @property
    def right(self) -> int:
        """As many as can be right at all."""
        return len(self.tokens) - 1

    @property
    def accuracy(self) -> float:
        return self.right / self.problems

    @property
    def tokens_per_problem(self) -> float:
        return self.tokens[-1] / self.problems

    def efficiency(self, right: int, tokens: int) -> float:
        """The least tokens for so many right answers, over those that were spent."""
        return self.tokens[right] / tokens if tokens else 1.0

    def frontier(self) -> list[tuple[float, float]]:
        """Tokens a problem and the best accuracy for them, from the cheapest on."""
        return [(tokens / self.problems, right / self.problems) for right, tokens in enumerate(self.tokens)]


def oracle_of(rows: Sequence[ProblemOutcomes]) -> Oracle:
    """Every trace counts as a problem here; `rows` must not be empty."""
    cheapest = [min(each.tokens for each in row.outcomes) for row in rows]
    extra = sorted(
        min(each.tokens for each in row.outcomes if each.correct) - least
        for row, least in zip(rows, cheapest, strict=True)
        if any(each.correct for each in row.outcomes)
    )
    return Oracle(len(rows), tuple(accumulate(extra, initial=sum(cheapest))))
