"""The decoder: embedding, pre-norm blocks of attention and SwiGLU, a final norm and the output head.

Module names equal those of Hugging Face checkpoints, so loading is a plain copy. Knows nothing of text
or sampling; a cache is whatever has `layer(i)`.

Shapes: B sequences, T new tokens, S attended positions, W width, V vocabulary.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.architecture import Architecture
from ponder.model.attention import Attention, LayerCache, rotation_table


class Cache(Protocol):
    def layer(self, index: int) -> LayerCache: ...


class MLP(nn.Module):
    """SwiGLU (Shazeer, arXiv:2002.05202)."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(arch.width, arch.mlp_width, bias=False)
        self.up_proj = nn.Linear(arch.width, arch.mlp_width, bias=False)
        self.down_proj = nn.Linear(arch.mlp_width, arch.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(arch.width, eps=arch.norm_eps)
        self.self_attn = Attention(arch)
        self.post_attention_layernorm = nn.RMSNorm(arch.width, eps=arch.norm_eps)
        self.mlp = MLP(arch)

    def forward(
        self, x: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor | None, cache: LayerCache | None
    ) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotation, mask, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Transformer(nn.Module):
    """Token ids in, hidden states or logits out."""

    cos: Tensor
    sin: Tensor

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.embed_tokens = nn.Embedding(arch.vocab_size, arch.width)
        self.layers = nn.ModuleList(Block(arch) for _ in range(arch.layers))
        self.norm = nn.RMSNorm(arch.width, eps=arch.norm_eps)
        self.lm_head = nn.Linear(arch.width, arch.vocab_size, bias=False)
        if arch.tied_embeddings:
            self.lm_head.weight = self.embed_tokens.weight
        cos, sin = rotation_table(arch, torch.device("cpu"))
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def hidden(
        self,
        ids_BT: Tensor,
        *,
        positions_BT: Tensor | None = None,
        mask: Tensor | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Final hidden states BTW. Without `mask` attention is causal over the T tokens given."""
        if positions_BT is None:
            positions_BT = torch.arange(ids_BT.shape[1], device=ids_BT.device)[None]
        rotation = (self.cos[positions_BT].unsqueeze(2), self.sin[positions_BT].unsqueeze(2))
        x_BTW = self.embed_tokens(ids_BT)
        for index, block in enumerate(self.layers):
            x_BTW = block(x_BTW, rotation, mask, cache.layer(index) if cache is not None else None)
        return self.norm(x_BTW)

    def forward(self, ids_BT: Tensor) -> Tensor:
        """Logits BTV of a whole right-padded batch; padding on the right changes nothing before it."""
        return self.lm_head(self.hidden(ids_BT))

    @property
    def device(self) -> torch.device:
        return self.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.embed_tokens.weight.dtype


def initialise(model: Transformer, *, seed: int) -> None:
    """Normal weights of deviation 0.02, the two projections into the residual stream scaled down by depth
    (Radford et al., 2019)."""
    generator = torch.Generator().manual_seed(seed)
    residual_std = 0.02 / (2 * model.arch.layers) ** 0.5
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            parameter.data.fill_(0.0 if name.endswith("bias") else 1.0)
            continue
        std = residual_std if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02
        parameter.data.normal_(0.0, std, generator=generator)
