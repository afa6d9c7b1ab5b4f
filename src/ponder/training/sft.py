"""Supervised fine-tuning on prompt-completion pairs: shuffled epochs, loss on completions only."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ContextError, DataError, ModelError
from ponder.model.transformer import Transformer
from ponder.protocols import Prompt
from ponder.records import Cost, Message
from ponder.training.batch import Example, cut, pad, size, sum_cross_entropy, training_flops
from ponder.training.checkpoint import load_random
from ponder.training.keeper import Keeper
from ponder.training.loop import Evaluation, Log, LoopConfig, Loss, train
from ponder.training.memory import tokens_at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTConfig:
    loop: LoopConfig
    batch_size: int = 64
    """Examples per step."""
    tokens_per_piece: int | None = None
    """Padded tokens per forward and backward pass; bounds memory, changes nothing else. Chosen by the model's
    size when not given."""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, batch_size=self.batch_size)
        if self.tokens_per_piece is not None:
            at_least(1, tokens_per_piece=self.tokens_per_piece)


class SFTBatches:
    """Endless epochs; within each, every example once in an order the seed decides.

    Neighbours in a batch are of like length (batches are cut from a sorted window), which saves padding.
    Its place in the data is the generator's state before the epoch and the batches taken of it.
    """

    def __init__(self, examples: Sequence[Example], config: SFTConfig) -> None:
        if not examples:
            raise DataError("there is nothing to learn from: no example is left")
        self.examples, self.batch_size = examples, config.batch_size
        self._rng = random.Random(config.seed)
        self._begin_epoch()

    def __iter__(self) -> Iterator[Sequence[Example]]:
        return self

    def __next__(self) -> Sequence[Example]:
        batch = next(self._epoch, None)
        if batch is None:
            self._begin_epoch()
            batch = next(self._epoch)
        self._taken += 1
        return batch

    def _begin_epoch(self) -> None:
        self._state, self._taken = self._rng.getstate(), 0
        self._epoch = self._batches()

    def _batches(self) -> Iterator[Sequence[Example]]:
        order = self._rng.sample(self.examples, len(self.examples))
        window = self.batch_size * 16
        for begin in range(0, len(order), window):
            near = sorted(order[begin : begin + window], key=size)
            batches = [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
            yield from self._rng.sample(batches, len(batches))

    def state_dict(self) -> dict[str, Any]:
        return {"examples": self._digest(), "epoch": self._state, "taken": self._taken}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["examples"] != self._digest():
            raise DataError("the examples are not those the run began with: choose another --out")
        load_random(self._rng.setstate, state["epoch"])
        self._begin_epoch()
        for _ in range(state["taken"]):
            next(self)

    def _digest(self) -> int:
        """Other examples, or another order, give another number."""
        digest = 0
        for example in self.examples:
            digest = zlib.crc32(repr((*example.prompt_ids, -1, *example.completion_ids)).encode(), digest)
        return digest


def sft_loss(config: SFTConfig) -> Callable[[Transformer, Sequence[Example]], Loss]:
    """The mean over all learned tokens of the batch, whatever the pieces it is cut into."""

    def loss_fn(model: Transformer, examples: Sequence[Example]) -> Loss:
        tokens = sum(len(example.completion_ids) for example in examples)
        value, lengths = 0.0, list[int]()
        limit = config.tokens_per_piece or tokens_at_once(model.arch)
        for piece in cut(sorted(examples, key=size), limit):
            batch = pad(piece)
            mean = sum_cross_entropy(model, batch) / max(1, tokens)
            mean.backward()
            value += float(mean.detach())
            lengths += [batch.ids_BT.shape[1]] * len(piece)
        return Loss(None, {"loss": value, "tokens": float(tokens), "flops": training_flops(model, lengths)})

    return loss_fn


def train_sft(
    student: Engine,
    examples: Sequence[Example],
    config: SFTConfig,
    *,
    log: Log,
    evaluate: Evaluation | None = None,
    keeper: Keeper | None = None,
) -> Cost:
    """Train the engine's weights in place; returns what the steps took."""
    batches, loss_fn = SFTBatches(examples, config), sft_loss(config)
    return train(
        student.transformer, batches, loss_fn, config.loop, log=log, evaluate=evaluate, keeper=keeper
    )


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
