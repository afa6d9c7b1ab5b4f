"""The decoder: embedding, blocks of attention and gated MLP between norms, a final norm, the output head.

Module names equal those of Hugging Face checkpoints, so loading is a plain copy. Knows nothing of text or
sampling; a cache is whatever has `layer(i)`.

Shapes: B sequences, T new tokens, S attended positions, W width, V vocabulary.
"""

from __future__ import annotations

from typing import Protocol, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.architecture import Architecture
from ponder.model.attention import Attention, LayerCache, Rotation
from ponder.model.norm import make_norm
from ponder.model.rope import Rope


class Cache(Protocol):
    def layer(self, index: int) -> LayerCache: ...


class MLP(nn.Module):
    """SwiGLU, or GeGLU in Gemma (Shazeer, arXiv:2002.05202)."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(arch.width, arch.mlp_width, bias=arch.mlp_bias)
        self.up_proj = nn.Linear(arch.width, arch.mlp_width, bias=arch.mlp_bias)
        self.down_proj = nn.Linear(arch.mlp_width, arch.width, bias=arch.mlp_bias)
        self.gelu = arch.activation == "gelu_tanh"

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate_proj(x)
        return self.down_proj(
            (F.gelu(gate, approximate="tanh") if self.gelu else F.silu(gate)) * self.up_proj(x)
        )


class Block(nn.Module):
    """Norms stand before attention and MLP; sandwiched, also behind them (Gemma 3)."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()

        def norm() -> nn.Module:
            return make_norm(arch.width, eps=arch.norm_eps, offset=arch.norm_offset)

        self.sandwich = arch.sandwich_norms
        self.input_layernorm = norm()
        self.self_attn = Attention(arch)
        self.post_attention_layernorm = norm()
        self.mlp = MLP(arch)
        if self.sandwich:
            self.pre_feedforward_layernorm = norm()
            self.post_feedforward_layernorm = norm()

    def forward(
        self, x: Tensor, rotation: Rotation | None, mask: Tensor | None, cache: LayerCache | None
    ) -> Tensor:
        attended = self.self_attn(self.input_layernorm(x), rotation, mask, cache)
        if self.sandwich:
            x = x + self.post_attention_layernorm(attended)
            return x + self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))
        x = x + attended
        return x + self.mlp(self.post_attention_layernorm(x))


class Transformer(nn.Module):
    """Token ids in, hidden states or logits out."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.embed_tokens = nn.Embedding(arch.vocab_size, arch.width)
        self.layers = nn.ModuleList(Block(arch) for _ in range(arch.layers))
        self.norm = make_norm(arch.width, eps=arch.norm_eps, offset=arch.norm_offset)
        self.lm_head = nn.Linear(arch.width, arch.vocab_size, bias=False)
        if arch.tied_embeddings:
            self.lm_head.weight = self.embed_tokens.weight
        self._frequencies: dict[Rope, Tensor] = {}

    def hidden(
        self,
        ids_BT: Tensor,
        *,
        positions_BT: Tensor | None = None,
        mask: Tensor | None = None,
        cache: Cache | None = None,
    ) -> Tensor:
        """Final hidden states BTW. Without `mask` attention is causal over the T tokens given; a mask is
        True where a query may look, of shape B1TS, over keys at positions 0..S-1. Windows come on top."""
        if positions_BT is None:
            positions_BT = torch.arange(ids_BT.shape[1], device=ids_BT.device)[None]
        rotations = self._rotations(positions_BT)
        masks = self._masks(positions_BT, mask)
        x_BTW = self.embed_tokens(ids_BT) * self.arch.embedding_scale
        for index, block in enumerate(self.layers):
            rope = self.arch.rope_of(index)
            x_BTW = block(
                x_BTW,
                rotations[rope] if rope is not None else None,
                masks[self.arch.window(index)],
                cache.layer(index) if cache is not None else None,
            )
        return self.norm(x_BTW)

    def logits(self, hidden: Tensor) -> Tensor:
        """The output head, over the last axis."""
        logits = self.lm_head(hidden)
        cap = self.arch.logit_softcap
        return logits if cap is None else cap * torch.tanh(logits / cap)

    def forward(self, ids_BT: Tensor) -> Tensor:
        """Logits BTV of a whole right-padded batch; padding on the right changes nothing before it."""
        return self.logits(self.hidden(ids_BT))

    def _rotations(self, positions_BT: Tensor) -> dict[Rope, Rotation]:
        """Cosines and sines, once for each set of frequencies, float32 whatever the weights are."""
        rotations: dict[Rope, Rotation] = {}
        for rope in self.arch.ropes:
            known = self._frequencies.get(rope)
            if known is None or known.device != positions_BT.device:
                with torch.inference_mode(False):  # training may come after
                    known = rope.inverse_frequencies(self.arch.head_size).to(positions_BT.device)
                self._frequencies[rope] = known
            rotations[rope] = rope.rotation(positions_BT, known)
        return rotations

    def _masks(self, positions_BT: Tensor, mask: Tensor | None) -> dict[int | None, Tensor | None]:
        """One mask for each width of window."""
        masks: dict[int | None, Tensor | None] = {None: mask}
        for window in set(self.arch.windows) - {None}:
            last = positions_BT.shape[1] if mask is None else mask.shape[-1]
            keys_S = torch.arange(last, device=positions_BT.device)
            near_BTS = keys_S > positions_BT[..., None] - (window or 0)
            seen = keys_S <= positions_BT[..., None] if mask is None else mask[:, 0]
            masks[window] = (near_BTS & seen)[:, None]
        return masks

    @property
    def device(self) -> torch.device:
        return self.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Of activations and the cache; matrices may be 8-bit integers."""
        return cast(Tensor, self.norm.weight).dtype


def initialise(model: Transformer, *, seed: int) -> None:
    """Normal weights of deviation 0.02, the two projections into the residual stream scaled down by depth
    (Radford et al., 2019)."""
    generator = torch.Generator().manual_seed(seed)
    residual_std = 0.02 / (2 * model.arch.layers) ** 0.5
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            # A norm begins as the identity.
            parameter.data.fill_(0.0 if name.endswith("bias") else 1.0 - model.arch.norm_offset)
            continue
        std = residual_std if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02
        parameter.data.normal_(0.0, std, generator=generator)
