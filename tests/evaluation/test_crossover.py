"""Fronts and crossovers on arms small enough to check by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.evaluation.crossover import TiedArm, crossovers, pareto_front


@dataclass(frozen=True)
class PricedArm:
    name: str
    accuracy: float
    cost_per_problem: Mapping[str, float]


def priced(name: str, accuracy: float, tokens: float, seconds: float = 1.0) -> PricedArm:
    return PricedArm(name, accuracy, {"generated_tokens": tokens, "flops": 2 * tokens, "seconds": seconds})


def closer_than(gap: float) -> Callable[[PricedArm, PricedArm], bool]:
    """A test that separates arms whose accuracies differ by `gap` or more."""
    return lambda a, b: abs(a.accuracy - b.accuracy) < gap


arms_lists = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda x: priced("", x[0] / 20, x[1])), max_size=9
)


def test_front_keeps_what_nothing_beats_on_accuracy_and_cost() -> None:
    cheap, dear, worse = priced("cheap", 0.25, 5), priced("dear", 0.75, 50), priced("worse", 0.5, 80)
    assert pareto_front([worse, dear, cheap]) == (cheap, dear)


def test_front_depends_on_the_axis() -> None:
    batched = priced("votes", 0.8, tokens=400, seconds=1.0)
    lone = priced("long chain", 0.8, tokens=300, seconds=9.0)
    assert pareto_front([batched, lone]) == (lone,)
    assert pareto_front([batched, lone], "flops") == (lone,)
    assert pareto_front([batched, lone], "seconds") == (batched,)


@given(arms_lists)
def test_front_agrees_with_comparing_every_pair(arms: list[PricedArm]) -> None:
    def point(arm: PricedArm) -> tuple[float, float]:
        return arm.accuracy, -arm.cost_per_problem["generated_tokens"]

    def beaten(arm: PricedArm) -> bool:
        (right, thrift) = point(arm)
        return any(r >= right and t >= thrift and (r, t) != (right, thrift) for r, t in map(point, arms))

    assert {point(arm) for arm in pareto_front(arms)} == {point(arm) for arm in arms if not beaten(arm)}


def test_best_arm_changes_hands_only_where_the_test_separates() -> None:
    direct, plan = priced("direct", 0.30, 10), priced("plan", 0.34, 60)
    votes, tree = priced("votes", 0.60, 400), priced("tree", 0.62, 900)
    stretches = crossovers([tree, votes, plan, direct], tied=closer_than(0.1))
    assert [(s.name, s.start, s.stop) for s in stretches] == [("direct", 10, 400), ("votes", 400, math.inf)]
    assert stretches[0].tied == (TiedArm(name="plan", accuracy=0.34, cost=60),)
    assert stretches[1].tied == (TiedArm(name="tree", accuracy=0.62, cost=900),)


def test_each_arm_is_tested_against_the_holder_not_its_neighbour() -> None:
    steps = [priced(str(i), i / 10, 10 * (i + 1)) for i in range(5)]
    assert [s.name for s in crossovers(steps, tied=closer_than(0.15))] == ["0", "2", "4"]


def test_tied_arms_off_the_front_are_named_and_separated_ones_are_not() -> None:
    best = priced("best", 0.5, 10)
    level, poor = priced("level", 0.45, 40), priced("poor", 0.1, 30)
    (stretch,) = crossovers([best, level, poor], tied=closer_than(0.1))
    assert [arm.name for arm in stretch.tied] == ["level"]


@given(arms_lists, st.floats(0.01, 0.5))
def test_stretches_join_and_rise(arms: list[PricedArm], gap: float) -> None:
    stretches = crossovers(arms, tied=closer_than(gap))
    assert bool(stretches) == bool(arms)
    for before, after in itertools.pairwise(stretches):
        assert before.stop == after.start > before.start
        assert after.accuracy - before.accuracy >= gap
    if stretches:
        assert stretches[-1].stop == math.inf
        assert stretches[0].start == min(arm.cost_per_problem["generated_tokens"] for arm in arms)


@pytest.mark.parametrize("broken", [priced("unjudged", math.nan, 5), priced("unpriced", 0.9, math.nan)])
def test_what_was_not_judged_or_priced_is_left_out(broken: PricedArm) -> None:
    sound = priced("sound", 0.2, 10)
    assert pareto_front([broken, sound]) == (sound,)
    assert [s.name for s in crossovers([broken, sound], tied=closer_than(0.1))] == ["sound"]
    assert crossovers([broken], tied=closer_than(0.1)) == ()
