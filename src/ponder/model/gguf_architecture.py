"""What the metadata and tensor names of a GGUF file mean, architecture by architecture.

llama.cpp stores some things in its own way, and here they are put back: it interleaves the two halves of
each query and key head of llama and smollm3, adds 1 to Gemma's norms, keeps the scaling of Llama 3's RoPE as
a tensor, and knows by heart which of Gemma's layers slide and which of SmolLM3's have no positions.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.assembly import LEAST, MOST, check_layers
from ponder.model.gguf_file import Block, GgufFile
from ponder.model.key_styles import HEAD
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
ROPE_BASE = 10_000.0
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
        kind = name.rpartition(".")[0].rpartition(".")[2]
        if self.interleaved and kind in ("attn_q", "attn_k"):
            return halves_together(tensor, self.arch.heads if kind == "attn_q" else self.arch.kv_heads)
        return tensor - self.arch.norm_offset if kind.endswith("norm") else tensor


def halves_together(weight: Tensor, heads: int) -> Tensor:
    """Rows of each head from llama.cpp's order (0, D/2, 1, D/2 + 1, …) to (0, 1, …, D - 1)."""
    if weight.shape[0] % (2 * heads):
        return weight  # misshaped; whoever assembles the model says so
    rest = weight.shape[1:]
    return weight.reshape(heads, -1, 2, *rest).transpose(1, 2).reshape(weight.shape)


def read_layout(file: GgufFile, path: Path) -> Layout:
    """Raises `ModelError` naming what is missing or not supported."""
    name = file.metadata.get("general.architecture", "")
    if name not in FAMILIES:
        raise ModelError(
            f"{path}: GGUF architecture {name!r} is not supported; supported: {', '.join(FAMILIES)}"
        )
    if file.metadata.get("split.count", 1) not in (0, 1):
        raise ModelError(f"{path} is one part of several: join them with llama-gguf-split --merge")
    if "token_embd.weight" not in file.blocks:
        raise ModelError(f"{path} lacks the tensor 'token_embd.weight': fetch the model again")
    return _layout(_Keys(file.metadata, name, path), file.blocks)


@dataclass(frozen=True, slots=True)
class _Keys:
    """An architecture's own metadata."""

    metadata: Mapping[str, Any]
    name: str
    path: Path

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number; without a default the key must be there."""
        value = self.metadata.get(f"{self.name}.{key}", default)
        if value is None:
            raise ModelError(f"{self.path} lacks the key '{self.name}.{key}': fetch the model again")
        if isinstance(value, list) and len(same := set(cast(list[Any], value))) == 1:  # one for each layer
            value = next(iter(same))
        if not isinstance(value, int):
            raise ModelError(
                f"{self.path}: '{self.name}.{key}' is {value!r}, only one whole number is supported"
            )
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self.metadata.get(f"{self.name}.{key}", default)
        if value is None:
            raise ModelError(f"{self.path} lacks the key '{self.name}.{key}': fetch the model again")
        if not isinstance(value, int | float):
            raise ModelError(f"{self.path}: '{self.name}.{key}' is {value!r}, it must be a number")
        return float(value)

    def has(self, key: str) -> bool:
        return f"{self.name}.{key}" in self.metadata


def _layout(keys: _Keys, blocks: Mapping[str, Block]) -> Layout:
    name, path = keys.name, keys.path
    if keys.whole("expert_count", 0):
        raise ModelError(f"{path}: mixtures of experts are not supported")
    width, heads, layers = (
        keys.whole(key) for key in ("embedding_length", "attention.head_count", "block_count")
    )
    if heads < 1:
        raise ModelError(f"{path}: '{name}.attention.head_count' is {heads}")
    check_layers(layers, (f"layers.{key.split('.')[1]}" for key in blocks if key.startswith("blk.")), path)
    head_size = keys.whole("attention.key_length", width // heads)
    for key in ("attention.value_length", "rope.dimension_count"):
        if keys.whole(key, head_size) != head_size:
            raise ModelError(f"{path}: '{name}.{key}' differs from the head size, which is not supported")
    gemma = name == "gemma3"
    arch = Architecture(
        family=FAMILIES[name],
        vocab_size=blocks["token_embd.weight"].shape[0],
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=keys.whole("attention.head_count_kv", heads),
        head_size=head_size,
        mlp_width=keys.whole("feed_forward_length"),
        context=keys.whole("context_length"),
        rope=Rope(base=keys.number("rope.freq_base", ROPE_BASE), scaling=_scaling(keys, blocks)),
        local_rope=Rope(base=keys.number("rope.freq_base_swa", ROPE_BASE)) if gemma else None,
        windows=_windows(keys, layers) if gemma else (),
        nope_layers=tuple(range(SMOLLM_PATTERN - 1, layers, SMOLLM_PATTERN)) if name == "smollm3" else (),
        attention_bias=name != "qwen2" and "blk.0.attn_q.bias" in blocks,
        mlp_bias="blk.0.ffn_gate.bias" in blocks,
        norm_eps=keys.number("attention.layer_norm_rms_epsilon"),
        attention_scale=_attention_scale(layers, width // heads, head_size) if gemma else None,
        logit_softcap=_softcap(keys),
        tied_embeddings="output.weight" not in blocks,
    )
    return Layout(arch=arch, interleaved=name in INTERLEAVED)


def _softcap(keys: _Keys) -> float | None:
    """Zero and a missing key mean none."""
    return keys.number("final_logit_softcapping", 0.0) or None


def _windows(keys: _Keys, layers: int) -> tuple[int | None, ...]:
    """The pattern is a list with a True for each layer that slides, or every so manieth layer does not."""
    window = keys.whole("attention.sliding_window")
    pattern = keys.metadata.get(f"{keys.name}.attention.sliding_window_pattern", GEMMA_PATTERN)
    if isinstance(pattern, list):
        slides = [bool(each) for each in cast(list[Any], pattern)]
        if len(slides) != layers:
            raise ModelError(f"{keys.path}: {len(slides)} sliding window flags are given for {layers} layers")
    elif isinstance(pattern, int) and pattern > 0:
        slides = [(layer + 1) % pattern != 0 for layer in range(layers)]
    else:
        raise ModelError(f"{keys.path}: the sliding window pattern {pattern!r} is not supported")
    return tuple(window if each else None for each in slides)


def _attention_scale(layers: int, share: int, head_size: int) -> float | None:
    """Only Gemma 3 27B, with its 62 layers, scales by the share of the width rather than the head size."""
    size = share if layers == 62 else head_size
    return size**-0.5 if size > 0 else None


def _scaling(keys: _Keys, blocks: Mapping[str, Block]) -> Scaling | None:
    """A factor without a type is linear, as llama.cpp has it."""
    kind = keys.metadata.get(f"{keys.name}.rope.scaling.type", "linear")
    factor = keys.number("rope.scaling.factor", keys.number("rope.scale_linear", 0.0)) or 1.0
    if ROPE_FACTORS in blocks:
        if kind != "none" and factor != 1.0:
            raise ModelError(f"{keys.path}: RoPE factors and RoPE scaling at once are not supported")
        return _llama3_or_factors(keys, [float(each) for each in blocks[ROPE_FACTORS].numbers().ravel()])
    if kind == "none" or (kind == "linear" and factor == 1.0):
        return None
    if kind == "linear":
        return Linear(factor=factor)
    if kind == "yarn" and not keys.has("rope.scaling.yarn_log_multiplier"):
        plain = Yarn(
            factor=factor,
            original_max_position_embeddings=keys.number("rope.scaling.original_context_length"),
            beta_fast=keys.number("rope.scaling.yarn_beta_fast", 32.0),
            beta_slow=keys.number("rope.scaling.yarn_beta_slow", 1.0),
        )
        share = keys.number("rope.scaling.attn_factor", 1.0)
        return plain if share == 1.0 else replace(plain, attention_factor=share * plain.magnitude)
    raise ModelError(f"{keys.path}: RoPE scaling {kind!r} is not supported as given; supported: linear, yarn")


def _llama3_or_factors(keys: _Keys, factors: list[float]) -> Scaling:
    """Llama 3's rule if it gives these factors, so that the model can be saved with it."""
    if not all(LEAST <= factor <= MOST for factor in factors):
        raise ModelError(f"{keys.path}: tensor {ROPE_FACTORS!r} has numbers that cannot be right")
    base = Rope(base=keys.number("rope.freq_base", ROPE_BASE))
    plain = base.inverse_frequencies(2 * len(factors))
    rule = Llama3(factor=round(max(factors)), **LLAMA3)
    same = torch.allclose(plain / rule.apply(plain, base.base), torch.tensor(factors), rtol=1e-3)
    return rule if same else Factors(factors=tuple(factors))
