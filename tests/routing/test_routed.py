import pytest

from ponder.evaluation.runner import evaluate
from ponder.protocols import Budget
from ponder.routing.calibrate import CalibrationConfig, calibrate
from ponder.routing.routed import Routed
from tests.planted_thinker import PlantedTask, PlantedThinker
from tests.routed_tables import planted_table


@pytest.mark.parametrize(("worth", "first", "tokens"), [(0.0, "answer at once", 2), (1e6, "think", 10)])
def test_it_does_what_was_decided(worth: float, first: str, tokens: int) -> None:
    router = calibrate(planted_table(200), CalibrationConfig(resamples=0, caution=0.0))
    task = PlantedTask(["sum of"])
    problems = task.problems()
    thinker = PlantedThinker(problems, sufficient={"sum of": 1}, length={"sum of": 6})
    (item,) = evaluate(Routed(router=router, worth=worth), task, problems, thinker, Budget())
    assert item.judgement.correct == (worth > 0)
    assert item.cost.generated_tokens == tokens
    assert item.cost.generated_tokens == thinker.made
