"""What one trace needed, and where the rest of its thinking went.

Over a grid of budgets b₁ < … < bₙ, with r(b) whether the trace cut at b answers rightly and t(b) the thinking
tokens that are in it then (b, or fewer where the thought had ended):

    first right   F = min {b : r(b)}
    b*            the smallest sufficient budget, min {b : r(b') for every b' ≥ b}
    solved        b* exists, that is r(bₙ);          solvable  F exists
    broken        solvable and not solved: thinking on turned right into wrong
    wavered       solved with F < b*: right, then wrong, then right again

b* asks for right *from there on*: a budget at which an answer happens to be right, and which a little more
thinking takes back, is not sufficient. F is kept beside it. All T = t(bₙ) tokens of a trace are split:

    solved        needed t(b*)   tax T - t(b*)         paid after the answer was safe
    broken        needed t(F)    spoiled T - t(F)      spent on losing a right answer
    never right   futile T

A grid sees only its own budgets: b* is exact to the step below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ponder.evaluation.budget_outcomes import BudgetOutcome, ProblemOutcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingSpent:
    """Thinking tokens of one trace; the four parts add up to all of them."""

    needed: int = 0
    tax: int = 0
    spoiled: int = 0
    futile: int = 0

    @property
    def total(self) -> int:
        return self.needed + self.tax + self.spoiled + self.futile


def first_right(row: ProblemOutcomes) -> BudgetOutcome | None:
    """F: the smallest budget with a right answer."""
    return next((each for each in row.outcomes if each.correct), None)


def sufficient(row: ProblemOutcomes) -> BudgetOutcome | None:
    """b*: the smallest budget from which on every answer is right."""
    found = None
    for each in reversed(row.outcomes):
        if not each.correct:
            break
        found = each
    return found


def broken(row: ProblemOutcomes) -> bool:
    """Right at some budget, wrong at the largest."""
    return first_right(row) is not None and not row.last.correct


def wavered(row: ProblemOutcomes) -> bool:
    """Right, then wrong, then right to the end."""
    return row.last.correct and first_right(row) != sufficient(row)


def starved(row: ProblemOutcomes, budget: int) -> bool:
    """Wrong at this budget and right at a larger one."""
    at = row.budgets.index(budget)
    return not row.outcomes[at].correct and any(each.correct for each in row.outcomes[at + 1 :])


def last_right(row: ProblemOutcomes) -> BudgetOutcome | None:
    """The largest budget with a right answer."""
    return next((each for each in reversed(row.outcomes) if each.correct), None)


def thinking_spent(row: ProblemOutcomes) -> ThinkingSpent:
    total, safe, first = row.last.thinking, sufficient(row), first_right(row)
    if safe is not None:
        return ThinkingSpent(needed=safe.thinking, tax=total - safe.thinking)
    if first is not None:
        return ThinkingSpent(needed=first.thinking, spoiled=total - first.thinking)
    return ThinkingSpent(futile=total)


def by_problem(rows: Sequence[ProblemOutcomes]) -> list[list[ProblemOutcomes]]:
    """The samples of each problem together, in the order in which problems first come."""
    groups: dict[tuple[str, str], list[ProblemOutcomes]] = {}
    for row in rows:
        groups.setdefault((row.task, row.id), []).append(row)
    return list(groups.values())
