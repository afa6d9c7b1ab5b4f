"""Root mean square norm (Zhang and Sennrich, arXiv:1910.07467), plain or with weights around zero.

Gemma multiplies by (1 + w) and rounds to the model's type only at the end. The plain norm has a backward pass
of its own: torch's keeps every step of the way, ours the input and one number per row.

Shapes: N rows, W width.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


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


class RMSNorm(nn.Module):
    """x / rms(x) * w. Under autocast the result has the lower precision, once for all who read it."""

    def __init__(self, size: int, *, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return F.rms_norm(x, self.weight.shape, self.weight, self.eps)
        return cast(Tensor, _Normed.apply(x, self.weight, self.eps))


class _Normed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_W: Tensor, eps: float) -> Tensor:
        device = x.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        wide = x.float()
        scale_N1 = wide.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        ctx.save_for_backward(x, weight_W, scale_N1)
        return (wide * scale_N1).mul_(weight_W.float()).to(kind)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]  (the decorator names nothing)
        ctx: Any, *grads: Tensor
    ) -> tuple[Tensor | None, ...]:
        x, weight_W, scale_N1 = cast(tuple[Tensor, ...], ctx.saved_tensors)
        dy = grads[0].float()
        normed = x.float() * scale_N1
        d_weight = None
        if ctx.needs_input_grad[1]:
            d_weight = (dy * normed).reshape(-1, x.shape[-1]).sum(0).to(weight_W.dtype)
        dy = dy * weight_W.float()
        shared_N1 = (dy * normed).mean(-1, keepdim=True)
        dx = dy.sub_(normed.mul_(shared_N1)).mul_(scale_N1)
        return dx.to(x.dtype), d_weight, None


def make_norm(size: int, *, eps: float, offset: float) -> nn.Module:
    return OffsetRMSNorm(size, eps=eps, offset=offset) if offset else RMSNorm(size, eps=eps)
