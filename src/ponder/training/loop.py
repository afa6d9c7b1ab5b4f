"""The only training loop: batches in, a loss function, an optimiser step, a log line.

Pretraining, SFT, GRPO and distillation supply `batches` and `loss_fn` and nothing else. Matrices of the
blocks may be trained with Muon (orthogonalised momentum, Jordan et al., 2024), everything else with AdamW.
Knows nothing of text, tasks or rewards; evaluation is a callable passed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from ponder.config import at_least
from ponder.errors import ConfigError, PonderError
from ponder.model.transformer import Transformer
from ponder.records import Cost

Batch = TypeVar("Batch")
Log = Callable[[int, Mapping[str, float]], None]
"""Told the step and its figures after every step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How to step, whatever is being learned."""

    steps: int
    learning_rate: float
    optimizer: Literal["adamw", "muon"] = "adamw"
    warmup_steps: int = 10
    decay_share: float = 0.0
    """The last share of the steps, over which the learning rate falls linearly to a twentieth."""
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    evaluate_every: int = 0
    """0 never evaluates on the way."""

    def __post_init__(self) -> None:
        at_least(0, steps=self.steps, warmup_steps=self.warmup_steps, evaluate_every=self.evaluate_every)
        at_least(0, learning_rate=self.learning_rate, weight_decay=self.weight_decay)
        at_least(0, decay_share=self.decay_share, clip_norm=self.clip_norm)
        if self.decay_share > 1:
            raise ConfigError(f"decay_share must be at most 1, not {self.decay_share:g}")


@dataclass(frozen=True, slots=True)
class Loss:
    """A scalar to minimise, already averaged over the whole batch, and figures for the log.

    A loss function may have called `backward` on parts of the batch itself; `value` is then None.
    """

    value: Tensor | None
    figures: Mapping[str, float] = field(default_factory=dict[str, float])


def train(
    model: Transformer,
    batches: Iterable[Batch],
    loss_fn: Callable[[Transformer, Batch], Loss],
    config: LoopConfig,
    *,
    log: Log,
    evaluate: Callable[[int], None] | None = None,
) -> Cost:
    """Take `config.steps` steps, fewer if the batches end; returns the FLOPs and seconds of the steps
    alone (the loss function reports `flops`; making the batches is not in it).

    `evaluate(step)` is called every `evaluate_every` steps and after the last. A batch without any
    learned token still counts as a step but moves nothing.
    """
    optimizers = make_optimizers(model, config)
    model.train()
    cost, step, evaluated = Cost(), 0, 0
    for step, batch in zip(range(1, config.steps + 1), batches, strict=False):
        began = time.perf_counter()
        rate = learning_rate(step, config)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(model, batch)
        if loss.value is not None:
            loss.value.backward()
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm))
        if not math.isfinite(norm):
            raise PonderError(
                f"the gradient is not finite at step {step}: lower the learning rate ({rate:g})"
            )
        for optimizer in optimizers:
            optimizer.step()
        seconds = time.perf_counter() - began
        cost += Cost(flops=loss.figures.get("flops", 0.0), seconds=seconds)
        log(step, {**loss.figures, "learning_rate": rate, "gradient_norm": norm, "step_seconds": seconds})
        if evaluate and config.evaluate_every and step % config.evaluate_every == 0:
            evaluate(step)
            evaluated = step
            model.train()
    model.eval()
    if evaluate and config.evaluate_every and evaluated < step:
        evaluate(step)
    return cost


def learning_rate(step: int, config: LoopConfig) -> float:
    """Linear warm-up, flat, then linear decay over the last `decay_share` of the steps."""
    warm = min(1.0, step / max(1, config.warmup_steps))
    decay_steps = config.decay_share * config.steps
    left = config.steps - step
    cool = min(1.0, 0.05 + 0.95 * left / decay_steps) if decay_steps else 1.0
    return config.learning_rate * warm * cool


def make_optimizers(model: Transformer, config: LoopConfig) -> list[torch.optim.Optimizer]:
    """AdamW for all, or Muon for the blocks' matrices with its update scaled to AdamW's size."""
    if config.optimizer == "adamw":
        return [_adamw(list(model.parameters()), config)]
    matrices = [p for p in model.layers.parameters() if p.dim() == 2]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    muon = torch.optim.Muon(
        matrices, lr=config.learning_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, _adamw(others, config)]


def _adamw(parameters: list[nn.Parameter], config: LoopConfig) -> torch.optim.Optimizer:
    matrices = [p for p in parameters if p.dim() >= 2]
    vectors = [p for p in parameters if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.95))
