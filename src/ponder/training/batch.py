"""Token sequences to tensors: packed rows for pretraining, padded rows with a loss mask for the rest.

Shapes: B sequences, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.training.memory import recomputed

IGNORED = -100
"""The target that torch's cross-entropy passes over."""
LOGITS_AT_ONCE = 2**23
"""32 MB of them in float32."""


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """`ids_BT` with `mask_BT` True where a token is to be predicted from those before it."""

    ids_BT: Tensor
    mask_BT: Tensor


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the completion to learn."""

    prompt_ids: Sequence[int]
    completion_ids: Sequence[int]


def pad(sequences: Sequence[Example]) -> TokenBatch:
    """Rows padded on the right with id 0, which nothing before it can see; only completions are learned."""
    longest = max(len(s.prompt_ids) + len(s.completion_ids) for s in sequences)
    ids = torch.zeros((len(sequences), longest), dtype=torch.int64)
    mask = torch.zeros((len(sequences), longest), dtype=torch.bool)
    for row, s in enumerate(sequences):
        begin, end = len(s.prompt_ids), len(s.prompt_ids) + len(s.completion_ids)
        ids[row, :end] = torch.tensor([*s.prompt_ids, *s.completion_ids])
        mask[row, begin:end] = True
    return TokenBatch(ids, mask)


class PackedBatches:
    """Sequences laid end to end and cut into batches of `rows` x `length` tokens, nothing wasted.

    Its place in the data is the number of sequences taken and the tokens left over; going on there, it
    passes over the sequences taken, for which `skip` may know a quicker way than making them.
    """

    def __init__(
        self,
        sequences: Iterable[Example],
        *,
        rows: int,
        length: int,
        learn_prompts: bool,
        skip: Callable[[int], None] | None = None,
    ) -> None:
        self.sequences = iter(sequences)
        self.rows, self.length, self.learn_prompts = rows, length, learn_prompts
        self.taken = 0
        self._skip = skip or self._pass_over
        self._ids, self._mask = list[int](), list[bool]()

    def __iter__(self) -> Iterator[TokenBatch]:
        return self

    def __next__(self) -> TokenBatch:
        need = self.rows * self.length
        while len(self._ids) < need:
            s = next(self.sequences)
            self.taken += 1
            self._ids += [*s.prompt_ids, *s.completion_ids]
            self._mask += [self.learn_prompts] * len(s.prompt_ids) + [True] * len(s.completion_ids)
        ids, mask = torch.tensor(self._ids[:need]), torch.tensor(self._mask[:need])
        self._ids, self._mask = self._ids[need:], self._mask[need:]
        return TokenBatch(ids.view(self.rows, self.length), mask.view(self.rows, self.length))

    def state_dict(self) -> dict[str, Any]:
        return {"taken": self.taken, "ids": self._ids, "mask": self._mask}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._skip(state["taken"] - self.taken)
        self.taken, self._ids, self._mask = state["taken"], list(state["ids"]), list(state["mask"])

    def _pass_over(self, count: int) -> None:
        for _ in range(count):
            next(self.sequences)


def training_flops(model: Transformer, lengths: Sequence[int]) -> float:
    """Forward and backward over sequences of these lengths, logits at every token."""
    return passes(model) * sum(forward_flops(model.arch, 0, length, logits=length) for length in lengths)


def passes(model: Transformer) -> float:
    """A forward and backward pass in forward passes: one more for the gradients of the inputs, and one for
    those of the weights, unless they are frozen under an adapter."""
    return 3.0 if model.embed_tokens.weight.requires_grad else 2.0


def token_logprobs(model: Transformer, ids_BT: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token given those before it, B(T-1), at a sampling temperature."""
    hidden_BTW, targets_BT = model.hidden(ids_BT[:, :-1]), ids_BT[:, 1:]
    return target_logprobs(
        model, hidden_BTW.flatten(0, 1), targets_BT.flatten(), temperature=temperature
    ).view_as(targets_BT)


def target_logprobs(
    model: Transformer, hidden_NW: Tensor, targets_N: Tensor, *, temperature: float = 1.0
) -> Tensor:
    """Log-probability of each target under the logits of its hidden state.

    Logits are by far the largest tensors of a backward pass. Where they are many they are made a run at a
    time, and again when gradients are taken.
    """

    def logprobs(hidden_NW: Tensor, targets_N: Tensor) -> Tensor:
        logits_NV = model.logits(hidden_NW).float()
        if temperature != 1.0:  # a copy of them all
            logits_NV = logits_NV / temperature
        return -F.cross_entropy(logits_NV, targets_N, reduction="none")

    rows = max(1, LOGITS_AT_ONCE // model.arch.vocab_size)
    if len(targets_N) <= rows:
        return logprobs(hidden_NW, targets_N)
    run = recomputed if torch.is_grad_enabled() else _called
    begins = range(0, len(targets_N), rows)
    return torch.cat([run(logprobs, hidden_NW[b : b + rows], targets_N[b : b + rows]) for b in begins])


def _called(function: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
    return function(*arguments)


def mean_cross_entropy(model: Transformer, batch: TokenBatch) -> Tensor:
    """Mean negative log-likelihood per learned token."""
    logits_BTV = model(batch.ids_BT[:, :-1]).float()
    targets = batch.ids_BT[:, 1:].masked_fill(~batch.mask_BT[:, 1:], IGNORED)
    return F.cross_entropy(logits_BTV.flatten(0, 1), targets.flatten())


def sum_cross_entropy(model: Transformer, batch: TokenBatch) -> Tensor:
    """Summed over learned tokens, so that a batch cut into pieces can be divided once by all its tokens.
    Logits are made only where something is learned."""
    learned_BT = batch.mask_BT[:, 1:]
    hidden_NW = model.hidden(batch.ids_BT[:, :-1])[learned_BT]
    return -target_logprobs(model, hidden_NW, batch.ids_BT[:, 1:][learned_BT]).sum()


def cut(sequences: Sequence[Example], token_limit: int) -> Iterator[Sequence[Example]]:
    """Runs of sequences, sorted by length, whose padded size stays within `token_limit`."""
    begin = 0
    for end in range(1, len(sequences) + 1):
        full = end < len(sequences) and (end + 1 - begin) * size(sequences[end]) > token_limit
        if full or end == len(sequences):
            yield sequences[begin:end]
            begin = end


def size(sequence: Example) -> int:
    """Tokens of prompt and completion."""
    return len(sequence.prompt_ids) + len(sequence.completion_ids)
