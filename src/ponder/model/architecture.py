"""The shape of a decoder: everything its forward pass needs to know.

Covers Llama (and SmolLM2), Qwen2 (bias on q, k, v), Qwen3 (norms on q and k, a head size of its own), SmolLM3
(layers without positions) and Gemma 3 (sliding windows with a RoPE base of their own, sandwiched norms).
Which keys of a `config.json` say so is the business of `hf_config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ponder.errors import ModelError
from ponder.model.rope import Rope

PLAIN_ROPE = Rope()
FAMILIES = {
    "llama": "LlamaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "smollm3": "SmolLM3ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The defaults mean plain Llama."""

    family: str
    vocab_size: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    mlp_width: int
    context: int
    rope: Rope = PLAIN_ROPE
    local_rope: Rope | None = None
    """Of layers with a window, where these have their own."""
    windows: tuple[int | None, ...] = ()
    """Per layer: a query at p sees keys in (p - window, p]; None sees everything. Empty: all None."""
    nope_layers: tuple[int, ...] = ()
    """Layers that know no positions."""
    attention_bias: bool = False
    """Biases on all four projections; Qwen2 has them on q, k and v in any case."""
    mlp_bias: bool = False
    norm_eps: float = 1e-6
    attention_scale: float | None = None
    """None: one over the square root of the head size."""
    attention_softcap: float | None = None
    logit_softcap: float | None = None
    tied_embeddings: bool = True

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            known = ", ".join(sorted(FAMILIES))
            raise ModelError(f"model type {self.family!r} is not supported; supported: {known}")
        for name in (
            "vocab_size",
            "width",
            "layers",
            "heads",
            "kv_heads",
            "head_size",
            "mlp_width",
            "context",
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
                raise ModelError(f"the model's {name} is {value!r}: it must be a positive whole number")
        if self.heads % self.kv_heads:
            raise ModelError(f"{self.heads} query heads cannot share {self.kv_heads} key-value heads evenly")
        if self.head_size % 2:
            raise ModelError(f"heads of {self.head_size} numbers cannot be rotated: the size must be even")
        if self.windows and len(self.windows) != self.layers:
            raise ModelError(f"{len(self.windows)} layer types are given for {self.layers} layers")
        if wrong := [window for window in self.windows if window is not None and window < 1]:
            raise ModelError(f"a sliding window must be at least 1, not {wrong[0]}")

    def window(self, layer: int) -> int | None:
        return self.windows[layer] if self.windows else None

    def rope_of(self, layer: int) -> Rope | None:
        if layer in self.nope_layers:
            return None
        return self.local_rope if self.local_rope and self.window(layer) is not None else self.rope

    @property
    def qkv_bias(self) -> bool:
        return self.family == "qwen2" or self.attention_bias

    @property
    def o_bias(self) -> bool:
        return self.attention_bias

    @property
    def qk_norm(self) -> bool:
        return self.family == "qwen3" or self.is_gemma

    @property
    def is_gemma(self) -> bool:
        return self.family == "gemma3_text"

    @property
    def sandwich_norms(self) -> bool:
        """Norms behind attention and MLP too."""
        return self.is_gemma

    @property
    def norm_offset(self) -> float:
        """Norms multiply by this plus their weight."""
        return 1.0 if self.is_gemma else 0.0

    @property
    def activation(self) -> Literal["silu", "gelu_tanh"]:
        return "gelu_tanh" if self.is_gemma else "silu"

    @property
    def embedding_scale(self) -> float:
        return self.width**0.5 if self.is_gemma else 1.0

    @property
    def ropes(self) -> list[Rope]:
        """The distinct sets of frequencies in use."""
        return list(dict.fromkeys(filter(None, map(self.rope_of, range(self.layers)))))

    @property
    def query_scale(self) -> float:
        return self.attention_scale if self.attention_scale is not None else self.head_size**-0.5

    @property
    def parameters(self) -> int:
        """Number of weights, the embedding counted once when it is tied."""
        query, key = self.heads * self.head_size, self.kv_heads * self.head_size
        norms = (4 if self.sandwich_norms else 2) * self.width + (2 * self.head_size if self.qk_norm else 0)
        biases = (
            (query + 2 * key if self.qkv_bias else 0)
            + (self.width if self.o_bias else 0)
            + (2 * self.mlp_width + self.width if self.mlp_bias else 0)
        )
        untied = 0 if self.tied_embeddings else self.vocab_size * self.width
        return self.matmul_weights + untied + self.layers * (norms + biases) + self.width

    @property
    def matmul_weights(self) -> int:
        """Weights that multiply each token once: projections, MLP and the output head."""
        attention = self.width * self.head_size * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.width * self.mlp_width) + self.vocab_size * self.width

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> Architecture:
        """Read the keys of Hugging Face's `config.json`, old style and new."""
        from ponder.model.hf_config import read_config  # which builds architectures

        return read_config(config)

    def to_hf(self) -> dict[str, Any]:
        """The `config.json` that `transformers` loads."""
        from ponder.model.hf_config import write_config

        return write_config(self)
