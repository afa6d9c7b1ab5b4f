import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.routing.calibrate import CalibrationConfig, calibrate
from ponder.routing.evaluate import (
    Policy,
    best_uniform,
    calibration_error,
    judge,
    mixture,
    sign_flip_p_value,
)
from tests.routed_tables import planted_table

CHEAP = Policy(name="cheap", correct=(1.0, 0.0, 0.0, 0.0), spend=(1.0,) * 4)
DEAR = Policy(name="dear", correct=(1.0, 1.0, 1.0, 0.0), spend=(5.0,) * 4)
BAD = Policy(name="bad", correct=(0.0,) * 4, spend=(2.0,) * 4)


def test_a_mixture_spends_what_it_should() -> None:
    mixed = mixture(CHEAP, DEAR, 2.0, "coin")
    assert mixed.mean_spend == pytest.approx(2.0)
    assert mixed.correct == pytest.approx((1.0, 0.25, 0.25, 0.0))
    assert mixture(CHEAP, DEAR, 99.0, "all").correct == DEAR.correct


def test_the_best_uniform_policy_is_no_worse_than_any_coin() -> None:
    assert best_uniform([CHEAP, BAD, DEAR], 3.0).correct == mixture(CHEAP, DEAR, 3.0, "").correct
    assert best_uniform([CHEAP, BAD, DEAR], 9.0).correct == DEAR.correct
    assert best_uniform([CHEAP, BAD, DEAR], 0.5).correct == CHEAP.correct


def test_the_oracle_leaves_nothing_to_gain() -> None:
    table = planted_table(200)
    router = calibrate(table, CalibrationConfig(resamples=4))
    judged = judge([(row, router) for row in table.rows], table, name="t", worth=router.worth)
    assert judged.oracle.accuracy.value == sum(any(row.correct) for row in table.rows) / 200
    assert judged.regret >= 0
    assert math.fsum(judged.taken) == pytest.approx(1)
    assert judged.calibration_error < 0.15
    assert [each.mean_spend for each in judged.curve] == sorted(each.mean_spend for each in judged.curve)


@given(st.lists(st.sampled_from((-1.0, 0.0, 1.0)), min_size=1, max_size=12))
def test_the_sign_flip_test_agrees_with_all_flips(differences: list[float]) -> None:
    moved = [each for each in differences if each]
    total = abs(sum(moved))
    flips = range(1 << len(moved))
    sums = [sum(v if flip >> k & 1 else -v for k, v in enumerate(moved)) for flip in flips]
    exact = sum(abs(each) >= total for each in sums) / len(sums)
    assert sign_flip_p_value(differences, seed=0) == pytest.approx(exact, abs=0.03)


def test_the_calibration_error_of_what_is_sure_and_wrong_is_one() -> None:
    assert calibration_error([1.0] * 20, [0.0] * 20) == 1.0
    assert calibration_error([0.5] * 20, [0.0, 1.0] * 10) == 0.0
