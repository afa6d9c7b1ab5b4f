"""What is done about trouble: back to the best at half the rate, a stop, or a warning; and how runs end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from toy_run import Course, Outcomes, loss_fn

from ponder.errors import StorageError
from ponder.model.transformer import Transformer
from ponder.training.batch import TokenBatch
from ponder.training.guard import GuardConfig
from ponder.training.loop import Loss

FALL = {0: 40, 3: 60, 6: 20, 9: 62, 12: 61}
"""Right of a hundred: best at 3, a fall at 6."""


class Breaks:
    """A loss that is not finite at some calls."""

    def __init__(self, *calls: int) -> None:
        self.calls, self.made = calls, 0

    def __call__(self, model: Transformer, batch: TokenBatch) -> Loss:
        self.made += 1
        loss = loss_fn(model, batch)
        if self.made not in self.calls or loss.value is None:
            return loss
        return Loss(loss.value * math.nan, {**loss.figures, "loss": math.nan})


def weights(course: Course, step: int) -> Mapping[str, torch.Tensor]:
    return course.keeper.store.load(step).weights


def test_a_fall_of_heldout_accuracy_rolls_back_to_the_best(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    seen = list[torch.Tensor]()

    def log(step: int, figures: Mapping[str, float]) -> None:
        course.log(step, figures)
        if step in (3, 6):
            seen.append(course.model.embed_tokens.weight.detach().clone())

    course.run(7, evaluate=Outcomes(FALL | {7: 60}), log=log, warmup_steps=0)
    (event,) = course.events
    assert (event.step, event.cause) == (6, "held-out accuracy falling")
    assert event.action == "back to the weights of step 3 at 0.5 of the learning rate"
    rates = [course.figures[step]["learning_rate"] for step in range(1, 8)]
    assert rates == [0.01] * 6 + [0.005]
    assert course.keeper.final_step == 3
    assert torch.equal(course.model.embed_tokens.weight, seen[0])
    assert not torch.equal(seen[0], seen[1])


def test_after_so_many_roll_backs_it_stops_with_the_best(tmp_path: Path) -> None:
    course = Course(tmp_path / "run", guard=GuardConfig(max_roll_backs=1))
    course.run(12, evaluate=Outcomes({0: 40, 3: 60, 6: 20, 9: 20}))
    assert [event.action.split()[0] for event in course.events] == ["back", "stopped"]
    assert max(course.figures) == 9
    assert torch.equal(course.model.embed_tokens.weight, weights(course, 3)["embed_tokens.weight"])


def test_a_stopped_run_does_not_go_on(tmp_path: Path) -> None:
    guard = GuardConfig(on_trouble="stop")
    first = Course(tmp_path / "run", guard=guard)
    first.run(12, evaluate=Outcomes(FALL))
    assert max(first.figures) == 6
    again = Course(tmp_path / "run", guard=guard, resume=True)
    again.run(12, evaluate=Outcomes(FALL))
    assert not again.figures
    assert again.keeper.events == first.keeper.events
    assert again.keeper.final_step == 3


def test_a_warning_changes_nothing(tmp_path: Path) -> None:
    warned = Course(tmp_path / "warned", guard=GuardConfig(on_trouble="warn", keep="last"))
    warned.run(12, evaluate=Outcomes(FALL))
    plain = Course(tmp_path / "plain", guard=GuardConfig(keep="last"))
    plain.run(12)
    assert [event.step for event in warned.events] == [6]
    assert torch.equal(warned.model.embed_tokens.weight, plain.model.embed_tokens.weight)


@pytest.mark.parametrize(("keep", "final"), [("best", 9), ("last", 12)])
def test_the_final_model_is_the_best_or_the_last(tmp_path: Path, keep: str, final: int) -> None:
    course = Course(tmp_path / "run", guard=GuardConfig(keep=keep))  # type: ignore[arg-type]
    course.run(12, evaluate=Outcomes(FALL | {6: 59}))
    assert course.keeper.final_step == final
    assert course.keeper.heldout == {step: count / 100 for step, count in (FALL | {6: 59}).items()}
    assert torch.equal(course.model.embed_tokens.weight, weights(course, final)["embed_tokens.weight"])


def test_a_gradient_that_is_not_finite_goes_to_the_guard_and_moves_nothing(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    course.run(6, loss=Breaks(5))
    (event,) = course.events
    assert (event.step, event.cause) == (5, "divergence")
    assert sorted(course.figures) == [1, 2, 3, 4, 5, 6]
    assert all(torch.isfinite(parameter).all() for parameter in course.model.parameters())


def test_without_a_heldout_evaluation_the_last_weights_stay(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    course.run(6)
    assert course.keeper.final_step == 6


def test_a_resumed_run_meets_the_same_trouble_once(tmp_path: Path) -> None:
    whole = Course(tmp_path / "whole")
    whole.run(12, evaluate=Outcomes(FALL))

    class Killed(Exception): ...

    def killed(step: int, figures: Mapping[str, float]) -> None:
        broken.log(step, figures)
        if step == 7:
            raise Killed

    broken = Course(tmp_path / "broken")
    with pytest.raises(Killed):
        broken.run(12, evaluate=Outcomes(FALL), log=killed)
    resumed = Course(tmp_path / "broken", resume=True)
    resumed.run(12, evaluate=Outcomes(FALL))
    assert resumed.keeper.events == whole.keeper.events
    assert resumed.keeper.heldout == whole.keeper.heldout
    assert torch.equal(resumed.model.embed_tokens.weight, whole.model.embed_tokens.weight)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoints").write_text("a file")
    with pytest.raises(StorageError, match="a part of the path is a file"):
        Course(tmp_path / "run").run()
