"""Each statistic against scipy, or against the slow way to compute it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ponder.evaluation.statistics import holm, mcnemar_p_value, paired_bootstrap, wilson_interval

pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize(("correct", "total"), [(0, 7), (7, 7), (1, 3), (37, 200), (999, 1000)])
def test_wilson_agrees_with_scipy(correct: int, total: int) -> None:
    expected = binomtest(correct, total).proportion_ci(method="wilson")
    assert wilson_interval(correct, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_proportion_and_mirrors(counts: tuple[int, int]) -> None:
    correct, total = counts
    interval = wilson_interval(correct, total)
    assert 0 <= interval.low <= correct / total <= interval.high <= 1
    mirrored = wilson_interval(total - correct, total)
    assert interval == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


def test_wilson_of_nothing_is_everything() -> None:
    assert wilson_interval(0, 0) == (0, 1)


def test_wilson_refuses_impossible_counts() -> None:
    with pytest.raises(ValueError, match="correct"):
        wilson_interval(4, 3)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_agrees_with_scipy(only_a: int, only_b: int) -> None:
    total = only_a + only_b
    expected = binomtest(only_a, total, 0.5).pvalue if total else 1.0
    assert mcnemar_p_value(only_a, only_b) == pytest.approx(expected)


def test_mcnemar_agrees_with_counting_every_outcome() -> None:
    only_a, only_b = 2, 9
    heads = [sum(flips) for flips in itertools.product((0, 1), repeat=only_a + only_b)]
    extreme = sum(h <= only_a or h >= only_b for h in heads)
    assert mcnemar_p_value(only_a, only_b) == pytest.approx(extreme / len(heads))


def test_mcnemar_survives_many_pairs() -> None:
    assert 0 <= mcnemar_p_value(1000, 4000) < 1e-300
    assert mcnemar_p_value(3000, 3000) == 1.0


@given(pairs, st.integers(0, 99))
def test_bootstrap_is_seeded_bounded_and_antisymmetric(outcomes: list[tuple[bool, bool]], seed: int) -> None:
    a, b = [x for x, _ in outcomes], [y for _, y in outcomes]
    interval = paired_bootstrap(a, b, seed=seed, resamples=400)
    assert interval == paired_bootstrap(a, b, seed=seed, resamples=400)
    assert -1 <= interval.low <= interval.high <= 1
    if a == b:
        assert interval == (0, 0)


def test_bootstrap_agrees_with_drawing_indices() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.random(150) < 0.4, rng.random(150) < 0.55
    difference = b.astype(float) - a.astype(float)
    slow = difference[rng.integers(0, 150, size=(20_000, 150))].mean(axis=1)
    fast = paired_bootstrap(a.tolist(), b.tolist(), seed=0, resamples=20_000)
    assert fast == pytest.approx(np.quantile(slow, (0.025, 0.975)), abs=0.01)


def test_bootstrap_agrees_with_every_resample_of_a_tiny_set() -> None:
    difference = [1, 0, -1, 1]
    a, b = [d == -1 for d in difference], [d == 1 for d in difference]
    every = [sum(draw) / 4 for draw in itertools.product(difference, repeat=4)]
    assert paired_bootstrap(a, b, seed=1) == pytest.approx(np.quantile(every, (0.025, 0.975)), abs=1e-9)


def test_bootstrap_of_nothing_and_of_unequal_lengths() -> None:
    assert paired_bootstrap([], [], seed=0) == (-1, 1)
    with pytest.raises(ValueError, match="equal lengths"):
        paired_bootstrap([True], [], seed=0)


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    for i, j in itertools.combinations(range(len(p_values)), 2):
        if p_values[i] <= p_values[j]:
            assert corrected[i] <= corrected[j]
