"""The shape of a decoder, and the keys of Hugging Face's `config.json` that give it.

Covers Llama (and SmolLM2), Qwen2 (bias on q, k, v) and Qwen3 (norms on q and k, a head size of its own).
Any other architecture, activation or RoPE scaling is an error that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ponder.errors import ModelError

FAMILIES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """Everything the forward pass needs to know."""

    family: str
    vocab_size: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    mlp_width: int
    context: int
    rope_base: float = 10_000.0
    norm_eps: float = 1e-6
    tied_embeddings: bool = True

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            known = ", ".join(sorted(FAMILIES))
            raise ModelError(f"model type {self.family!r} is not supported; supported: {known}")
        if self.heads % self.kv_heads:
            raise ModelError(f"{self.heads} query heads cannot share {self.kv_heads} key-value heads evenly")

    @property
    def qkv_bias(self) -> bool:
        return self.family == "qwen2"

    @property
    def qk_norm(self) -> bool:
        return self.family == "qwen3"

    @property
    def parameters(self) -> int:
        """Number of weights, the embedding counted once when it is tied."""
        return (
            self.matmul_weights
            + self.vocab_size * self.width * (1 if not self.tied_embeddings else 0)
            + (
                self.layers * (2 * self.width + (2 * self.head_size if self.qk_norm else 0))
                + self.width
                + (self.layers * (self.heads + 2 * self.kv_heads) * self.head_size if self.qkv_bias else 0)
            )
        )

    @property
    def matmul_weights(self) -> int:
        """Weights that multiply each token once: projections, MLP and the output head."""
        attention = self.width * self.head_size * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.width * self.mlp_width) + self.vocab_size * self.width

    def flops(self, tokens: int, attended: int) -> float:
        """Floating-point operations of a forward pass: 2 per weight and token, and attention's
        4·heads·head_size per layer and (token, attended position) pair (Kaplan et al., arXiv:2001.08361).

        `tokens` new tokens in all, `attended` the sum over them of the positions each attends to.
        """
        return 2.0 * self.matmul_weights * tokens + 4.0 * self.layers * self.heads * self.head_size * attended

    @classmethod
    def from_hf(cls, config: Mapping[str, Any]) -> Architecture:
        """Read Hugging Face keys, old (`rope_theta`) and new (`rope_parameters`)."""
        try:
            return cls._from_hf(config)
        except KeyError as error:
            raise ModelError(f"config.json lacks the key {error}") from error
        except (TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise ModelError(f"config.json has a value that cannot be right: {error}") from error

    @classmethod
    def _from_hf(cls, config: Mapping[str, Any]) -> Architecture:
        rope: Mapping[str, Any] = config.get("rope_parameters") or config.get("rope_scaling") or {}
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default":
            raise ModelError(f"RoPE scaling {kind!r} is not supported")
        if (activation := config.get("hidden_act", "silu")) != "silu":
            raise ModelError(f"activation {activation!r} is not supported")
        for key in ("attention_bias", "mlp_bias"):
            if config.get(key):
                raise ModelError(f"config.json sets {key}, which is not supported")
        if config.get("use_sliding_window"):
            raise ModelError("sliding-window attention is not supported")
        heads = config["num_attention_heads"]
        return cls(
            family=config["model_type"],
            vocab_size=config["vocab_size"],
            width=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=heads,
            kv_heads=config.get("num_key_value_heads") or heads,
            head_size=config.get("head_dim") or config["hidden_size"] // heads,
            mlp_width=config["intermediate_size"],
            context=config["max_position_embeddings"],
            rope_base=float(rope.get("rope_theta") or config.get("rope_theta") or 10_000.0),
            norm_eps=config.get("rms_norm_eps", 1e-6),
            tied_embeddings=config.get("tie_word_embeddings", False),
        )

    def to_hf(self) -> dict[str, Any]:
        """The `config.json` that `transformers` loads."""
        return {
            "architectures": [FAMILIES[self.family]],
            "model_type": self.family,
            "vocab_size": self.vocab_size,
            "hidden_size": self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_size,
            "intermediate_size": self.mlp_width,
            "max_position_embeddings": self.context,
            "rope_theta": self.rope_base,
            "rope_parameters": {"rope_type": "default", "rope_theta": self.rope_base},
            "rms_norm_eps": self.norm_eps,
            "tie_word_embeddings": self.tied_embeddings,
            "hidden_act": "silu",
            "attention_bias": False,
        }
