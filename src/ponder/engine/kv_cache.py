"""Keys and values of every running sequence, in pages allocated once.

All pages of all layers are one tensor of keys and one of values. Which page belongs to which sequence is
the page pool's business. The last page belongs to nobody: padding is written there.

Shapes: L layers, N pages, K key-value heads, P positions of a page, D head size.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ponder.errors import ContextError
from ponder.model.architecture import Architecture

PAGE_SIZE = 16


class KVCache:
    """Two tensors of shape LNKPD, with room for `pages * PAGE_SIZE` positions."""

    def __init__(self, arch: Architecture, *, pages: int, dtype: torch.dtype, device: torch.device) -> None:
        shape = (arch.layers, pages + 1, arch.kv_heads, PAGE_SIZE, arch.head_size)
        self.pages = pages
        self.page_size = PAGE_SIZE
        self.bytes = pages * PAGE_SIZE * bytes_per_position(arch, dtype=dtype)
        try:
            self.keys, self.values = (_zeros(shape, dtype, device) for _ in range(2))
        except (RuntimeError, MemoryError) as error:
            raise ContextError(
                f"a cache of {self.bytes / 2**20:,.0f} MB is more than this machine gives: lower cache_mb"
            ) from error

    @property
    def padding_page(self) -> int:
        return self.pages

    def copy_page(self, source: int, target: int) -> None:
        """All layers' keys and values of one page."""
        for tensor_LNKPD in (self.keys, self.values):
            tensor_LNKPD[:, target] = tensor_LNKPD[:, source]


def bytes_per_position(arch: Architecture, *, dtype: torch.dtype) -> int:
    """Keys and values of one token in all layers."""
    return 2 * arch.layers * arch.kv_heads * arch.head_size * dtype.itemsize


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Zeros, because a masked NaN would still spoil a weighted sum. On a CPU the system hands them out page
    by page as they are touched, so an unused cache takes no memory; torch's own zeros are all written."""
    if device.type != "cpu":
        return torch.zeros(shape, dtype=dtype, device=device)
    raw = np.zeros(int(np.prod(shape)) * dtype.itemsize, dtype=np.uint8)
    return torch.from_numpy(raw).view(dtype).view(shape)  # pyright: ignore[reportUnknownMemberType]
