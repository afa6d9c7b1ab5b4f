"""What a forward pass is given and returns, whoever carries it out.

A pass takes chunks: for each row one new token, or a stretch of its prompt. Two implementations agree:
`padded_forward` in torch, on any device, and `native_forward`, compiled kernels for a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from ponder.engine.kv_cache import KVCache
from ponder.engine.sampling import Drawn, RowSampling


@dataclass(frozen=True, slots=True)
class Chunk:
    """New tokens of one row, at positions `start`, `start + 1`, …; its `pages` have room for all of them."""

    tokens: Sequence[int]
    start: int
    pages: Sequence[int]
    wanted: bool
    """Whether the logits after its last token are wanted."""


class Forward(Protocol):
    """A model at work on one cache."""

    def __call__(self, cache: KVCache, chunks: Sequence[Chunk]) -> Tensor:
        """Stores the chunks' keys and values and returns the wanted logits, float32, of shape (wanted, V).

        They hold until the next call."""
        ...

    def refresh(self) -> None:
        """To be called when the model's weights have changed."""
        ...

    def draw(
        self, logits_BV: Tensor, sampling: RowSampling, keys_B: Tensor, positions_B: Tensor,
        forced_B: Tensor | None,
    ) -> Drawn:  # fmt: skip
        """One token a row, by its own stream (`sampling.uniforms`), or the forced one where there is."""
        ...
