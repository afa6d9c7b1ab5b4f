"""What the metadata and tensor names of a GGUF file mean, architecture by architecture.

llama.cpp stores some things in its own way, and here they are put back: it interleaves the two halves of each
query and key head of llama and smollm3, adds 1 to Gemma's norms, keeps the scaling of Llama 3's RoPE as a tensor,
and knows by heart which of Gemma's layers slide and which of SmolLM3's have no positions.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import HEAD
from ponder.model.rope import Factors, Linear, Llama3, Rope, Scaling, Yarn

FAMILIES = {
    "llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "smollm3": "smollm3", "gemma3": "gemma3_text",
}  # fmt: skip
"""GGUF's names and ours."""
INTERLEAVED = {"llama", "smollm3"}
GEMMA_PATTERN = 6
SMOLLM_PATTERN = 4
"""Every so manieth layer looks at everything, or has no positions."""
LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192.0}
"""What all published models of the Llama 3 line have."""
ROPE_FACTORS = "rope_freqs.weight"
OUTER_NAMES = {
    "token_embd.weight": "embed_tokens.weight",
    "output_norm.weight": "norm.weight",
    "output.weight": HEAD,
}
BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
GEMMA_NAMES = {
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}

Metadata = Mapping[str, Callable[[], Any]]
"""Keys, and how to get their values: the tokenizer's are large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A file's architecture, and how its tensors become ours."""

    arch: Architecture
    interleaved: bool
    passed_over: frozenset[str] = frozenset({ROPE_FACTORS})

    def our_name(self, name: str) -> str:
        if name in OUTER_NAMES:
            return OUTER_NAMES[name]
        names = BLOCK_NAMES | GEMMA_NAMES if self.arch.sandwich_norms else BLOCK_NAMES
        parts = name.split(".")
        if len(parts) == 4 and parts[0] == "blk" and parts[2] in names:
            return f"layers.{parts[1]}.{names[parts[2]]}.{parts[3]}"
        return name  # not ours; whoever assembles the model names it

    def ours(self, name: str, tensor: Tensor) -> Tensor:
        kind = name.split(".")[-2]
        if self.interleaved and kind in ("attn_q", "attn_k"):
            return halves_together(tensor, self.arch.heads if kind == "attn_q" else self.arch.kv_heads)
        return tensor - self.arch.norm_offset if kind.endswith("norm") else tensor


def halves_together(weight: Tensor, heads: int) -> Tensor:
    """Rows of each head from llama.cpp's order (0, D/2, 1, D/2 + 1, …) to (0, 1, …, D - 1)."""
    if weight.shape[0] % (2 * heads):
        return weight  # misshaped; whoever assembles the model says so
    rest = weight.shape[1:]
    return weight.reshape(heads, -1, 2, *rest).transpose(1, 2).reshape(weight.shape)


def read_layout(
    metadata: Metadata, shapes: Mapping[str, Sequence[int]], floats: Callable[[str], list[float]], path: Path
) -> Layout:
    """`floats` gives a small tensor's numbers. Raises `ModelError` naming what is missing or not supported."""
    name = metadata["general.architecture"]() if "general.architecture" in metadata else ""
    if name not in FAMILIES:
        raise ModelError(
            f"{path}: GGUF architecture {name!r} is not supported; supported: {', '.join(FAMILIES)}"
        )
    if "token_embd.weight" not in shapes:
        raise ModelError(f"{path} lacks the tensor 'token_embd.weight': fetch the model again")
    keys = _Keys(metadata, name, path)
    factors = floats(ROPE_FACTORS) if ROPE_FACTORS in shapes else None
    try:
        return _layout(keys, shapes, factors)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        raise ModelError(f"{path} has a value that cannot be right: {error}") from error


@dataclass(frozen=True, slots=True)
class _Keys:
    """An architecture's own metadata."""

    metadata: Metadata
    name: str
    path: Path

    def get(self, key: str, default: Any = None) -> Any:
        found = self.metadata.get(f"{self.name}.{key}")
        return default if found is None else found()

    def need(self, key: str) -> Any:
        value = self.get(key)
        if value is None:
            raise ModelError(f"{self.path} lacks the key '{self.name}.{key}': fetch the model again")
        return value


def _layout(keys: _Keys, shapes: Mapping[str, Sequence[int]], factors: list[float] | None) -> Layout:
    name, path = keys.name, keys.path
    if keys.get("expert_count", 0):
        raise ModelError(f"{path}: mixtures of experts are not supported")
    width, heads, layers = (
        keys.need("embedding_length"),
        keys.need("attention.head_count"),
        keys.need("block_count"),
    )
    kv_heads = keys.get("attention.head_count_kv", heads)
    if not (isinstance(heads, int) and isinstance(kv_heads, int)):
        raise ModelError(f"{path}: head counts that differ from layer to layer are not supported")
    head_size = keys.get("attention.key_length", width // heads)
    if keys.get("rope.dimension_count", head_size) != head_size:
        raise ModelError(f"{path}: RoPE over a part of each head is not supported")
    gemma = name == "gemma3"
    window = keys.need("attention.sliding_window") if gemma else None
    arch = Architecture(
        family=FAMILIES[name],
        vocab_size=shapes["token_embd.weight"][0],
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        mlp_width=keys.need("feed_forward_length"),
        context=keys.need("context_length"),
        rope=Rope(base=float(keys.get("rope.freq_base", 10_000.0)), scaling=_scaling(keys, factors)),
        local_rope=Rope(base=float(keys.get("rope.freq_base_swa", 10_000.0))) if gemma else None,
        windows=tuple(None if (layer + 1) % GEMMA_PATTERN == 0 else window for layer in range(layers))
        if gemma
        else (),
        nope_layers=tuple(range(SMOLLM_PATTERN - 1, layers, SMOLLM_PATTERN)) if name == "smollm3" else (),
        attention_bias=name != "qwen2" and "blk.0.attn_q.bias" in shapes,
        mlp_bias="blk.0.ffn_gate.bias" in shapes,
        norm_eps=float(keys.need("attention.layer_norm_rms_epsilon")),
        attention_scale=_attention_scale(keys, width // heads, head_size) if gemma else None,
        logit_softcap=keys.get("final_logit_softcapping"),
        tied_embeddings="output.weight" not in shapes,
    )
    return Layout(arch=arch, interleaved=name in INTERLEAVED)


def _attention_scale(keys: _Keys, share: int, head_size: int) -> float:
    """Only Gemma 3 27B, with its 62 layers, scales by the share of the width rather than the head size."""
    return (share if keys.need("block_count") == 62 else head_size) ** -0.5


def _scaling(keys: _Keys, factors: list[float] | None) -> Scaling | None:
    if factors is not None:
        return _llama3_or_factors(keys, factors)
    kind = keys.get("rope.scaling.type", "none")
    factor = float(keys.get("rope.scaling.factor", 1.0))
    if kind == "none" or (kind == "linear" and factor == 1.0):
        return None
    if kind == "linear":
        return Linear(factor=factor)
    if kind == "yarn":
        plain = Yarn(
            factor=factor,
            original_max_position_embeddings=float(keys.need("rope.scaling.original_context_length")),
            beta_fast=float(keys.get("rope.scaling.yarn_beta_fast", 32.0)),
            beta_slow=float(keys.get("rope.scaling.yarn_beta_slow", 1.0)),
        )
        return plain
    raise ModelError(f"{keys.path}: RoPE scaling {kind!r} is not supported; supported: linear, yarn")


def _llama3_or_factors(keys: _Keys, factors: list[float]) -> Scaling:
    """Llama 3's rule if it gives these factors, so that the model can be saved with it."""
    base = Rope(base=float(keys.get("rope.freq_base", 10_000.0)))
    plain = base.inverse_frequencies(2 * len(factors))
    rule = Llama3(factor=round(max(factors)), **LLAMA3)
    same = torch.allclose(plain / rule.apply(plain, base.base), torch.tensor(factors), rtol=1e-3)
    return rule if same else Factors(factors=tuple(factors))
