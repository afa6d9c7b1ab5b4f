import random

from hypothesis import given
from hypothesis import strategies as st
from solvers import ordered

from ponder.tasks import FAMILIES
from ponder.tasks.ordering import SelectionSort
from ponder.verify.math import verify_math

FAMILY = FAMILIES["ordering"]
seeds, depths = st.integers(0, 10**9), st.integers(1, 8)


@given(seeds, depths)
def test_the_gold_answer_is_sorted_and_commas_do_not_matter(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    numbers = ordered(problem.question)
    assert len(set(numbers)) == depth + 1
    assert problem.answer == " ".join(map(str, numbers))
    assert verify_math(", ".join(map(str, numbers)), problem.answer).correct
    assert not verify_math(" ".join(map(str, numbers[::-1])), problem.answer).correct


@given(seeds, depths, st.integers(1, 4))
def test_each_line_takes_out_the_smallest(seed: int, depth: int, stride: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    left, order = ordered(problem.question), list[int]()
    lines, answer = problem.work.lines(stride=stride, rng=random.Random(0))
    for line in lines:
        taken, remaining = (list(map(int, part.split())) for part in line.split(" | "))
        assert taken == left[: len(taken)]
        left = left[len(taken) :]
        assert sorted(remaining) == left
        order += taken
    assert answer == " ".join(map(str, order + left)) == problem.answer


def test_a_worked_example() -> None:
    sort = SelectionSort((52, 7, 31))
    assert sort.lines(rng=random.Random(0)) == (["7 | 52 31", "31 | 52"], "7 31 52")
    assert sort.content == SelectionSort((31, 52, 7)).content
