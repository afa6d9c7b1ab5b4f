"""A run goes on from a checkpoint as if nothing had happened, and a damaged one is never gone on from."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from toy_run import Course, Outcomes, model

from ponder.errors import DataError
from ponder.model.transformer import Transformer
from ponder.training.checkpoint import OPTIMIZER, STATE, WEIGHTS


class Killed(Exception):
    """The run ends here, as by a kill."""


def killed_at(course: Course, step: int) -> Callable[[int, Mapping[str, float]], None]:
    def log(now: int, figures: Mapping[str, float]) -> None:
        course.log(now, figures)
        if now == step:
            raise Killed

    return log


def equal(a: Transformer, b: Transformer) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("step", [1, 2, 5, 9])
def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, step: int, optimizer: str
) -> None:
    whole = Course(tmp_path / "whole")
    cost = whole.run(optimizer=optimizer)
    broken = Course(tmp_path / "broken")
    with pytest.raises(Killed):
        broken.run(optimizer=optimizer, log=killed_at(broken, step))
    resumed = Course(tmp_path / "broken", resume=True)
    assert resumed.run(optimizer=optimizer).flops == cost.flops
    assert equal(resumed.model, whole.model)
    assert resumed.log_file.read_text() == whole.log_file.read_text()
    assert resumed.said == [f"going on after step {step - 1 - (step - 1) % 2}"]


def test_the_generators_of_torch_go_on_too(tmp_path: Path) -> None:
    def noisy(course: Course) -> Callable[[int, Mapping[str, float]], None]:
        def log(step: int, figures: Mapping[str, float]) -> None:
            course.figures[step] = {"noise": float(torch.rand(()))}
            if course is broken and step == 5:
                raise Killed

        return log

    broken = Course(tmp_path / "run")
    torch.manual_seed(3)
    with pytest.raises(Killed):
        broken.run(log=noisy(broken))
    torch.manual_seed(99)
    resumed = Course(tmp_path / "run", resume=True)
    resumed.run(log=noisy(resumed))
    assert resumed.figures[5] == broken.figures[5]


def test_a_finished_run_is_only_read(tmp_path: Path) -> None:
    first = Course(tmp_path / "run")
    first.run()
    again = Course(tmp_path / "run", resume=True)
    assert again.run().flops == 2.0 * 9
    assert not again.figures
    assert equal(first.model, again.model)


def test_the_newest_two_and_the_best_stay(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    right = {0: 10, 3: 60, 6: 55, 9: 58, 12: 57}
    course.run(12, evaluate=Outcomes(right))
    assert course.steps == [3, 10, 12]
    assert not list((tmp_path / "run" / "checkpoints").glob(".*"))
    assert course.keeper.final_step == 3


def damage(file: Path, how: str) -> None:
    data = file.read_bytes()
    if how == "missing":
        file.unlink()
    elif how == "half":
        file.write_bytes(data[: len(data) // 2])
    else:
        file.write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])


@pytest.mark.parametrize("how", ["missing", "half", "flipped"])
@pytest.mark.parametrize("name", [WEIGHTS, OPTIMIZER])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, name: str, how: str) -> None:
    whole = Course(tmp_path / "run")
    whole.run()
    damage(whole.keeper.store.path(9) / name, how)
    resumed = Course(tmp_path / "run", resume=True)
    resumed.run()
    complaint, onward = resumed.said
    assert name in complaint and "step-000009" in complaint and "taking the one before" in complaint
    assert onward == "going on after step 8"
    assert equal(resumed.model, whole.model)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"step": 9}'])
def test_a_damaged_state_gives_way_too(tmp_path: Path, text: str) -> None:
    whole = Course(tmp_path / "run")
    whole.run()
    (whole.keeper.store.path(9) / STATE).write_text(text)
    resumed = Course(tmp_path / "run", resume=True)
    resumed.run()
    assert f"damaged {STATE}" in resumed.said[0]
    assert equal(resumed.model, whole.model)


def test_when_all_are_damaged_it_says_so(tmp_path: Path) -> None:
    whole = Course(tmp_path / "run")
    whole.run()
    for step in whole.steps:
        damage(whole.keeper.store.path(step) / WEIGHTS, "half")
    with pytest.raises(DataError, match=r"no checkpoint in .* is whole"):
        Course(tmp_path / "run", resume=True).run()


def test_what_a_kill_left_of_a_checkpoint_is_swept_up(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    course.run()
    half = tmp_path / "run" / "checkpoints" / ".step-000011.0a1b2c3d.tmp"
    half.mkdir()
    (half / WEIGHTS).write_bytes(b"half")
    Course(tmp_path / "run", resume=True).run()
    assert not half.exists()


def test_another_model_is_refused(tmp_path: Path) -> None:
    Course(tmp_path / "run").run()
    other = Course(tmp_path / "run", resume=True)
    other.model.layers.append(model().layers[0])
    with pytest.raises(DataError, match="another model"):
        other.run()


def test_nothing_is_pickled_and_tensors_have_names(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")
    course.run()
    folder = course.keeper.store.path(9)
    assert {path.name for path in folder.iterdir()} == {WEIGHTS, OPTIMIZER, STATE}
    names = set(course.keeper.store.load(9).optimizer)
    assert "0/embed_tokens.weight/exp_avg" in names
    assert json.loads((folder / STATE).read_text())["step"] == 9


def test_the_first_ctrl_c_saves_the_step_and_the_run_goes_on_from_it(tmp_path: Path) -> None:
    whole = Course(tmp_path / "whole")
    whole.run()
    stopped = Course(tmp_path / "run")

    def pressing(step: int, figures: Mapping[str, float]) -> None:
        stopped.log(step, figures)
        if step == 5:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(log=pressing)
    assert signal.getsignal(signal.SIGINT) is before
    assert stopped.steps[-1] == 5
    assert "stopping after this step" in stopped.said[0]
    resumed = Course(tmp_path / "run", resume=True)
    resumed.run()
    assert equal(resumed.model, whole.model)


def test_the_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    course = Course(tmp_path / "run")

    def pressing(step: int, figures: Mapping[str, float]) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        course.run(log=pressing)
    assert course.steps == [0]
