"""A small model, data that knows its place, and runs of the loop on them: what tests of keeping share."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.records import Cost
from ponder.training.batch import Example, PackedBatches, TokenBatch, mean_cross_entropy
from ponder.training.guard import Event, GuardConfig
from ponder.training.keeper import Keeper
from ponder.training.loop import LoopConfig, Loss, train

ARCH = Architecture(
    family="llama",
    vocab_size=16,
    width=16,
    layers=1,
    heads=2,
    kv_heads=1,
    head_size=8,
    mlp_width=24,
    context=16,
    tied_embeddings=True,
)
LossFunction = Callable[[Transformer, TokenBatch], Loss]


def model(seed: int = 0) -> Transformer:
    made = Transformer(ARCH)
    initialise(made, seed=seed)
    return made


def batches() -> PackedBatches:
    rng = random.Random(5)
    examples = [Example((rng.randrange(16),), [rng.randrange(16) for _ in range(7)]) for _ in range(400)]
    return PackedBatches(examples, rows=2, length=10, learn_prompts=True)


def loss_fn(transformer: Transformer, batch: TokenBatch) -> Loss:
    value = mean_cross_entropy(transformer, batch)
    return Loss(value, {"loss": float(value.detach()), "flops": 2.0})


class Outcomes:
    """A held-out evaluation that answers from a script: how many of a hundred are right at each step."""

    def __init__(self, right: Mapping[int, int]) -> None:
        self.right, self.asked = right, list[int]()

    def __call__(self, step: int) -> Sequence[bool]:
        self.asked.append(step)
        return [number < self.right[step] for number in range(100)]


class Course:
    """One run in a folder, with everything it said."""

    def __init__(self, folder: Path, *, resume: bool = False, guard: GuardConfig | None = None) -> None:
        self.model = model()
        self.said = list[str]()
        self.events = list[Event]()
        self.figures = dict[int, Mapping[str, float]]()
        self.log_file = folder / "metrics.jsonl"
        folder.mkdir(exist_ok=True)
        self.keeper = Keeper.of(
            folder / "checkpoints",
            guard or GuardConfig(),
            say=self.said.append,
            log_file=self.log_file,
            resume=resume,
            on_event=self.events.append,
        )

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self.figures[step] = figures
        with self.log_file.open("a") as lines:
            lines.write(f'{{"step": {step}, "loss": {figures["loss"]}}}\n')

    def run(
        self,
        steps: int = 9,
        *,
        loss: LossFunction = loss_fn,
        evaluate: Outcomes | None = None,
        log: Callable[[int, Mapping[str, float]], None] | None = None,
        **options: Any,
    ) -> Cost:
        settings: dict[str, Any] = {"checkpoint_every": 2, "learning_rate": 0.01, "evaluate_every": 3}
        config = LoopConfig(steps=steps, **(settings | options))
        return train(
            self.model, batches(), loss, config, log=log or self.log, evaluate=evaluate, keeper=self.keeper
        )

    @property
    def steps(self) -> list[int]:
        return self.keeper.store.steps()
