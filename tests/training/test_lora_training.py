"""A run with an adapter is a run like any other: it learns, is saved, resumed and goes back to its best."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from fakes import random_model
from safetensors.torch import load_file
from toy_run import Course, Outcomes, loss_fn

import ponder
from ponder.errors import DataError
from ponder.model.lora import LoRAConfig, adapted, add_lora
from ponder.model.transformer import Transformer
from ponder.tasks import load_task
from ponder.training.batch import Example, pad
from ponder.training.checkpoint import OPTIMIZER, WEIGHTS
from ponder.training.grpo import GRPOConfig, train_grpo
from ponder.training.loop import LoopConfig, train

LORA = LoRAConfig(rank=2, alpha=8.0)


class Killed(Exception):
    """The run ends here, as by a kill."""


def course(folder: Path, *, config: LoRAConfig = LORA, **options: Any) -> Course:
    made = Course(folder, **options)
    add_lora(made.model, config, seed=7)
    return made


def killed_at(course: Course, step: int) -> Callable[[int, Mapping[str, float]], None]:
    def log(now: int, figures: Mapping[str, float]) -> None:
        course.log(now, figures)
        if now == step:
            raise Killed

    return log


def everything(model: Transformer) -> dict[str, torch.Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def consistent(model: Transformer) -> bool:
    """Every merged weight is that of the factors there are."""
    return all(
        torch.equal(each.weight, torch.addmm(each.base, each.lora_B, each.lora_A, alpha=each.scale))
        for _, each in adapted(model)
    )


def losses(model: Transformer, precision: str = "float32", steps: int = 30) -> list[float]:
    """Of a run on one batch over and over."""
    seen = list[float]()
    batch = pad([Example((1, 2), (3, 4, 5)), Example((6,), (7, 8, 9, 10))])
    config = LoopConfig(steps=steps, learning_rate=0.02, precision=precision)  # type: ignore[arg-type]
    train(
        model,
        itertools.repeat(batch),
        loss_fn,
        config,
        log=lambda step, figures: seen.append(figures["loss"]),
    )
    return seen


def test_it_learns_with_all_else_as_it_was() -> None:
    plain = random_model("qwen2")[1]
    trained = copy.deepcopy(plain)
    add_lora(trained, LORA)
    seen = losses(trained)
    assert seen[-1] < seen[0] / 4
    assert consistent(trained)
    for name, module in adapted(trained):
        assert torch.equal(module.base, plain.get_submodule(name).weight)
        assert not torch.equal(module.weight, module.base)
    assert torch.equal(trained.embed_tokens.weight, plain.embed_tokens.weight)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
@pytest.mark.parametrize("base", [torch.float32, torch.bfloat16])
def test_it_learns_in_lower_precision_too(precision: str, base: torch.dtype) -> None:
    trained = copy.deepcopy(random_model("qwen2")[1]).to(base)
    add_lora(trained, LORA)
    seen = losses(trained, precision)
    assert seen[-1] < seen[0] / 4
    assert all(module.lora_A.dtype == torch.float32 for _, module in adapted(trained))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("step", [1, 4, 9])
def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, step: int, optimizer: str
) -> None:
    whole, broken = course(tmp_path / "whole"), course(tmp_path / "broken")
    whole.run(optimizer=optimizer)
    with pytest.raises(Killed):
        broken.run(optimizer=optimizer, log=killed_at(broken, step))
    resumed = course(tmp_path / "broken", resume=True)
    resumed.run(optimizer=optimizer)
    ours, theirs = everything(resumed.model), everything(whole.model)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())
    assert resumed.log_file.read_text() == whole.log_file.read_text()


def test_a_checkpoint_holds_the_adapter_alone(tmp_path: Path) -> None:
    run = course(tmp_path / "run")
    run.run()
    for step in run.steps:
        saved = load_file(run.keeper.store.path(step) / WEIGHTS)
        assert set(saved) == {name for name, _ in run.model.named_parameters() if "lora_" in name}
        moments = load_file(run.keeper.store.path(step) / OPTIMIZER)
        assert all("lora_" in name or name.startswith("random/") for name in moments)


def test_a_checkpoint_of_another_rank_or_of_no_adapter_is_refused(tmp_path: Path) -> None:
    course(tmp_path / "run").run()
    for other in (
        course(tmp_path / "run", resume=True, config=LoRAConfig(rank=3)),
        Course(tmp_path / "run", resume=True),
    ):
        with pytest.raises(DataError, match="of another model"):
            other.run()


def test_the_best_weights_are_merged_again_at_the_end(tmp_path: Path) -> None:
    run = course(tmp_path / "run")
    run.run(12, evaluate=Outcomes({0: 10, 3: 60, 6: 55, 9: 58, 12: 57}))
    assert run.keeper.final_step == 3
    best = load_file(run.keeper.store.path(3) / WEIGHTS)
    assert all(torch.equal(module.lora_A, best[f"{name}.lora_A"]) for name, module in adapted(run.model))
    assert consistent(run.model)


@pytest.mark.slow
def test_reinforcement_learning_stays_on_policy() -> None:
    """The sampler sees the merged weights that training sees: the ratio is 1 at every step."""
    engine, task = ponder.load("tiny", dtype="float32"), load_task("arithmetic")
    add_lora(engine.transformer, LoRAConfig(rank=4, alpha=16.0))
    config = GRPOConfig(
        loop=LoopConfig(steps=4, learning_rate=5e-3, warmup_steps=0),
        problems_per_step=8, group_size=4, max_tokens=64,
    )  # fmt: skip
    seen = list[Mapping[str, float]]()
    problems = task.problems(split="train", count=40, seed=0)
    train_grpo(engine, problems, config, log=lambda step, figures: seen.append(figures))
    assert len(seen) == 4
    assert any(figures["gradient_norm"] > 0 for figures in seen[:-1])
    for figures in seen:
        if figures["flops"]:
            assert figures["ratio"] == pytest.approx(1.0, abs=1e-3)
