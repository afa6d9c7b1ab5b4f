"""Keys and values of every running sequence, in slots allocated once.

A slot holds one sequence; slots 0..B-1 are the rows of a decoding step, so a step reads plain views of
the front of each tensor and gathers nothing. Rows may be of different lengths: each writes at its own
position, and a mask hides what lies behind it. Knows nothing of which row belongs to which prompt.

Shapes: B rows, T new tokens, K key-value heads, C capacity in tokens, S attended positions, D head size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ponder.errors import ContextError
from ponder.model.architecture import Architecture

WINDOW_MULTIPLE = 32


class KVCache:
    """Per layer one tensor of keys and one of values, each of shape (slots, K, C, D)."""

    def __init__(
        self, arch: Architecture, *, slots: int, capacity: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        shape = (slots, arch.kv_heads, capacity, arch.head_size)
        self.slots = slots
        self.capacity = capacity
        self.bytes = slots * bytes_per_slot(arch, capacity=capacity, dtype=dtype)
        try:
            # Zeros, because a masked NaN would still spoil the weighted sum.
            self.keys = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(arch.layers)]
            self.values = [torch.zeros(shape, dtype=dtype, device=device) for _ in range(arch.layers)]
        except RuntimeError as error:
            raise ContextError(
                f"a cache of {slots} slots of {capacity} tokens needs {self.bytes / 2**30:.1f} GiB, "
                "which this machine refused: lower slots or max_context"
            ) from error

    def fork(self, source: int, targets: Sequence[int], *, length: int) -> None:
        """Copy the first `length` positions of one slot into others."""
        for tensor in (*self.keys, *self.values):
            prefix = tensor[source, :, :length]
            for target in targets:
                tensor[target, :, :length].copy_(prefix)

    def window(self, longest: int) -> int:
        """Positions to attend to when the longest row has `longest`: rounded up, so that shapes repeat."""
        return min(-(-longest // WINDOW_MULTIPLE) * WINDOW_MULTIPLE, self.capacity)

    def step_view(self, positions_B: Tensor, *, window: int) -> StepView:
        """The first B slots, each about to store one token at its own position."""
        heads = self.keys[0].shape[1]
        rows = torch.arange(positions_B.shape[0], device=positions_B.device)
        lanes_BK = rows[:, None] * heads + torch.arange(heads, device=positions_B.device)
        index = (lanes_BK * self.capacity + positions_B[:, None]).reshape(-1)
        return StepView(self, index, positions_B.shape[0], window)

    def prefill_view(self, slots_B: Tensor, *, start: int) -> PrefillView:
        """Any slots, each about to store a block of tokens from position `start` on."""
        return PrefillView(self, slots_B, start)


def bytes_per_slot(arch: Architecture, *, capacity: int, dtype: torch.dtype) -> int:
    return 2 * arch.layers * arch.kv_heads * capacity * arch.head_size * dtype.itemsize


@dataclass(frozen=True, slots=True)
class StepView:
    cache: KVCache
    index: Tensor
    rows: int
    window: int

    def layer(self, index: int) -> StepLayer:
        return StepLayer(self, self.cache.keys[index], self.cache.values[index])


@dataclass(frozen=True, slots=True)
class StepLayer:
    view: StepView
    keys: Tensor
    values: Tensor

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        view, size = self.view, self.keys.shape[-1]
        self.keys.view(-1, size).index_copy_(0, view.index, keys_BKTD.reshape(-1, size))
        self.values.view(-1, size).index_copy_(0, view.index, values_BKTD.reshape(-1, size))
        return self.keys[: view.rows, :, : view.window], self.values[: view.rows, :, : view.window]


@dataclass(frozen=True, slots=True)
class PrefillView:
    cache: KVCache
    slots: Tensor
    start: int

    def layer(self, index: int) -> PrefillLayer:
        return PrefillLayer(self, self.cache.keys[index], self.cache.values[index])


@dataclass(frozen=True, slots=True)
class PrefillLayer:
    view: PrefillView
    keys: Tensor
    values: Tensor

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        start, slots = self.view.start, self.view.slots
        end = start + keys_BKTD.shape[2]
        self.keys[slots, :, start:end] = keys_BKTD
        self.values[slots, :, start:end] = values_BKTD
        if start == 0:  # a first block attends to itself alone
            return keys_BKTD, values_BKTD
        return self.keys[slots, :, :end], self.values[slots, :, :end]
