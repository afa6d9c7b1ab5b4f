import pytest

from ponder.errors import DataError
from ponder.routing.outcome_table import best_small, check_learnable, thinking_table
from tests.outcome_rows import row
from tests.routed_tables import planted_table


def test_three_actions_from_the_outcomes_of_budgets() -> None:
    rows = [row("a", "--+++", direct=False), row("b", "+++++", direct=True)]
    table = thinking_table(rows, small=4)
    assert table.actions == ("answer at once", "think 4 tokens", "think")
    assert table.budgets == (None, 4, 16)
    assert [each.correct for each in table.rows] == [(False, True, True), (True, True, True)]
    assert table.rows[0].spend == (5.0, 9.0, 21.0)


def test_the_small_budget_saves_most_on_the_tasks_that_need_it() -> None:
    rows = [row(str(n), "--+++", direct=False, task="sums") for n in range(3)]
    rows += [row(str(n), "+++++", direct=True, task="copying") for n in range(3)]
    assert best_small(rows) == 4


def test_luck_on_single_problems_makes_no_small_budget() -> None:
    sums = [row(str(n), "---++", direct=False, task="sums") for n in range(9)]
    lucky = row("lucky", "+++++", direct=False, task="sums")
    assert best_small([*sums, lucky]) == 8


@pytest.mark.parametrize(
    ("problems", "right", "words"),
    [(29, None, "29 problems; a router needs 30"), (40, True, "every outcome is right"),
     (40, False, "every outcome is wrong")],
)  # fmt: skip
def test_what_teaches_nothing_is_refused(problems: int, right: bool | None, words: str) -> None:
    marks = "+++++" if right else "-----" if right is False else "--+++"
    rows = [row(str(n), marks, direct=bool(right)) for n in range(problems)]
    with pytest.raises(DataError, match=words):
        check_learnable(thinking_table(rows, small=4), "outcomes.jsonl")


def test_samples_of_one_problem_are_one() -> None:
    rows = [row("a", "--+++", direct=False, sample=n) for n in range(40)]
    with pytest.raises(DataError, match="1 problems"):
        check_learnable(thinking_table(rows, small=4), "x")


def test_rows_without_an_answer_at_once_are_refused() -> None:
    with pytest.raises(DataError, match="no answer at once"):
        thinking_table([row("a", "--+++")])
    with pytest.raises(DataError, match="small budget of 5"):
        thinking_table([row("a", "--+++", direct=True)], small=5)


def test_every_row_has_every_action() -> None:
    table = planted_table(40)
    assert all(len(each.correct) == 3 for each in table.rows)
