"""Does thinking pay here, and how much of it: the measures of a group of problems over a grid of budgets.

With the terms of `sufficient_budget.py`, over the traces of a group (shares by problem, so that several
samples of a problem are one problem):

    accuracy(b)    share right when every trace is cut at b, with the mean tokens that takes
    starvation(b)  share wrong at b and right at a larger budget
    futility       share never right at any budget; as tokens, their share of all thinking tokens
    tax            thinking tokens after b*, per solved trace; as tokens, their share of all thinking tokens
    broken         share on which thinking turned right into wrong for good; `wavered` came back
    mended         share wrong at the smallest budget and right at the largest
    best           the uniform budget that is right most often, of equals the cheapest
    enough         the cheapest uniform budget that an exact paired test (McNemar) does not tell from the best
    oracle         every problem its own budget, see `oracle_budget.py`; efficiency against it
    gain           accuracy of the whole trace less that of answering at once, with its paired p-value
    written on     tokens by which answers are longer at the smallest budget than after the whole trace

Answering at once means the question in the words for that, where it was asked so; else the smallest budget.
Those are two things: a model whose thought is cut off before it begins often answers worse than one that was
never told to think. `best` is chosen and measured on the same problems, which flatters it a little, so what
the oracle gains over it is understated. Knows nothing of texts, models or pages.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ponder.evaluation.budget_outcomes import BudgetOutcome, ProblemOutcomes
from ponder.evaluation.oracle_budget import Oracle, oracle_of
from ponder.evaluation.ratios import Estimate, Resampled, share
from ponder.evaluation.statistics import Interval, mcnemar_p_value, paired_bootstrap
from ponder.evaluation.sufficient_budget import (
    broken,
    by_problem,
    first_right,
    starved,
    sufficient,
    thinking_spent,
    wavered,
)

SIGNIFICANT = 0.05
PARTS = ("needed", "tax", "spoiled", "futile")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetPoint:
    """All problems at one budget."""

    budget: int
    accuracy: Estimate
    tokens: float
    """Generated a problem."""
    thinking: float
    starvation: Estimate
    efficiency: float
    """Against the oracle; not a number for answering at once, which the oracle does not choose from."""
    right: tuple[float, ...]
    """Share of its samples that are right, problem by problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """One way to answer against another on the same problems."""

    delta: float
    interval: Interval
    p_value: float
    helped: int
    """Problems on which the second is right more often."""
    harmed: int

    @property
    def tied(self) -> bool:
        return self.p_value >= SIGNIFICANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Overthinking:
    """The measures of one group; the module's docstring has the formulas."""

    name: str
    problems: int
    traces: int
    curve: tuple[BudgetPoint, ...]
    at_once: BudgetPoint
    asked_at_once: bool
    """In the words for that; else `at_once` is the smallest budget."""
    solved: Estimate
    futile: Estimate
    broken: Estimate
    wavered: Estimate
    mended: Estimate
    sufficient: Estimate
    """Mean b* of the solved traces."""
    first_right: Estimate
    """Mean F of the same."""
    tax: Estimate
    """Tokens per solved trace."""
    spent: dict[str, Estimate]
    """Share of all thinking tokens by `PARTS`."""
    ended: Estimate
    """Share of traces that ended by themselves."""
    natural: float
    """Median of their lengths."""
    gain: Gain
    oracle: Oracle

    @property
    def whole(self) -> BudgetPoint:
        return self.curve[-1]

    @property
    def written_on(self) -> float:
        """Where it is large, the model works on in its answer once its thinking has been closed."""
        first, whole = self.curve[0], self.whole
        return (first.tokens - first.thinking) - (whole.tokens - whole.thinking)

    @property
    def best(self) -> BudgetPoint:
        return max(self.curve, key=lambda point: (point.accuracy.value, -point.tokens))

    @property
    def enough(self) -> BudgetPoint:
        best = self.best
        tied = [point for point in self.curve if mcnemar_p_value(*discordant(best, point)) >= SIGNIFICANT]
        return min(tied, key=lambda point: point.tokens)


def measure(name: str, rows: Sequence[ProblemOutcomes], *, seed: int = 0) -> Overthinking:
    """Of a group that is not empty."""
    groups = by_problem(rows)
    resampled, oracle = Resampled(len(groups), seed=seed), oracle_of(rows)
    places = range(len(rows[0].outcomes))
    curve = tuple(_point(groups, oracle, lambda row, at=at: row.outcomes[at]) for at in places)
    asked = all(row.direct is not None for row in rows)
    at_once = _point(groups, None, lambda row: row.direct or row.outcomes[0]) if asked else curve[0]
    spent = [[thinking_spent(row) for row in group] for group in groups]
    solved = [[row for row in group if row.last.correct] for group in groups]

    def of_all(part: str) -> Estimate:
        parts = [sum(getattr(each, part) for each in group) for group in spent]
        return resampled.ratio(parts, [sum(each.total for each in group) for group in spent])

    def per_solved(figure: Callable[[ProblemOutcomes], int]) -> Estimate:
        return resampled.ratio([sum(map(figure, group)) for group in solved], list(map(len, solved)))

    def of_traces(test: Callable[[ProblemOutcomes], bool]) -> Estimate:
        return share([sum(map(test, group)) / len(group) for group in groups])

    lengths = [row.natural for row in rows if row.natural is not None]
    return Overthinking(
        name=name,
        problems=len(groups),
        traces=len(rows),
        curve=curve,
        at_once=at_once,
        asked_at_once=asked,
        solved=of_traces(lambda row: row.last.correct),
        futile=of_traces(lambda row: first_right(row) is None),
        broken=of_traces(broken),
        wavered=of_traces(wavered),
        mended=of_traces(lambda row: row.last.correct and not row.outcomes[0].correct),
        sufficient=per_solved(lambda row: budget_of(sufficient(row))),
        first_right=per_solved(lambda row: budget_of(first_right(row))),
        tax=per_solved(lambda row: thinking_spent(row).tax),
        spent={part: of_all(part) for part in PARTS},
        ended=of_traces(lambda row: row.natural is not None),
        natural=statistics.median(lengths) if lengths else math.nan,
        gain=paired(at_once, curve[-1], seed=seed),
        oracle=oracle,
    )


def by_task(rows: Sequence[ProblemOutcomes], *, seed: int = 0) -> list[Overthinking]:
    """Each task's measures, in the order in which tasks first come."""
    names = list(dict.fromkeys(row.task for row in rows))
    return [measure(name, [row for row in rows if row.task == name], seed=seed) for name in names]


def by_depth(rows: Sequence[ProblemOutcomes], *, seed: int = 0) -> list[Overthinking]:
    """By growing difficulty, called `depth N`; problems that do not tell theirs are left out."""
    depths = sorted({row.depth for row in rows if row.depth is not None})
    return [
        measure(f"depth {depth}", [row for row in rows if row.depth == depth], seed=seed) for depth in depths
    ]


def paired(before: BudgetPoint, after: BudgetPoint, *, seed: int = 0) -> Gain:
    """How much more often the second is right."""
    delta = after.accuracy.value - before.accuracy.value
    interval = paired_bootstrap(before.right, after.right, seed=seed)
    helped, harmed = discordant(before, after)
    p_value = mcnemar_p_value(harmed, helped)
    return Gain(delta=delta, interval=interval, p_value=p_value, helped=helped, harmed=harmed)


def discordant(before: BudgetPoint, after: BudgetPoint) -> tuple[int, int]:
    """Problems that only the second got right, and only the first; with several samples, more often."""
    pairs = list(zip(before.right, after.right, strict=True))
    return sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)


def budget_of(outcome: BudgetOutcome | None) -> int:
    """Of an outcome that is known to be there."""
    assert outcome is not None
    return outcome.budget


def _point(
    groups: Sequence[Sequence[ProblemOutcomes]],
    oracle: Oracle | None,
    pick: Callable[[ProblemOutcomes], BudgetOutcome],
) -> BudgetPoint:
    """`pick` says which outcome of a row is meant."""
    picked = [[pick(row) for row in group] for group in groups]
    flat = [each for group in picked for each in group]
    right = [sum(each.correct for each in group) / len(group) for group in picked]
    tokens, budget = sum(each.tokens for each in flat), flat[0].budget
    count = sum(each.correct for each in flat)
    cut = [
        sum(starved(row, budget) for row in group) / len(group) if oracle is not None else 0.0
        for group in groups
    ]
    return BudgetPoint(
        budget=budget,
        accuracy=share(right),
        tokens=tokens / len(flat),
        thinking=sum(each.thinking for each in flat) / len(flat),
        starvation=share(cut),
        efficiency=oracle.efficiency(count, tokens) if oracle is not None else math.nan,
        right=tuple(right),
    )
