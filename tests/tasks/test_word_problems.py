import random

from hypothesis import given
from hypothesis import strategies as st
from solvers import chain_of, terms_of

from ponder.tasks import FAMILIES


@given(st.integers(0, 10**9), st.integers(1, 8))
def test_the_story_tells_the_chain(seed: int, depth: int) -> None:
    problem = FAMILIES["word-problems"].draw(random.Random(seed), depth)
    assert terms_of(problem.content.removeprefix("chain ")) == chain_of(problem.question)
    assert str(sum(chain_of(problem.question))) == problem.answer


@given(st.integers(0, 10**9), st.integers(1, 8))
def test_the_story_is_about_one_owner_and_one_thing(seed: int, depth: int) -> None:
    first, *_, last = FAMILIES["word-problems"].draw(random.Random(seed), depth).question.split(". ")
    who, has, _, thing = first.split()
    assert has == "has"
    assert last == f"How many {thing} does {who} have?"
