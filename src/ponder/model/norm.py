"""Root mean square norm (Zhang and Sennrich, arXiv:1910.07467), plain or with weights around zero.

Gemma multiplies by (1 + w) and rounds to the model's type only at the end.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class OffsetRMSNorm(nn.Module):
    """x / rms(x) * (offset + w), in float32 throughout."""

    def __init__(self, size: int, *, eps: float, offset: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))
        self.eps, self.offset = eps, offset

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return (normed * (self.offset + self.weight.float())).to(x.dtype)


def make_norm(size: int, *, eps: float, offset: float) -> nn.Module:
    return OffsetRMSNorm(size, eps=eps, offset=offset) if offset else nn.RMSNorm(size, eps=eps)
