"""Ponder's GRPO as a worker of `grpo_sides.py`: `train_grpo`, as `ponder train grpo` calls it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from grpo_sides import Worker, read_spec
from pydantic import TypeAdapter

import ponder
from ponder.engine.engine import Engine
from ponder.engine.save import save_model
from ponder.records import Completion, Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.training.grpo import GRPOConfig, train_grpo


class ToTheEnd(Engine):
    """Every completion has all its tokens."""

    def stream(
        self, prompts: Any, sampling: Sampling, *, think: bool | None = None
    ) -> Iterator[tuple[int, int, Completion]]:
        yield from super().stream(prompts, replace(sampling, ignore_eos=True), think=think)


def main() -> None:
    spec = read_spec()
    engine = ponder.load(spec["model"], dtype="float32")
    if spec["to_the_end"]:
        parts = engine.transformer, engine.tokenizer, engine.template
        del engine
        engine = ToTheEnd(*parts)
    problems = [Problem(**each) for each in spec["problems"]]
    config = TypeAdapter(GRPOConfig).validate_python(spec["config"])
    samples = config.problems_per_step * config.group_size

    def save(folder: Path) -> None:
        save_model(
            engine.transformer, engine.tokenizer, engine.template, folder, dtype=engine.transformer.dtype
        )

    worker = Worker(save)

    def log(step: int, figures: Mapping[str, float]) -> None:
        worker.spent("rollouts", time.perf_counter() - worker.began - figures["step_seconds"])
        worker.done(reward=figures["reward"], tokens=round(samples * figures["completion_tokens"]))
        worker.wait()

    worker.ready(
        versions={"torch": torch.__version__, "ponder": version("ponder")},
        prompts=[len(engine.prompt_ids(ask_for(each, THINK_FIRST))) for each in problems[:8]],
    )
    worker.wait()
    train_grpo(engine, problems, config, log=log)


if __name__ == "__main__":
    main()
