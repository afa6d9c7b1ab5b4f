"""Grouped-query attention with rotary positions, over a cache or over the sequence itself.

Query heads that share a key-value head are folded into the length axis, so one plain product serves the
whole group. Layers may look at a window only, have no positions, or cap their scores.

Shapes: B sequences, T new tokens, S attended positions, H query heads, K key-value heads, D head size.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.architecture import Architecture
from ponder.model.norm import make_norm
from ponder.model.rope import rotate

Rotation = tuple[Tensor, Tensor]


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
        self.o_proj = nn.Linear(query, arch.width, bias=arch.o_bias)
        if arch.qk_norm:
            self.q_norm = make_norm(arch.head_size, eps=arch.norm_eps, offset=arch.norm_offset)
            self.k_norm = make_norm(arch.head_size, eps=arch.norm_eps, offset=arch.norm_offset)

    def forward(
        self, x_BTW: Tensor, rotation: Rotation | None, mask: Tensor | None, cache: LayerCache | None
    ) -> Tensor:
        """`mask` is True where a query may look, of shape B1TS; None means causal. Without `rotation` the
        layer knows no positions."""
        B, T, _ = x_BTW.shape
        head = self.arch.head_size
        q_BTHD = self.q_proj(x_BTW).view(B, T, -1, head)
        k_BTKD = self.k_proj(x_BTW).view(B, T, -1, head)
        v_BKTD = self.v_proj(x_BTW).view(B, T, -1, head).transpose(1, 2)
        if self.arch.qk_norm:
            q_BTHD, k_BTKD = self.q_norm(q_BTHD), self.k_norm(k_BTKD)
        if rotation is not None:
            q_BTHD, k_BTKD = rotate(q_BTHD, rotation), rotate(k_BTKD, rotation)
        q_BHTD, k_BKTD = q_BTHD.transpose(1, 2), k_BTKD.transpose(1, 2)
        if cache is not None:
            k_BKTD, v_BKTD = cache.update(k_BKTD, v_BKTD)
        out_BHTD = attend(
            q_BHTD, k_BKTD, v_BKTD, mask, scale=self.arch.query_scale, softcap=self.arch.attention_softcap
        )
        return self.o_proj(out_BHTD.transpose(1, 2).reshape(B, T, -1))


def attend(
    q_BHTD: Tensor,
    k_BKSD: Tensor,
    v_BKSD: Tensor,
    mask: Tensor | None,
    *,
    scale: float,
    softcap: float | None = None,
) -> Tensor:
    """Attention with the query group folded into the length axis where there is a mask."""
    B, H, T, D = q_BHTD.shape
    groups = H // k_BKSD.shape[1]
    fused = softcap is None and not _products_are_quicker(q_BHTD, keys=k_BKSD.shape[2])
    if mask is None and fused:
        if groups > 1:
            k_BKSD = k_BKSD.repeat_interleave(groups, dim=1)
            v_BKSD = v_BKSD.repeat_interleave(groups, dim=1)
        return F.scaled_dot_product_attention(q_BHTD, k_BKSD, v_BKSD, is_causal=True, scale=scale)
    if mask is None:
        mask = torch.ones(T, k_BKSD.shape[2], dtype=torch.bool, device=q_BHTD.device).tril()[None, None]
    folded = q_BHTD.reshape(B, H // groups, groups * T, D)
    mask = mask.repeat(1, 1, groups, 1)
    if fused:
        out = F.scaled_dot_product_attention(folded, k_BKSD, v_BKSD, attn_mask=mask, scale=scale)
    else:
        scores = folded @ k_BKSD.transpose(2, 3) * scale
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        out = scores.float().masked_fill(~mask, -torch.inf).softmax(dim=-1).to(v_BKSD.dtype) @ v_BKSD
    return out.view(B, H, T, D)


FEW_KEYS = 256


def _products_are_quicker(q_BHTD: Tensor, *, keys: int) -> bool:
    """Whether plain products beat the fused kernel. On a CPU in bfloat16 its backward pass does not use the
    processor's instructions for that type: three times slower at 64 to 256 keys, even at 400."""
    on_cpu = q_BHTD.device.type == "cpu" and q_BHTD.dtype is torch.bfloat16
    return on_cpu and keys <= FEW_KEYS and torch.is_grad_enabled()
