"""Grouped-query attention with rotary positions, over a cache or over the sequence itself.

RoPE: Su et al., arXiv:2104.09864, in the half-split layout of Hugging Face weights. Query heads that
share a key-value head are folded into the length axis, so one plain product serves the whole group.

Shapes: B sequences, T new tokens, S attended positions, H query heads, K key-value heads, D head size.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.architecture import Architecture


class LayerCache(Protocol):
    """Keys and values of one layer, remembered between calls."""

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        """Store the new ones and return all that may be attended to, each of shape BKSD."""
        ...


class Attention(nn.Module):
    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        query, key = arch.heads * arch.head_size, arch.kv_heads * arch.head_size
        self.q_proj = nn.Linear(arch.width, query, bias=arch.qkv_bias)
        self.k_proj = nn.Linear(arch.width, key, bias=arch.qkv_bias)
        self.v_proj = nn.Linear(arch.width, key, bias=arch.qkv_bias)
        self.o_proj = nn.Linear(query, arch.width, bias=False)
        if arch.qk_norm:
            self.q_norm = nn.RMSNorm(arch.head_size, eps=arch.norm_eps)
            self.k_norm = nn.RMSNorm(arch.head_size, eps=arch.norm_eps)

    def forward(
        self,
        x_BTW: Tensor,
        rotation: tuple[Tensor, Tensor],
        mask: Tensor | None,
        cache: LayerCache | None,
    ) -> Tensor:
        """`mask` is True where a query may look, of shape B1TS; None means causal."""
        B, T, _ = x_BTW.shape
        head = self.arch.head_size
        q_BTHD = self.q_proj(x_BTW).view(B, T, -1, head)
        k_BTKD = self.k_proj(x_BTW).view(B, T, -1, head)
        v_BKTD = self.v_proj(x_BTW).view(B, T, -1, head).transpose(1, 2)
        if self.arch.qk_norm:
            q_BTHD, k_BTKD = self.q_norm(q_BTHD), self.k_norm(k_BTKD)
        q_BHTD = rotate(q_BTHD, rotation).transpose(1, 2)
        k_BKTD = rotate(k_BTKD, rotation).transpose(1, 2)
        if cache is not None:
            k_BKTD, v_BKTD = cache.update(k_BKTD, v_BKTD)
        out_BHTD = attend(q_BHTD, k_BKTD, v_BKTD, mask)
        return self.o_proj(out_BHTD.transpose(1, 2).reshape(B, T, -1))


def attend(q_BHTD: Tensor, k_BKSD: Tensor, v_BKSD: Tensor, mask: Tensor | None) -> Tensor:
    """Attention with the query group folded into the length axis when there is a cache."""
    B, H, T, D = q_BHTD.shape
    groups = H // k_BKSD.shape[1]
    if mask is None:
        if groups > 1:
            k_BKSD = k_BKSD.repeat_interleave(groups, dim=1)
            v_BKSD = v_BKSD.repeat_interleave(groups, dim=1)
        return F.scaled_dot_product_attention(q_BHTD, k_BKSD, v_BKSD, is_causal=True)
    folded = q_BHTD.reshape(B, H // groups, groups * T, D)
    out = F.scaled_dot_product_attention(folded, k_BKSD, v_BKSD, attn_mask=mask.repeat(1, 1, groups, 1))
    return out.view(B, H, T, D)


def rotation_table(arch: Architecture, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines for every position, each of shape (context, D), in float32."""
    exponents = torch.arange(0, arch.head_size, 2, dtype=torch.float32, device=device) / arch.head_size
    positions = torch.arange(arch.context, dtype=torch.float32, device=device)
    angles = positions[:, None] / arch.rope_base**exponents
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotate(x_BTHD: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """`rotation` holds cosines and sines of the tokens' positions, each of shape BT1D."""
    cos, sin = rotation
    left, right = x_BTHD.chunk(2, dim=-1)
    return (x_BTHD * cos + torch.cat([-right, left], dim=-1) * sin).to(x_BTHD.dtype)
