import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solvers import chain_of, terms_of

from ponder.tasks import FAMILIES
from ponder.tasks.chain import LARGEST, Chain, draw_chain, mistaken

seeds, depths = st.integers(0, 10**9), st.integers(1, 12)


@given(seeds, depths)
def test_every_value_on_the_way_is_small(seed: int, depth: int) -> None:
    chain = draw_chain(random.Random(seed), depth)
    value = chain.start
    for term in chain.terms:
        value += term
        assert term != 0
        assert 0 <= value <= LARGEST
    assert value == chain.total


@given(seeds, depths, st.integers(1, 4))
def test_each_line_is_true_and_starts_where_the_last_ended(seed: int, depth: int, stride: int) -> None:
    problem = FAMILIES["arithmetic"].draw(random.Random(seed), depth)
    value, *terms = chain_of(problem.question)
    lines, answer = problem.work.lines(stride=stride, rng=random.Random(0))
    for line in lines:
        left, right = line.split("=")
        assert terms_of(left) == [value, *terms[:stride]]
        value, terms = sum(terms_of(left)), terms[stride:]
        assert int(right) == value
    assert answer == str(value) == problem.answer


@given(seeds, depths)
def test_a_slip_is_one_false_line(seed: int, depth: int) -> None:
    chain = draw_chain(random.Random(seed), depth)
    slip = seed % depth
    lines, _ = chain.lines(slip=slip, rng=random.Random(seed))
    false = [i for i, line in enumerate(lines) if sum(terms_of_signed(line)) != int(line.split("=")[1])]
    assert false == [slip]


def terms_of_signed(line: str) -> list[int]:
    """As `terms_of`, where a value may have slipped below zero."""
    left = line.split("=")[0]
    return (
        [-term for term in terms_of(left[1:])[:1]] + terms_of(left[1:])[1:]
        if left[0] == "-"
        else terms_of(left)
    )


@pytest.mark.parametrize("value", range(LARGEST + 1))
def test_a_mistake_is_another_value_in_range(value: int) -> None:
    wrong = {mistaken(value, random.Random(seed)) for seed in range(20)}
    assert value not in wrong
    assert all(0 <= other <= LARGEST for other in wrong)


def test_a_worked_example() -> None:
    chain = Chain(47, (-19, 23))
    assert chain.expression == "47-19+23"
    assert chain.lines(rng=random.Random(0)) == (["47-19=28", "28+23=51"], "51")
    assert chain.lines(stride=2, rng=random.Random(0)) == (["47-19+23=51"], "51")
