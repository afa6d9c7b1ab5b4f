"""What one trace needed."""

from __future__ import annotations

import pytest
from hypothesis import given
from outcome_rows import GRID, row, tables

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.sufficient_budget import (
    ThinkingSpent,
    broken,
    by_problem,
    first_right,
    last_right,
    starved,
    sufficient,
    thinking_spent,
    wavered,
)


@pytest.mark.parametrize(
    ("right", "first", "enough"),
    [
        ("+++++", 0, 0),
        ("--+++", 4, 4),
        ("----+", 16, 16),
        ("-+-++", 2, 8),
        ("-+---", 2, None),
        ("-----", None, None),
    ],
)
def test_first_right_and_right_from_there_on(right: str, first: int | None, enough: int | None) -> None:
    made = row("a", right)
    found = [each and each.budget for each in (first_right(made), sufficient(made))]
    assert found == [first, enough]
    assert broken(made) == (enough is None and first is not None)
    assert wavered(made) == (enough is not None and first != enough)


@pytest.mark.parametrize(
    ("right", "length", "spent"),
    [
        ("--+++", None, ThinkingSpent(needed=4, tax=12)),
        ("--+++", 4, ThinkingSpent(needed=4)),
        ("--+++", 7, ThinkingSpent(needed=4, tax=3)),
        ("+++++", 9, ThinkingSpent(tax=9)),
        ("-+---", None, ThinkingSpent(needed=2, spoiled=14)),
        ("-+-+-", 10, ThinkingSpent(needed=2, spoiled=8)),
        ("-----", 11, ThinkingSpent(futile=11)),
    ],
)
def test_where_the_thinking_went(right: str, length: int | None, spent: ThinkingSpent) -> None:
    assert thinking_spent(row("a", right, length=length)) == spent


def test_starved_is_cut_before_an_answer_that_more_would_bring() -> None:
    made = row("a", "-+-+-")
    assert [starved(made, budget) for budget in GRID] == [True, False, True, False, False]
    found = last_right(made)
    assert found and found.budget == 8


@given(tables())
def test_the_parts_are_all_there_is_and_the_order_holds(rows: list[ProblemOutcomes]) -> None:
    for made in rows:
        first, safe, last = first_right(made), sufficient(made), last_right(made)
        assert thinking_spent(made).total == made.last.thinking
        assert (first is None) == (last is None)
        if safe:
            assert first and first.budget <= safe.budget and last == made.last
        assert (safe is not None) == made.last.correct
        # Solved, broken or never right: one of the three.
        assert (safe is not None) + broken(made) + (first is None) == 1
        assert not starved(made, made.budgets[-1])


def test_samples_of_a_problem_stand_together() -> None:
    rows = [row("a", "+++++"), row("b", "-----"), row("a", "-----", sample=1), row("a", "+++++", task="u")]
    assert [[(each.task, each.id, each.sample) for each in group] for group in by_problem(rows)] == [
        [("t", "a", 0), ("t", "a", 1)],
        [("t", "b", 0)],
        [("u", "a", 0)],
    ]
