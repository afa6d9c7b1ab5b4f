import json
from pathlib import Path

import pytest

from ponder.errors import DataError, ModelError
from ponder.routing.calibrate import CalibrationConfig, calibrate
from ponder.routing.router import Router, read_router
from tests.routed_tables import planted_table


@pytest.fixture(scope="module")
def router() -> Router:
    return calibrate(planted_table(400), CalibrationConfig(resamples=4))


def test_a_file_holds_all_of_it(router: Router, tmp_path: Path) -> None:
    (tmp_path / "router.json").write_text(json.dumps(router.to_json()))
    again = read_router(tmp_path)
    assert again.to_json() == router.to_json()
    assert again.decide("The sum of 1 and 2?") == router.decide("The sum of 1 and 2?")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 9}', '{"format": 1, "actions": 3}'])
def test_what_is_no_router_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "router.json").write_text(text)
    with pytest.raises(DataError, match=r"is no router|another version"):
        read_router(tmp_path / "router.json")


def test_another_model_is_refused(router: Router) -> None:
    router.check_model(router.fingerprint, "tiny")
    with pytest.raises(ModelError, match="calibrated for"):
        router.check_model("abc", "other")


def test_a_decision_is_explained(router: Router) -> None:
    hard, easy = router.decide("The sum of 12 and 34?"), router.decide("Say 12.")
    assert hard.sentence.startswith("think")
    assert "a right answer" in hard.sentence
    assert hard.reasons
    assert set(hard.reasons) <= set(router.standard.mean)
    assert easy.sentence.startswith("answer at once: more would not gain")
