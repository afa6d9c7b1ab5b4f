"""The oracle: nobody does better."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from outcome_rows import ANSWER, row, tables

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.oracle_budget import oracle_of


def test_each_problem_has_its_own_budget() -> None:
    oracle = oracle_of([row("a", "+++++"), row("b", "--+++"), row("c", "----+"), row("d", "-----")])
    assert oracle.tokens == (4 * ANSWER, 4 * ANSWER, 4 * ANSWER + 4, 4 * ANSWER + 20)
    assert (oracle.right, oracle.accuracy) == (3, 0.75)
    assert oracle.tokens_per_problem == ANSWER + 5
    assert oracle.frontier()[0] == (ANSWER, 0.0) and oracle.frontier()[-1] == (ANSWER + 5, 0.75)


def test_efficiency_is_what_would_have_done_over_what_was_spent() -> None:
    oracle = oracle_of([row("a", "+++++"), row("b", "--+++")])
    whole = 2 * (16 + ANSWER)
    assert oracle.efficiency(2, whole) == pytest.approx((2 * ANSWER + 4) / whole)


@given(tables(most=4))
def test_no_choice_of_budgets_beats_it(rows: list[ProblemOutcomes]) -> None:
    oracle = oracle_of(rows)
    for choice in itertools.islice(itertools.product(*(each.outcomes for each in rows)), 2000):
        right, tokens = sum(each.correct for each in choice), sum(each.tokens for each in choice)
        assert right <= oracle.right
        assert tokens >= oracle.tokens[right]
        assert 0 < oracle.efficiency(right, tokens) <= 1


@given(tables(most=4))
def test_some_choice_of_budgets_is_as_good(rows: list[ProblemOutcomes]) -> None:
    oracle = oracle_of(rows)
    if len(rows) * len(rows[0].outcomes) > 16:
        rows = rows[:2]
        oracle = oracle_of(rows)
    reached = {
        (sum(each.correct for each in choice), sum(each.tokens for each in choice))
        for choice in itertools.product(*(each.outcomes for each in rows))
    }
    assert (oracle.right, oracle.tokens[-1]) in reached
