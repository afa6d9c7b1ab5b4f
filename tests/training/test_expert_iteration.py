"""Rounds of a model's own right answers: what each starts from, and going on after any interruption."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_engines import AnythingGoes, small_engine
from torch import Tensor

from ponder.engine.engine import Engine
from ponder.errors import DataError
from ponder.training.expert_iteration import (
    ExpertIterationConfig,
    Round,
    expert_iteration,
    load_weights,
    read_round,
    trained_weights,
)
from ponder.training.guard import GuardConfig
from ponder.training.keeper import Keeper
from ponder.training.loop import LoopConfig
from ponder.training.sft import SFTConfig, chat_example, train_sft
from ponder.training.traces import TraceConfig, read_traces

TASK = AnythingGoes()
PROBLEMS = TASK.problems(split="train", count=6, seed=0)
TRACES = TraceConfig(problems=6, samples=2, max_tokens=6)
SFT = SFTConfig(
    loop=LoopConfig(steps=4, learning_rate=1e-2, warmup_steps=1, checkpoint_every=1), batch_size=3
)
TWO = ExpertIterationConfig(rounds=2, heldout=4)


class Killed(Exception):
    """What a test ends a run with."""


def ignore(step: int, figures: Mapping[str, float]) -> None:
    """A log that nobody reads."""


def run(
    folder: Path,
    model: Engine,
    config: ExpertIterationConfig = TWO,
    *,
    log: Callable[[int, Mapping[str, float]], None] = ignore,
    resume: bool = False,
) -> list[Round]:
    def keeper_of(stage: str) -> Keeper:
        return Keeper.of(folder / "checkpoints" / stage, GuardConfig(), say=lambda line: None, resume=resume)

    _, rounds = expert_iteration(
        model, PROBLEMS, TASK, config, TRACES, SFT, folder,
        keeper_of=keeper_of, accuracy=lambda engine: 0.5, log=log,
    )  # fmt: skip
    return rounds


def equal(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("restart", [True, False])
def test_a_round_learns_its_own_traces_from_the_first_weights_or_the_last(
    tmp_path: Path, restart: bool
) -> None:
    model, by_hand = small_engine(), small_engine()
    rounds = run(tmp_path, model, replace(TWO, restart=restart))
    for number in (2,) if restart else (1, 2):
        traces = read_traces(tmp_path / str(number) / "traces.jsonl")
        examples = [chat_example(by_hand, trace.prompt, trace.completion) for trace in traces]
        train_sft(by_hand, examples, replace(SFT, seed=number - 1), log=ignore)
    assert equal(trained_weights(model.transformer), trained_weights(by_hand.transformer))
    assert [(r.number, r.sampled, r.solved, r.traces, r.accuracy) for r in rounds] == [
        (1, 12, 6, 6, 0.5), (2, 12, 6, 6, 0.5),
    ]  # fmt: skip
    assert all(r.cost.flops > 0 for r in rounds)


def test_later_rounds_sample_from_what_was_learned(tmp_path: Path) -> None:
    run(tmp_path, small_engine())
    first, second = ((tmp_path / n / "traces.jsonl").read_text() for n in ("1", "2"))
    assert first != second


@pytest.mark.parametrize("killed_at", [2, 5, 7])
def test_a_killed_run_ends_with_the_same_weights(tmp_path: Path, killed_at: int) -> None:
    """Steps 1 to 4 are of the first round, 5 to 8 of the second."""
    whole, model = small_engine(), small_engine()
    expected = run(tmp_path / "whole", whole)

    def kill(step: int, figures: Mapping[str, float]) -> None:
        if step == killed_at and "loss" in figures:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path / "killed", model, log=kill)
    model, steps = small_engine(), list[int]()
    rounds = run(
        tmp_path / "killed", model, resume=True,
        log=lambda step, figures: steps.append(step) if "loss" in figures else None,
    )  # fmt: skip
    assert equal(trained_weights(model.transformer), trained_weights(whole.transformer))
    assert steps == list(range(killed_at, 9))
    assert [replace(r, cost=e.cost) for r, e in zip(rounds, expected, strict=True)] == expected


def test_more_rounds_go_on_after_those_done(tmp_path: Path) -> None:
    run(tmp_path, small_engine())
    steps = list[int]()
    run(tmp_path, small_engine(), replace(TWO, rounds=3), log=lambda step, figures: steps.append(step))
    assert steps == [9, 10, 11, 12, 12]


def test_a_damaged_round_is_named(tmp_path: Path) -> None:
    run(tmp_path, small_engine())
    assert read_round(tmp_path / "3") is None
    (tmp_path / "1" / "weights.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"weights.safetensors cannot be read"):
        run(tmp_path, small_engine())
    (tmp_path / "1" / "round.json").write_text("{}")
    with pytest.raises(DataError, match=r"round.json is damaged"):
        run(tmp_path, small_engine())


def test_weights_of_another_model_are_refused() -> None:
    with pytest.raises(DataError, match="of another model"):
        load_weights(small_engine().transformer, {"embed_tokens.weight": torch.zeros(2, 2)})
