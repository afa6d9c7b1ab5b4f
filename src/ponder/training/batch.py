"""Token sequences to tensors: packed rows for pretraining, padded rows with a loss mask for the rest.

Shapes: B sequences, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ponder.model.architecture import Architecture
from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer


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


def pack(
    sequences: Iterable[Example], *, rows: int, length: int, learn_prompts: bool
) -> Iterator[TokenBatch]:
    """Sequences laid end to end and cut into batches of `rows` x `length` tokens, nothing wasted."""
    ids, mask, need = list[int](), list[bool](), rows * length
    for s in sequences:
        ids += [*s.prompt_ids, *s.completion_ids]
        mask += [learn_prompts] * len(s.prompt_ids) + [True] * len(s.completion_ids)
        while len(ids) >= need:
            yield TokenBatch(
                torch.tensor(ids[:need]).view(rows, length), torch.tensor(mask[:need]).view(rows, length)
            )
            ids, mask = ids[need:], mask[need:]


def training_flops(arch: Architecture, lengths: Sequence[int]) -> float:
    """Forward and backward over sequences of these lengths: three times the forward pass, logits at every
    token."""
    return 3.0 * sum(forward_flops(arch, 0, length, logits=length) for length in lengths)


def token_logprobs(model: Transformer, ids_BT: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Log-probability of each token given those before it, B(T-1), at a sampling temperature."""
    logits_BTV = model(ids_BT[:, :-1]).float() / temperature
    return -F.cross_entropy(logits_BTV.flatten(0, 1), ids_BT[:, 1:].flatten(), reduction="none").view(
        ids_BT.shape[0], -1
    )


def mean_cross_entropy(model: Transformer, batch: TokenBatch) -> Tensor:
    """Mean negative log-likelihood per learned token."""
    logits_BTV = model(batch.ids_BT[:, :-1]).float()
    targets = batch.ids_BT[:, 1:].masked_fill(~batch.mask_BT[:, 1:], -100)
    return F.cross_entropy(logits_BTV.flatten(0, 1), targets.flatten())
