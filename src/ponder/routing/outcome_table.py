"""What each way to answer did on each problem: the table that a router learns from and is judged on.

A way ("action") is anything with an outcome and a price: answering at once or thinking to a budget, a small
or a large model. Actions stand from cheap to dear. Spend is in generated tokens, or in whatever unit the
table was given. Does not know how an outcome came about.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ponder.errors import DataError
from ponder.evaluation.budget_outcomes import ProblemOutcomes

FEWEST = 30
"""Problems below which nothing is learned."""
KEPT = 0.98
"""The share of a task's best accuracy at which a cheaper action is good enough."""
AT_ONCE, THINK = "answer at once", "think"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedProblem:
    """One problem under every action."""

    id: str
    question: str
    correct: tuple[bool, ...]
    spend: tuple[float, ...]
    task: str = ""
    signals: Mapping[str, float] = field(default_factory=dict[str, float])
    """What was measured before deciding, beyond the question's own words."""
    asked: float = 0.0
    """What measuring that took, in the same unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    actions: tuple[str, ...]
    rows: tuple[RoutedProblem, ...]
    budgets: tuple[int | None, ...] = ()
    """The thinking tokens of each action, None for answering at once; empty where actions are models."""
    unit: str = "tokens"
    signals: tuple[str, ...] = ()
    """The names of what was measured in each row's `signals`."""

    def __post_init__(self) -> None:
        if any(
            len(row.correct) != len(self.actions) or len(row.spend) != len(self.actions) for row in self.rows
        ):
            raise ValueError("every row needs an outcome and a spend for every action")


def check_learnable(table: OutcomeTable, source: str) -> None:
    """Raises `DataError` where a table cannot teach a router anything."""
    ids = {(row.task, row.id) for row in table.rows}
    if len(ids) < FEWEST:
        raise DataError(f"{source} has outcomes of {len(ids)} problems; a router needs {FEWEST} at least")
    verdicts = Counter(right for row in table.rows for right in row.correct)
    if len(verdicts) == 1:
        word = "right" if True in verdicts else "wrong"
        raise DataError(
            f"{source}: every outcome is {word}, so there is nothing to tell problems apart by; "
            "give problems that are answered rightly at times, and at times not"
        )


def thinking_table(
    rows: Sequence[ProblemOutcomes], *, small: int | None = None, source: str = "the outcomes"
) -> OutcomeTable:
    """Answer at once, think `small` tokens, think to the end; `small` by default as `best_small` finds it."""
    if any(row.direct is None for row in rows):
        raise DataError(f"{source}: a problem has no answer at once (`direct`) to compare thinking with")
    budgets = rows[0].budgets
    if len(budgets) < 2 or budgets[-1] == 0:
        raise DataError(f"{source}: there should be two thinking budgets at least, got {list(budgets)}")
    chosen = best_small(rows) if small is None else small
    if chosen not in budgets[:-1]:
        raise DataError(
            f"{source} has no outcomes for a small budget of {chosen}; it has {list(budgets[:-1])}"
        )
    place = budgets.index(chosen)
    return OutcomeTable(
        actions=(AT_ONCE, f"{THINK} {chosen} tokens", THINK),
        budgets=(None, chosen, budgets[-1]),
        rows=tuple(_routed(row, place) for row in rows),
    )


def best_small(rows: Sequence[ProblemOutcomes]) -> int:
    """The budget above 0 that saves most tokens, were every task to take the cheapest of answering at once,
    that budget and the whole thought that keeps `KEPT` of the task's best accuracy. Judged by task, since
    what single problems seem to gain from a budget is mostly luck."""

    def spend(place: int) -> float:
        tasks = dict[str, list[RoutedProblem]]()
        for row in rows:
            tasks.setdefault(row.task, []).append(_routed(row, place))
        return math.fsum(_cheapest_enough(each) for each in tasks.values())

    budgets = rows[0].budgets
    places = [at for at, budget in enumerate(budgets[:-1]) if budget > 0]
    return budgets[min(places, key=spend)] if places else 0


def _cheapest_enough(rows: Sequence[RoutedProblem]) -> float:
    """Spend of one task with the cheapest of its three actions that is right nearly as often as the best."""
    right = [sum(row.correct[at] for row in rows) for at in range(3)]
    spend = [math.fsum(row.spend[at] for row in rows) for at in range(3)]
    return min(cost for cost, count in zip(spend, right, strict=True) if count >= KEPT * max(right))


def _routed(row: ProblemOutcomes, place: int) -> RoutedProblem:
    assert row.direct is not None
    taken = (row.direct, row.outcomes[place], row.last)
    return RoutedProblem(
        id=row.id,
        task=row.task,
        question=row.question,
        correct=tuple(each.correct for each in taken),
        spend=tuple(float(each.tokens) for each in taken),
    )
