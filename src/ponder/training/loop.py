"""The only training loop: batches in, a loss function, an optimiser step, a log line.

Pretraining, SFT, GRPO and distillation supply `batches` and `loss_fn` and nothing else. A `Keeper` adds
checkpoints, resumption and the guard. Knows nothing of text, tasks or rewards; evaluation is a callable
passed in.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from torch import Tensor, nn

from ponder.config import at_least
from ponder.errors import ConfigError, PonderError
from ponder.model.lora import refresh_merged
from ponder.model.transformer import Transformer
from ponder.records import Cost
from ponder.training.checkpoint import TrainingState
from ponder.training.interrupt import Interrupt, deferred_interrupt
from ponder.training.keeper import Keeper
from ponder.training.memory import mixed_precision, recomputed_activations
from ponder.training.optimizers import Optimizer, make_optimizers
from ponder.training.schedule import Schedule, learning_rate

Batch = TypeVar("Batch")
Log = Callable[[int, Mapping[str, float]], None]
"""Told the step and its figures after every step."""
Evaluation = Callable[[int], Sequence[bool] | None]
"""Told the step; which held-out problems are answered rightly, or None when nobody is to compare them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopConfig:
    """How to step, whatever is being learned."""

    steps: int
    learning_rate: float
    optimizer: Optimizer = "adamw"
    warmup_steps: int = 10
    schedule: Schedule = "linear"
    """The form of the fall at the end: a line or half a cosine."""
    decay_share: float = 0.0
    """The last share of the steps, over which the learning rate falls to a twentieth."""
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    precision: Literal["float32", "bf16"] = "float32"
    """bf16: forward and backward under autocast; weights and optimiser stay as they are."""
    recompute: bool = False
    """Activation checkpointing: less memory, a third more time."""
    evaluate_every: int = 0
    """0 never evaluates on the way."""
    checkpoint_every: int = 10
    """0 writes only the best and the last."""

    def __post_init__(self) -> None:
        at_least(0, steps=self.steps, warmup_steps=self.warmup_steps, evaluate_every=self.evaluate_every)
        at_least(0, learning_rate=self.learning_rate, weight_decay=self.weight_decay)
        at_least(0, decay_share=self.decay_share, clip_norm=self.clip_norm)
        at_least(0, checkpoint_every=self.checkpoint_every)
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
    evaluate: Evaluation | None = None,
    keeper: Keeper | None = None,
) -> Cost:
    """Take `config.steps` steps, fewer if the batches end; returns the FLOPs and seconds of the steps
    alone (the loss function reports `flops`; making the batches is not in it).

    `evaluate(step)` is called every `evaluate_every` steps and after the last, with a keeper also before
    the first. A batch without any learned token still counts as a step but moves nothing. With a keeper the
    batches must be `Resumable`; on Ctrl-C the step is finished and saved first.
    """
    optimizers = make_optimizers(
        model, config.optimizer, learning_rate=config.learning_rate, weight_decay=config.weight_decay
    )
    state = TrainingState(model, optimizers, batches)
    with _deferred(keeper) as interrupt, recomputed_activations(model, on=config.recompute):
        if keeper is not None:
            keeper.begin(state)
            if state.step == 0:
                _look(state, config, evaluate, keeper)
        left = range(state.step + 1, 1 if state.stopped else config.steps + 1)
        for step, batch in zip(left, batches, strict=False):
            model.train()
            figures = _take_step(state, batch, loss_fn, config, guarded=keeper is not None)
            state.step = step
            log(step, figures)
            in_trouble = keeper is not None and keeper.judge(state, figures)
            if config.evaluate_every and step % config.evaluate_every == 0 and not in_trouble:
                _look(state, config, evaluate, keeper)
            if keeper is not None and config.checkpoint_every and step % config.checkpoint_every == 0:
                keeper.save(state)
            if interrupt.asked:
                _stop_here(state, keeper)
            if state.stopped:
                break
        model.eval()
        if not state.stopped:
            _look(state, config, evaluate, keeper)
        if keeper is not None:
            keeper.finish(state)
    return state.cost


def _take_step(
    state: TrainingState,
    batch: Batch,
    loss_fn: Callable[[Transformer, Batch], Loss],
    config: LoopConfig,
    *,
    guarded: bool,
) -> dict[str, float]:
    """One forward and backward pass and one update; a gradient that is not finite moves nothing."""
    began, step = time.perf_counter(), state.step + 1
    rate = state.rate_scale * learning_rate(
        step,
        steps=config.steps,
        peak=config.learning_rate,
        warmup_steps=config.warmup_steps,
        decay_share=config.decay_share,
        schedule=config.schedule,
    )
    for optimizer in state.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
    with mixed_precision(state.model, on=config.precision == "bf16"):
        loss = loss_fn(state.model, batch)
    if loss.value is not None:
        loss.value.backward()
    norm = float(nn.utils.clip_grad_norm_(state.model.parameters(), config.clip_norm))
    if math.isfinite(norm):
        for optimizer in state.optimizers:
            optimizer.step()
        refresh_merged(state.model)
    elif not guarded:
        raise PonderError(f"the gradient is not finite at step {step}: lower the learning rate ({rate:g})")
    seconds = time.perf_counter() - began
    state.cost += Cost(flops=loss.figures.get("flops", 0.0), seconds=seconds)
    return {**loss.figures, "learning_rate": rate, "gradient_norm": norm, "step_seconds": seconds}


def _look(
    state: TrainingState, config: LoopConfig, evaluate: Evaluation | None, keeper: Keeper | None
) -> None:
    """Evaluate, if that is wanted and this step was not evaluated yet."""
    nothing_new = state.evaluated == state.step or (keeper is None and state.step == 0)
    if evaluate is None or not config.evaluate_every or nothing_new:
        return
    right = evaluate(state.step)
    state.evaluated = state.step
    if keeper is not None and right is not None:
        keeper.look(state, right)


def _stop_here(state: TrainingState, keeper: Keeper | None) -> None:
    if keeper is not None:
        keeper.save(state)
    raise KeyboardInterrupt


@contextmanager
def _deferred(keeper: Keeper | None) -> Generator[Interrupt]:
    """Ctrl-C waits for the end of a step only where that step can be saved."""
    with nullcontext(Interrupt()) if keeper is None else deferred_interrupt(keeper.store.say) as interrupt:
        yield interrupt
