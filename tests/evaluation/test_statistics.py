"""Each statistic against scipy, or against the slow way to compute it."""

from __future__ import annotations

import bisect
import gc
import importlib.util
import itertools
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, t
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from ponder.evaluation.statistics import (
    clustered_bootstrap,
    holm,
    mcnemar_p_value,
    mean_interval,
    paired_bootstrap,
    paired_clustered_bootstrap,
    wilson_interval,
)


def load_benchmark() -> Any:
    """`benchmarks/statistics_coverage.py`, which is no module of the package."""
    path = Path(__file__).parents[2] / "benchmarks" / "statistics_coverage.py"
    spec = importlib.util.spec_from_file_location("statistics_coverage", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


COVERAGE = load_benchmark()
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


def test_wilson_agrees_with_statsmodels_on_random_tables() -> None:
    rng = np.random.default_rng(5)
    for total in rng.integers(1, 2000, size=200).tolist():
        correct = int(rng.integers(0, total + 1))
        expected = proportion_confint(correct, total, method="wilson")
        assert wilson_interval(correct, total) == pytest.approx(expected, abs=1e-9)


def test_mcnemar_agrees_with_statsmodels_on_random_tables() -> None:
    rng = np.random.default_rng(6)
    for table in rng.integers(0, 120, size=(200, 2, 2)):
        expected = mcnemar(table, exact=True).pvalue
        assert mcnemar_p_value(int(table[0, 1]), int(table[1, 0])) == pytest.approx(expected, abs=1e-9)


def test_holm_agrees_with_statsmodels_on_random_tables() -> None:
    rng = np.random.default_rng(7)
    gc.freeze()  # statsmodels collects garbage in every call, and is slow where much is alive
    for count in rng.integers(1, 15, size=200).tolist():
        p_values = (rng.random(count) ** 3).tolist()
        expected = multipletests(p_values, method="holm")[1]
        assert holm(p_values) == pytest.approx(expected.tolist(), abs=1e-9)
    gc.unfreeze()


@given(pairs, st.integers(0, 99))
def test_bootstrap_is_seeded_and_bounded(outcomes: list[tuple[bool, bool]], seed: int) -> None:
    a, b = [x for x, _ in outcomes], [y for _, y in outcomes]
    interval = paired_bootstrap(a, b, seed=seed, resamples=400)
    assert interval == paired_bootstrap(a, b, seed=seed, resamples=400)
    assert -1 <= interval.low <= interval.high <= 1


@pytest.mark.parametrize("total", [1, 3, 20, 400])
def test_bootstrap_of_arms_that_agree_is_no_single_point(total: int) -> None:
    """Three problems out of `total` is about what can differ unseen: the rule of three."""
    interval = paired_bootstrap([True] * total, [True] * total, seed=0)
    assert interval.low < 0 < interval.high
    assert max(-interval.low, interval.high) <= max(3 / (total - 3), 1) if total > 3 else interval == (-1, 1)


def test_bootstrap_agrees_with_drawing_indices() -> None:
    """On many problems the half problem on either side is lost among them."""
    rng = np.random.default_rng(3)
    a, b = rng.random(600) < 0.4, rng.random(600) < 0.55
    difference = b.astype(float) - a.astype(float)
    slow = difference[rng.integers(0, 600, size=(10_000, 600))].mean(axis=1)
    fast = paired_bootstrap(a.tolist(), b.tolist(), seed=0, resamples=10_000)
    assert fast == pytest.approx(np.quantile(slow, (0.025, 0.975)), abs=0.005)


def test_bootstrap_agrees_with_every_resample_of_a_tiny_set() -> None:
    """Seven problems and half a one on either side, drawn four times: 9 values, 4,096 weighted draws."""
    difference, weight = [1, 0, -1, 1, 1, 0, 1, -1, 1], [1.0] * 7 + [0.5] * 2
    a, b = [d == -1 for d in difference[:7]], [d == 1 for d in difference[:7]]
    chance: Counter[float] = Counter()
    for draw in itertools.product(range(9), repeat=4):
        chance[sum(difference[i] for i in draw) / 4] += math.prod(weight[i] / 8 for i in draw)
    reached = list(itertools.accumulate(chance[mean] for mean in sorted(chance)))
    low, high = (sorted(chance)[bisect.bisect(reached, q)] for q in (0.025, 0.975))
    assert paired_bootstrap(a, b, seed=1) == pytest.approx((low, high), abs=1e-9)


def test_bootstrap_of_nothing_and_of_unequal_lengths() -> None:
    assert paired_bootstrap([], [], seed=0) == (-1, 1)
    with pytest.raises(ValueError, match="equal lengths"):
        paired_bootstrap([True], [], seed=0)


@given(pairs)
def test_one_sample_a_problem_is_the_paired_bootstrap(outcomes: list[tuple[bool, bool]]) -> None:
    a, b = [x for x, _ in outcomes], [y for _, y in outcomes]
    clustered = paired_clustered_bootstrap([[x] for x in a], [[y] for y in b], seed=3, resamples=200)
    assert clustered == paired_bootstrap(a, b, seed=3, resamples=200)


def test_repeating_the_samples_of_a_problem_proves_nothing_more() -> None:
    """Sixteen times the same is worth one sample: this is what clustering is for."""
    right = [i % 3 == 0 for i in range(60)]
    one, sixteen = clustered_bootstrap([[r] for r in right]), clustered_bootstrap([[r] * 16 for r in right])
    assert sixteen == pytest.approx(one)
    assert sixteen == pytest.approx(wilson_interval(20, 60), abs=1e-9)
    other = [not r for r in right]
    assert paired_clustered_bootstrap([[r] * 16 for r in right], [[o] * 16 for o in other], seed=0) == (
        paired_bootstrap(right, other, seed=0)
    )


def test_independent_samples_narrow_the_interval_as_their_number_does() -> None:
    rng = np.random.default_rng(2)
    interval = clustered_bootstrap((rng.random((300, 16)) < 0.5).tolist())
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.5 / math.sqrt(300 * 16), rel=0.1)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=30))
def test_clustered_interval_holds_the_mean_and_mirrors(samples: list[list[bool]]) -> None:
    interval = clustered_bootstrap(samples)
    mean = sum(sum(right) / len(right) for right in samples) / len(samples)
    assert 0 <= interval.low <= mean + 1e-12
    assert mean - 1e-12 <= interval.high <= 1
    mirrored = clustered_bootstrap([[not r for r in right] for right in samples])
    assert interval == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


def test_clustered_interval_is_never_a_single_point() -> None:
    assert clustered_bootstrap([[True] * 8] * 50) == pytest.approx(wilson_interval(50, 50))
    assert mean_interval([0.5] * 50) == pytest.approx(wilson_interval(25, 50))
    assert mean_interval([0.5, 0.75, 0.25]).low < 0.2
    assert mean_interval([]) == (0, 1)


def test_clustered_interval_of_few_alike_problems_is_about_students() -> None:
    """Five problems of four samples: t with 4 degrees of freedom, not the normal distribution."""
    shares = [0.25, 0.5, 0.5, 0.75, 0.5]
    half = t.ppf(0.975, 4) * np.std(shares, ddof=1) / math.sqrt(5)
    interval = mean_interval(shares)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.2)


def test_shares_need_samples_and_lie_between_0_and_1() -> None:
    with pytest.raises(ValueError, match="problem 1 has no samples"):
        clustered_bootstrap([[True], []])
    with pytest.raises(ValueError, match="shares"):
        mean_interval([0.5, 1.5])


@pytest.mark.parametrize("n", [50, 200])
def test_intervals_cover_what_they_promise(n: int) -> None:
    """A small version of `benchmarks/statistics_coverage.py`; 1.5 points and the noise of 1,500 worlds."""
    for samples in (1, 8):
        world = COVERAGE.World(
            problems=n, samples=samples, accuracy_a=0.3, accuracy_b=0.4, spread=1.0, shared=0.5
        )
        for name, found in COVERAGE.measure(world, worlds=1500, resamples=400, seed=1).items():
            if name != "percentile":
                assert found.covered == pytest.approx(0.95, abs=0.015 + 0.012), (name, world)


def test_holm_on_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    for i, j in itertools.combinations(range(len(p_values)), 2):
        if p_values[i] <= p_values[j]:
            assert corrected[i] <= corrected[j]
