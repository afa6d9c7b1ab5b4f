"""pass@k and majority@k against every subset, every order, and the strategy's own vote."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.evaluation.pass_at_k import Sample, majority_at_k, pass_at_k, replay
from ponder.scaling.voting import hold_vote

RIGHT = "a"
samples_lists = st.lists(st.sampled_from([RIGHT, "b", "c", "d", None]), min_size=1, max_size=7).map(
    lambda keys: [Sample(key, key == RIGHT) for key in keys]
)
mixed_lists = st.lists(
    st.tuples(st.sampled_from([RIGHT, "b", "c", None]), st.booleans()).map(lambda pair: Sample(*pair)),
    min_size=1,
    max_size=6,
)


def voted_right(samples: Sequence[Sample]) -> bool:
    """The first sample of the most frequent answer, ties to the answer sampled first."""
    keys = [sample.key for sample in samples]
    winner = max((key for key in keys if key is not None), key=keys.count, default=None)
    return winner is not None and samples[keys.index(winner)].correct


@given(samples_lists, st.data())
def test_pass_at_k_agrees_with_every_subset(samples: list[Sample], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(samples)))
    subsets = list(itertools.combinations(samples, k))
    slow = sum(any(sample.correct for sample in subset) for subset in subsets) / len(subsets)
    assert pass_at_k(samples, k) == pytest.approx(slow, abs=1e-12)


@given(mixed_lists, st.data())
def test_majority_agrees_with_every_subset_in_every_order(samples: list[Sample], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(samples)))
    draws = list(itertools.permutations(samples, k))
    slow = sum(map(voted_right, draws)) / len(draws)
    assert majority_at_k(samples, k) == pytest.approx(slow, abs=1e-12)


@given(samples_lists)
def test_the_vote_counted_here_is_the_one_self_consistency_takes(samples: list[Sample]) -> None:
    attempt = hold_vote([completion(f"\\boxed{{{s.key}}}" if s.key else "<think>") for s in samples])
    assert (attempt.answer == RIGHT) == voted_right(samples)


@given(mixed_lists)
def test_one_sample_is_the_share_right_among_answers(samples: list[Sample]) -> None:
    answered_right = sum(sample.correct and sample.key is not None for sample in samples)
    assert majority_at_k(samples, 1) == pytest.approx(answered_right / len(samples))
    assert pass_at_k(samples, 1) == pytest.approx(sum(s.correct for s in samples) / len(samples))


@given(samples_lists)
def test_a_pass_is_never_rarer_than_a_vote_and_grows_with_k(samples: list[Sample]) -> None:
    passed = [pass_at_k(samples, k) for k in range(1, len(samples) + 1)]
    assert passed == sorted(passed)
    for k, rate in enumerate(passed, start=1):
        assert majority_at_k(samples, k) <= rate + 1e-12


def test_a_tie_is_shared() -> None:
    assert majority_at_k([Sample("a", True), Sample("b", False)], 2) == 0.5
    assert majority_at_k([Sample(key, key == "a") for key in "aabbccd"], 7) == pytest.approx(1 / 3)


def test_many_samples_neither_overflow_nor_lose_the_last_digit() -> None:
    samples = [Sample("a", True)] * 3 + [Sample("b", False)] * 9997
    assert pass_at_k(samples, 5000) == pytest.approx(0.875, abs=1e-4)
    assert pass_at_k([Sample("a", True)] + [Sample("b", False)] * 4999, 1) == 1 / 5000
    assert majority_at_k(samples, 1) == pytest.approx(3 / 10000)


def test_majority_of_many_agrees_with_drawing() -> None:
    rng = random.Random(4)
    samples = [Sample(key, key == "a") for key in rng.choices("abcdef", [14, 12, 9, 3, 2, 1], k=64)]
    for k in (3, 8, 31):
        drawn = [voted_right(rng.sample(samples, k)) for _ in range(4000)]
        noise = 4 * math.sqrt(0.25 / len(drawn))
        assert majority_at_k(samples, k) == pytest.approx(sum(drawn) / len(drawn), abs=noise)


def test_replay_gives_one_row_per_k_with_intervals() -> None:
    easy, hard = [Sample("a", True)] * 4, [Sample("b", False)] * 3 + [Sample("a", True)]
    rows = replay([easy, hard] * 20, [1, 4])
    assert [row.k for row in rows] == [1, 4]
    assert (rows[0].pass_rate, rows[0].majority) == pytest.approx((0.625, 0.625))
    assert (rows[1].pass_rate, rows[1].majority) == pytest.approx((1.0, 0.5))
    for row in rows:
        assert row.pass_interval.contains(row.pass_rate)
        assert row.majority_interval.contains(row.majority)


def test_replay_refuses_what_was_not_sampled() -> None:
    for k in (0, 3):
        with pytest.raises(ValueError, match="stored samples"):
            replay([[Sample("a", True)] * 2], [k])
    with pytest.raises(ValueError, match="no problems"):
        replay([], [1])
