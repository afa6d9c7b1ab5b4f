from dataclasses import replace

import pytest

from ponder.errors import ConfigError, DataError
from ponder.routing.calibrate import CalibrationConfig, calibrate, folds_of, held_out
from ponder.routing.evaluate import judge
from tests.routed_tables import planted_table

CONFIG = CalibrationConfig(resamples=8)


def test_it_thinks_where_thinking_pays_and_nowhere_else() -> None:
    router = calibrate(planted_table(400), CONFIG)
    table = planted_table(400, seed=1)
    judged = judge([(row, router) for row in table.rows], table, name="new", worth=router.worth)
    assert judged.kept > 0.95
    assert judged.spent < 0.65
    assert judged.over_random.difference > 0.1
    assert judged.over_random.p_value < 0.001
    easy = [router.decide(row.question).place for row in table.rows[1::2]]
    assert sum(place == 0 for place in easy) > 0.95 * len(easy)


def test_probabilities_are_calibrated() -> None:
    router = calibrate(planted_table(600), CONFIG)
    hard, easy = (router.decide(text).prospects for text in ("The sum of 12 and 34?", "Say 12."))
    assert [round(each.right, 1) for each in hard] == pytest.approx([0.1, 0.5, 0.9], abs=0.11)
    assert [round(each.right, 1) for each in easy] == pytest.approx([0.9, 0.9, 0.9], abs=0.11)
    assert [round(each.spend) for each in hard] == pytest.approx([6, 16, 41], abs=1)


def test_worth_is_the_dial() -> None:
    router = calibrate(planted_table(400), CONFIG)
    question = "The sum of 12 and 34?"
    places = [router.decide(question, worth=worth).place for worth in (0, 20, 45, 1000)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 2)


def test_caution_holds_back() -> None:
    table = planted_table(60)
    bold, shy = (calibrate(table, replace(CONFIG, worth=100.0, caution=caution)) for caution in (0.0, 20.0))
    dearer = [sum(each.decide(row.question).place for row in table.rows) for each in (bold, shy)]
    assert dearer[1] < dearer[0]


def test_no_problem_is_judged_by_a_router_that_saw_it() -> None:
    table = planted_table(80)
    twice = replace(table, rows=(*table.rows, *table.rows))
    folds = folds_of(twice.rows, 0)
    assert folds[:80] == folds[80:]
    placed = held_out(twice, replace(CONFIG, worth=50.0, resamples=0))
    assert len(placed) == 160
    assert all(router.problems < 80 for _, router, _ in placed)


def test_an_action_with_one_outcome_only_is_learned_as_such() -> None:
    table = planted_table(200)
    never = replace(table, rows=tuple(replace(row, correct=(False, *row.correct[1:])) for row in table.rows))
    router = calibrate(never, CONFIG)
    assert router.decide("Say 12.").prospects[0].right < 0.02


def test_bad_settings_and_too_little_are_refused() -> None:
    with pytest.raises(ConfigError, match="keep"):
        CalibrationConfig(keep=0)
    with pytest.raises(ConfigError, match="worth"):
        CalibrationConfig(worth=-1)
    with pytest.raises(DataError, match="29 problems"):
        calibrate(planted_table(29), CONFIG)
