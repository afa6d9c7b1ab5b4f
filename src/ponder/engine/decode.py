"""Prefill and decode over token ids and a cache. Knows nothing of text, sampling or rewards.

Prompts of different lengths are padded on the right and share one forward pass as long as the pass stays
within a budget of tokens; a prompt longer than the budget goes alone, in blocks of it.

Shapes: B sequences, T new tokens, S attended positions, V vocabulary, W width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from ponder.engine.kv_cache import KVCache
from ponder.model.transformer import Transformer

PREFILL_TOKENS = 4096


class Step(Protocol):
    def __call__(
        self, transformer: Transformer, cache: KVCache, tokens_B: Tensor, positions_B: Tensor, window: int
    ) -> Tensor: ...


def step(
    transformer: Transformer, cache: KVCache, tokens_B: Tensor, positions_B: Tensor, window: int
) -> Tensor:
    """Logits BV after one more token in each of the first B slots, written at `positions_B`."""
    mask_BS = torch.arange(window, device=positions_B.device) <= positions_B[:, None]
    hidden_BTW = transformer.hidden(
        tokens_B[:, None],
        positions_BT=positions_B[:, None],
        mask=mask_BS[:, None, None, :],
        cache=cache.step_view(positions_B, window=window),
    )
    return transformer.lm_head(hidden_BTW[:, 0])


def prefill(
    transformer: Transformer,
    cache: KVCache,
    prompts: Sequence[Sequence[int]],
    slots: Sequence[int],
    *,
    token_budget: int = PREFILL_TOKENS,
) -> Tensor:
    """Store each prompt in its slot and return the logits BV after its last token, in the order given."""
    logits: list[Tensor] = []
    order: list[int] = []
    for batch in batches_within([len(prompt) for prompt in prompts], token_budget=token_budget):
        hidden_BW = _prefill_batch(
            transformer, cache, [prompts[i] for i in batch], [slots[i] for i in batch], token_budget
        )
        logits.append(transformer.lm_head(hidden_BW))
        order.extend(batch)
    places = torch.tensor(order, device=transformer.device).argsort()
    return torch.cat(logits)[places]


def _prefill_batch(
    transformer: Transformer,
    cache: KVCache,
    prompts: Sequence[Sequence[int]],
    slots: Sequence[int],
    token_budget: int,
) -> Tensor:
    """The last prompt token's hidden state BW. A batch over the budget is one prompt, taken in blocks."""
    device = transformer.device
    ids_BT = pad_right(prompts, device=device)
    slots_B = torch.tensor(slots, device=device)
    longest, start = ids_BT.shape[1], 0
    while True:
        end = longest if len(prompts) > 1 else min(start + token_budget, longest)
        positions_T = torch.arange(start, end, device=device)
        mask = None
        if start:
            mask = (torch.arange(end, device=device) <= positions_T[:, None])[None, None].expand(
                len(prompts), 1, -1, -1
            )
        hidden_BTW = transformer.hidden(
            ids_BT[:, start:end],
            positions_BT=positions_T[None],
            mask=mask,
            cache=cache.prefill_view(slots_B, start=start),
        )
        if end == longest:
            break
        start = end
    last_B = torch.tensor([len(prompt) - 1 - start for prompt in prompts], device=device)
    return hidden_BTW[torch.arange(len(prompts), device=device), last_B]


def pad_right(sequences: Sequence[Sequence[int]], *, device: torch.device) -> Tensor:
    """Ids BT, padded with 0: causal attention never looks to the right."""
    longest = max(len(sequence) for sequence in sequences)
    rows = [[*sequence, *([0] * (longest - len(sequence)))] for sequence in sequences]
    return torch.tensor(rows, dtype=torch.int64, device=device)


def batches_within(lengths: Sequence[int], *, token_budget: int) -> Iterator[list[int]]:
    """Indices in batches of similar length whose padded size stays within the budget, at least one each."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > token_budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
