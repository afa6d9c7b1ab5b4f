"""What is drawn: any problem, or rather those that are neither always nor never solved."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Problem
from ponder.training.curriculum import CURRICULA, Curriculum, Difficulty, Uniform

RATES = [0.0] * 40 + [0.5] * 10 + [1.0] * 50
"""How often each problem of the population is solved."""
POPULATION = [Problem(id=str(n), question=f"q{n}", answer="1", task="t") for n in range(len(RATES))]


def visit(curriculum: Curriculum, steps: int, rng: random.Random) -> Counter[float]:
    """How many problems of each rate were drawn, ten at a time, eight samples each."""
    drawn = Counter[float]()
    for _ in range(steps):
        for problem in curriculum.draw(10, rng):
            rate = RATES[int(problem.id)]
            drawn[rate] += 1
            curriculum.see(problem, [float(rng.random() < rate) for _ in range(8)])
    return drawn


@given(st.integers(), st.integers(0, len(RATES)))
def test_uniform_draws_what_a_plain_sample_draws(seed: int, count: int) -> None:
    drawn = Uniform(POPULATION).draw(count, random.Random(seed))
    assert drawn == random.Random(seed).sample(POPULATION, count)


@pytest.mark.parametrize("name", CURRICULA)
@given(seed=st.integers(), count=st.integers(0, len(RATES)))
def test_no_problem_is_drawn_twice(name: str, seed: int, count: int) -> None:
    drawn = CURRICULA[name](POPULATION, 0.5).draw(count, random.Random(seed))
    assert len({problem.id for problem in drawn}) == count


@pytest.mark.parametrize("name", CURRICULA)
def test_more_than_there_are_cannot_be_drawn(name: str) -> None:
    with pytest.raises(ValueError):
        CURRICULA[name](POPULATION, 0.5).draw(len(RATES) + 1, random.Random(0))


def test_draws_concentrate_on_problems_that_are_sometimes_solved() -> None:
    curriculum, rng = Difficulty(POPULATION), random.Random(0)
    visit(curriculum, 40, rng)
    drawn = visit(curriculum, 100, rng)
    assert drawn[0.5] > 500  # of a thousand; without a curriculum a hundred
    assert drawn[0.0] > 0 and drawn[1.0] > 0
    assert 70 <= visit(Uniform(POPULATION), 100, rng)[0.5] <= 130


def test_what_was_never_tried_comes_before_what_is_known_to_teach_nothing() -> None:
    curriculum = Difficulty(POPULATION)
    tried, untried = POPULATION[:50], POPULATION[50:]
    for problem in tried:
        curriculum.see(problem, [0.0, 0.0])
    rng = random.Random(1)
    drawn = [problem for _ in range(200) for problem in curriculum.draw(5, rng)]
    assert sum(problem in untried for problem in drawn) > 0.9 * len(drawn)


def test_only_the_last_visits_count() -> None:
    curriculum = Difficulty(POPULATION, visits=2)
    for rewards in ([0.0, 0.0], [1.0, 0.0], [1.0, 1.0]):
        curriculum.see(POPULATION[0], rewards)
    assert curriculum.share(POPULATION[0]) == 0.75
    assert curriculum.weight(POPULATION[0]) == pytest.approx(0.05 + 0.95 * 0.75)


def test_rewards_that_could_not_be_computed_say_nothing() -> None:
    curriculum = Difficulty(POPULATION, right_from=0.6)
    curriculum.see(POPULATION[0], [None, None])
    assert curriculum.share(POPULATION[0]) is None
    curriculum.see(POPULATION[0], [None, 1.2, 0.2])
    assert curriculum.share(POPULATION[0]) == 0.5


def test_the_same_question_is_one_problem() -> None:
    twins = [Problem(id=name, question="q", answer="1", task="t", key="same") for name in "ab"]
    curriculum = Difficulty(twins)
    curriculum.see(twins[0], [1.0])
    assert curriculum.share(twins[1]) == 1.0


@pytest.mark.parametrize("name", CURRICULA)
def test_what_is_remembered_survives_a_pause(name: str) -> None:
    curriculum, again = (CURRICULA[name](POPULATION, 0.5) for _ in range(2))
    visit(curriculum, 20, random.Random(2))
    again.load_state_dict(json.loads(json.dumps(curriculum.state_dict())))
    assert visit(curriculum, 20, random.Random(3)) == visit(again, 20, random.Random(3))
    assert curriculum.state_dict() == again.state_dict()
