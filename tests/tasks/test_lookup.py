import random

from hypothesis import given
from hypothesis import strategies as st
from solvers import content, deduced, facts_of

from ponder.tasks import ONE_STEP

FAMILY = ONE_STEP["lookup"]
seeds = st.integers(0, 10**9)


@given(seeds, st.integers(1, 6))
def test_the_answer_stands_in_one_row_of_the_table(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    _, colour = deduced(problem.question)
    assert problem.answer == colour
    table = facts_of(problem.question)
    assert len(table) == len(set(table.values())) == depth + 1


@given(seeds)
def test_two_rows_have_the_key_of_the_deduction_that_they_read_like(seed: int) -> None:
    problem = FAMILY.draw(random.Random(seed), 1)
    assert problem.content == content(problem.question)


@given(seeds, st.integers(2, 6))
def test_larger_tables_differ_by_all_their_rows(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    for name, colour in facts_of(problem.question).items():
        assert name in problem.content and colour in problem.content
