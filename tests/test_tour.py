import json
from dataclasses import replace
from pathlib import Path

import pytest

import ponder
from ponder.evaluation.runner import heldout_right
from ponder.progress import Progress
from ponder.runlog import RunLog
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.tasks import load_task
from ponder.tour import Tour, quick_tour

pytestmark = pytest.mark.slow

ARMS = ["direct", "chain-of-thought", "self-consistency", "grpo", "distilled"]


def small_tour(folder: Path) -> Tour:
    quick = quick_tour(seed=1)
    grpo = replace(quick.grpo, loop=replace(quick.grpo.loop, steps=2, evaluate_every=1), problems_per_step=4)
    config = replace(quick, grpo=grpo, problems=12, heldout=8, distill=replace(quick.distill, problems=24))
    return Tour(
        base=ponder.load("tiny"),
        task=load_task("mixed"),
        config=config,
        log=RunLog(folder, {}),
        progress=Progress(quiet=True),
        meta={"command": "a test"},
    )


def test_five_arms_and_a_report(tmp_path: Path) -> None:
    ladder = small_tour(tmp_path / "run").run()
    assert [arm.name for arm in ladder.arms] == ARMS
    written = json.loads((tmp_path / "run" / "ladder.json").read_text())
    assert written["complete"] and [arm["name"] for arm in written["arms"]] == ARMS
    assert all(arm["n"] == 12 for arm in written["arms"])
    assert [c["b"] for c in written["comparisons"]] == ARMS[1:]
    assert written["arms"][3]["training_cost"]["flops"] > 0
    assert written["curves"]["grpo"]["heldout_step"] == [0, 1, 2]
    assert "Distilled student" in (tmp_path / "run" / "report.html").read_text()


def test_the_trained_models_stay_beside_the_report(tmp_path: Path) -> None:
    tour = small_tour(tmp_path / "run")
    tour.run()
    problems = tour.problems("test", 12)
    for name in ("grpo", "distilled"):
        kept = ponder.load(str(tmp_path / "run" / "models" / name))
        again = heldout_right(kept, tour.task, problems, tour.config.max_tokens)
        (measured,) = [arm for arm in tour.arms if arm.name == name]
        assert list(again) == [item.judgement.correct for item in measured.items]


class Interrupts:
    """A strategy during which the user presses Ctrl-C."""

    name = "interrupts"

    def solve(self, problem: ponder.Problem, budget: object):
        raise KeyboardInterrupt
        yield


def test_no_arm_lives_on_prompts_that_another_has_paid_for(tmp_path: Path) -> None:
    def flops(*names: str) -> float:
        tour = small_tour(tmp_path / "-".join(names))
        for name in names:
            tour.arm(name, ChainOfThought(), tour.base, tour.problems("test", 6))
        return tour.arms[-1].total_cost.flops

    assert flops("direct", "chain-of-thought") == flops("chain-of-thought")


def test_ctrl_c_leaves_a_usable_report(tmp_path: Path) -> None:
    tour = small_tour(tmp_path / "run")
    problems = tour.problems("test", 6)
    tour.arm("direct", ChainOfThought(), tour.base, problems)
    with pytest.raises(KeyboardInterrupt):
        tour.arm("chain-of-thought", Interrupts(), tour.base, problems)
    written = json.loads((tmp_path / "run" / "ladder.json").read_text())
    assert not written["complete"]
    assert [arm["name"] for arm in written["arms"]] == ["direct"]
    assert "Stopped early" in (tmp_path / "run" / "report.html").read_text()
