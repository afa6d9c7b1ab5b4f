"""Supervised fine-tuning on prompt-completion pairs: shuffled epochs, loss on completions only."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ContextError, DataError, ModelError
from ponder.model.transformer import Transformer
from ponder.protocols import Prompt
from ponder.records import Cost, Message
from ponder.training.batch import Example, TokenBatch, mean_cross_entropy, pad, training_flops
from ponder.training.loop import Log, LoopConfig, Loss, train


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTConfig:
    loop: LoopConfig
    batch_size: int = 64
    """Examples per step."""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, batch_size=self.batch_size)


def sft_batches(examples: Sequence[Example], config: SFTConfig) -> Iterator[TokenBatch]:
    """Endless epochs; within each, every example once in an order the seed decides.

    Neighbours in a batch are of like length (batches are cut from a sorted window), which saves padding.
    """
    if not examples:
        raise DataError("there is nothing to learn from: no example is left")
    rng = random.Random(config.seed)
    while True:
        order = rng.sample(examples, len(examples))
        window = config.batch_size * 16
        for begin in range(0, len(order), window):
            near = sorted(
                order[begin : begin + window], key=lambda e: len(e.prompt_ids) + len(e.completion_ids)
            )
            batches = [near[i : i + config.batch_size] for i in range(0, len(near), config.batch_size)]
            for batch in rng.sample(batches, len(batches)):
                yield pad(batch)


def sft_loss(model: Transformer, batch: TokenBatch) -> Loss:
    value = mean_cross_entropy(model, batch)
    rows, length = batch.ids_BT.shape
    figures = {
        "loss": float(value.detach()),
        "tokens": float(batch.mask_BT.sum()),
        "flops": training_flops(model.arch, [length] * rows),
    }
    return Loss(value, figures)


def train_sft(
    student: Engine,
    examples: Sequence[Example],
    config: SFTConfig,
    *,
    log: Log,
    evaluate: Callable[[int], None] | None = None,
) -> Cost:
    """Train the engine's weights in place; returns what the steps took."""
    batches = sft_batches(examples, config)
    return train(student.transformer, batches, sft_loss, config.loop, log=log, evaluate=evaluate)


def chat_example(student: Engine, prompt: Prompt, completion: str) -> Example:
    """A chat turn to learn, ended by the model's own end-of-turn token."""
    example = Example(
        student.prompt_ids(prompt), (*student.tokenizer.encode(completion), end_of_turn(student))
    )
    length, context = len(example.prompt_ids) + len(example.completion_ids), student.transformer.arch.context
    if length > context:
        raise ContextError(f"an example of {length} tokens does not fit the context of {context}: shorten it")
    return example


def end_of_turn(student: Engine) -> int:
    """The end token that the model's template puts after an assistant's message."""
    if not student.tokenizer.eos_ids:
        raise ModelError(f"{student.name} names no end token, so no turn can be ended: set eos_token_id")
    turns = [Message("user", "?"), Message("assistant", "!")]
    ids = student.tokenizer.encode(student.template.render(turns, generate=False))
    ends = [token for token in ids if token in student.tokenizer.eos_ids]
    return ends[-1] if ends else min(student.tokenizer.eos_ids)
