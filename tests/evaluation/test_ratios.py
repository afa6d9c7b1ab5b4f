"""Ratios of sums and their intervals."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.evaluation.ratios import FEW, UNKNOWN, Resampled, share


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=FEW, max_size=30))
def test_a_ratio_lies_in_its_interval_or_all_problems_agree(pairs: list[tuple[int, int]]) -> None:
    above, below = zip(*pairs, strict=True)
    value, (low, high) = Resampled(len(pairs)).ratio(above, below)
    assert value == pytest.approx(sum(above) / sum(below))
    assert low - 1e-9 <= max(low, min(value, high)) <= high + 1e-9
    ratios = [a / b for a, b in pairs]
    assert min(ratios) - 1e-9 <= low <= high <= max(ratios) + 1e-9


def test_an_interval_covers_about_as_often_as_it_says() -> None:
    rng, covered = random.Random(0), 0
    for world in range(200):
        below = [rng.randint(5, 20) for _ in range(80)]
        above = [sum(rng.random() < 0.3 for _ in range(count)) for count in below]
        covered += Resampled(80, seed=world).ratio(above, below).interval.contains(0.3)
    assert 0.9 <= covered / 200 <= 0.99


def test_too_little_to_go_by_has_no_interval() -> None:
    few = Resampled(FEW - 1).ratio([1, 2, 3, 4], [2, 2, 2, 2])
    assert few.value == 1.25 and math.isnan(few.interval.low)
    most_empty = Resampled(9).ratio([1] + [0] * 8, [1] + [0] * 8)
    assert most_empty.value == 1.0 and math.isnan(most_empty.interval.high)
    assert Resampled(3).ratio([0, 0, 0], [0, 0, 0]) is UNKNOWN
    assert share([]) is UNKNOWN
    assert UNKNOWN.to_json() == {"value": None, "low": None, "high": None}


def test_a_seed_decides_the_draws() -> None:
    numbers = [float(each % 7) for each in range(20)]
    one, other = Resampled(20, seed=1), Resampled(20, seed=2)
    ones = [1.0] * 20
    assert one.ratio(numbers, ones) == Resampled(20, seed=1).ratio(numbers, ones)
    assert one.ratio(numbers, ones) != other.ratio(numbers, ones)


def test_a_share_has_wilsons_interval() -> None:
    found = share([1.0, 0.0, 1.0, 1.0])
    assert found.value == 0.75 and found.interval.contains(0.75)
    assert found.to_json()["value"] == 0.75
