"""Rows of outcomes, written shortly: `row("a", "--+++")` is wrong at two budgets and right from there on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from ponder.evaluation.budget_outcomes import BudgetOutcome, ProblemOutcomes

GRID = (0, 2, 4, 8, 16)
ANSWER = 5
"""Tokens of an answer with its markers."""


def row(
    name: str,
    right: str,
    *,
    budgets: Sequence[int] = GRID,
    length: int | None = None,
    direct: bool | None = None,
    **more: Any,
) -> ProblemOutcomes:
    """`+` is right. `length` is where the thought ends by itself, if it does."""
    spent = [budget if length is None else min(budget, length) for budget in budgets]
    return ProblemOutcomes(
        id=name,
        question=f"Question {name}?",
        outcomes=tuple(
            BudgetOutcome(budget=budget, correct=mark == "+", thinking=spent_, tokens=spent_ + ANSWER)
            for budget, mark, spent_ in zip(budgets, right, spent, strict=True)
        ),
        natural=length if length is not None and length <= budgets[-1] else None,
        direct=None if direct is None else BudgetOutcome(budget=0, correct=direct, tokens=ANSWER),
        **{"task": "t", **more},
    )


@st.composite
def tables(draw: st.DrawFn, most: int = 12) -> list[ProblemOutcomes]:
    """Any outcomes of a few problems over one grid."""
    budgets = sorted(draw(st.sets(st.integers(0, 64), min_size=2, max_size=6)))
    count = draw(st.integers(1, most))
    marks = st.lists(st.sampled_from("+-"), min_size=len(budgets), max_size=len(budgets))
    return [
        row(
            str(number),
            "".join(draw(marks)),
            budgets=budgets,
            length=draw(st.none() | st.integers(0, 64)),
        )
        for number in range(count)
    ]
