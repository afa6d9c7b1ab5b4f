"""Architectures from and to the keys of Hugging Face's `config.json`, old style and new.

Old folders have `rope_theta`, `rope_scaling` and `sliding_window_pattern`, new ones `rope_parameters` (for
Gemma 3 one for each type of layer) and `layer_types`. A key that is missing has the default of its family, as
in `transformers`. What the forward pass does not know is an error that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ponder.errors import ModelError
from ponder.model.architecture import FAMILIES, Architecture
from ponder.model.rope import Rope

Config = Mapping[str, Any]
ROPE_BASES = {"smollm3": 2_000_000.0, "gemma3_text": 1_000_000.0}
KV_HEADS = {"qwen2": 32, "qwen3": 32, "smollm3": 4}
"""Where the key is missing; null means one for each query head."""
HEAD_SIZES = {"qwen3": 128}
"""Of families where it does not follow from the width."""
QWEN_WINDOW = 4096
LOCAL_ROPE_BASE = 10_000.0
TIED = {"smollm3", "gemma3_text"}
"""Families whose embeddings are tied unless the config says otherwise."""
GEMMA_DEFAULTS: dict[str, Any] = {
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "query_pre_attn_scalar": 256,
    "sliding_window": 4096, "vocab_size": 262_208, "max_position_embeddings": 131_072, "hidden_size": 2304,
    "intermediate_size": 9216, "num_hidden_layers": 26,
}  # fmt: skip
"""Gemma 3 folders of the first days leave out what equals a default."""
NEVER = ("use_bidirectional_attention", "num_experts", "num_local_experts")
"""Keys that must not be set: what they ask for is not in the forward pass."""


def read_config(config: Config) -> Architecture:
    try:
        return _read(_text_part(config))
    except KeyError as error:
        raise ModelError(f"config.json lacks the key {error}") from error
    except IndexError as error:
        raise ModelError(f"config.json has a list that is too short: {error}") from error
    except (TypeError, ValueError, AttributeError, ZeroDivisionError, OverflowError) as error:
        raise ModelError(f"config.json has a value that cannot be right: {error}") from error


def _text_part(config: Config) -> Config:
    """Gemma 3 models that also see keep the keys of their text model apart."""
    if config.get("model_type") == "gemma3" and isinstance(config.get("text_config"), Mapping):
        return {"model_type": "gemma3_text", **config["text_config"]}
    return config


def _read(config: Config) -> Architecture:
    family = config["model_type"]
    if family not in FAMILIES:
        raise ModelError(f"model type {family!r} is not supported; supported: {', '.join(sorted(FAMILIES))}")
    gemma = family == "gemma3_text"
    if gemma:
        config = {**GEMMA_DEFAULTS, **config}
    for key in NEVER:
        if config.get(key):
            raise ModelError(f"config.json sets {key}, which is not supported")
    heads, layers = config["num_attention_heads"], config["num_hidden_layers"]
    windows = _windows(config, family, layers)
    rope, local_rope = _ropes(config, family)
    _check_activation(config, gemma)
    width = config["hidden_size"]
    return Architecture(
        family=family,
        vocab_size=config["vocab_size"],
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=config.get("num_key_value_heads", KV_HEADS.get(family)) or heads,
        head_size=config.get("head_dim", HEAD_SIZES.get(family)) or width // heads,
        mlp_width=config["intermediate_size"],
        context=config["max_position_embeddings"],
        rope=rope,
        local_rope=local_rope,
        windows=windows if any(window is not None for window in windows) else (),
        nope_layers=_nope_layers(config, layers) if family == "smollm3" else (),
        attention_bias=bool(config.get("attention_bias", False)) and family != "qwen2",
        mlp_bias=bool(config.get("mlp_bias", False)) and family in ("llama", "smollm3"),
        norm_eps=float(config.get("rms_norm_eps", 1e-6)),
        attention_scale=float(config["query_pre_attn_scalar"]) ** -0.5 if gemma else None,
        attention_softcap=_optional_float(config.get("attn_logit_softcapping")) if gemma else None,
        logit_softcap=_optional_float(config.get("final_logit_softcapping")) if gemma else None,
        tied_embeddings=bool(config.get("tie_word_embeddings", family in TIED)),
    )


def _check_activation(config: Config, gemma: bool) -> None:
    wanted = "gelu_pytorch_tanh" if gemma else "silu"
    name = config.get("hidden_activation" if gemma else "hidden_act") or wanted
    if name != wanted:
        raise ModelError(f"activation {name!r} is not supported in this family, which has {wanted!r}")


def _optional_float(value: Any) -> float | None:
    return None if value is None else float(value)


def _ropes(config: Config, family: str) -> tuple[Rope, Rope | None]:
    """Of all layers, or of the global and the sliding ones."""
    given: Config = config.get("rope_parameters") or {}
    old: Config = config.get("rope_scaling") or {}
    base = float(config.get("rope_theta") or ROPE_BASES.get(family, 10_000.0))
    context = config["max_position_embeddings"]
    outer = {key: config[key] for key in ("partial_rotary_factor",) if config.get(key) is not None}
    if family != "gemma3_text":
        # `rope_scaling` is what people add by hand to stretch a context, so it goes before what was saved.
        trained = config.get("original_max_position_embeddings")
        fixed = {} if trained is None else {"original_max_position_embeddings": trained}
        return Rope.from_hf({**outer, **(old or given), **fixed}, base=base, context=context), None
    nested = "full_attention" in given or "sliding_attention" in given
    overall: Config = {**outer, **((given.get("full_attention") or {}) if nested else given), **old}
    local: Config = (given.get("sliding_attention") or {}) if nested else {}
    local_base = float(config.get("rope_local_base_freq") or LOCAL_ROPE_BASE)
    return (
        Rope.from_hf(overall, base=base, context=context),
        Rope.from_hf(local, base=local_base, context=context),
    )


def _windows(config: Config, family: str, layers: int) -> tuple[int | None, ...]:
    """Of each layer. Only Gemma 3 slides by default; others must say so."""
    slides = family == "gemma3_text" or bool(config.get("use_sliding_window"))
    window = config.get("sliding_window", QWEN_WINDOW if family.startswith("qwen") else None)
    if not slides or window is None:
        return (None,) * layers
    kinds = config.get("layer_types")
    if kinds is None:
        kinds = [_default_kind(config, family, layer) for layer in range(layers)]
    for kind in kinds:
        if kind not in ("full_attention", "sliding_attention"):
            raise ModelError(f"layer type {kind!r} is not supported")
    return tuple(int(window) if kind == "sliding_attention" else None for kind in kinds)


def _default_kind(config: Config, family: str, layer: int) -> str:
    if family == "gemma3_text":
        slides = (layer + 1) % int(config.get("sliding_window_pattern") or 6) != 0
    elif family == "smollm3":
        slides = layer in _nope_layers(config, config["num_hidden_layers"])
    else:
        slides = layer >= int(config.get("max_window_layers", 28))
    return "sliding_attention" if slides else "full_attention"


def _nope_layers(config: Config, layers: int) -> tuple[int, ...]:
    """`no_rope_layers` has a 1 where a layer does have positions."""
    given = config.get("no_rope_layers")
    if given is None:
        interval = int(config.get("no_rope_layer_interval", 4))
        given = [int((layer + 1) % interval != 0) for layer in range(layers)]
    return tuple(layer for layer in range(layers) if not given[layer])


def write_config(arch: Architecture) -> dict[str, Any]:
    """What `transformers` loads, and `read_config` reads back to an equal architecture."""
    gemma = arch.family == "gemma3_text"
    config: dict[str, Any] = {
        "architectures": [FAMILIES[arch.family]],
        "model_type": arch.family,
        "vocab_size": arch.vocab_size,
        "hidden_size": arch.width,
        "num_hidden_layers": arch.layers,
        "num_attention_heads": arch.heads,
        "num_key_value_heads": arch.kv_heads,
        "head_dim": arch.head_size,
        "intermediate_size": arch.mlp_width,
        "max_position_embeddings": arch.context,
        "rms_norm_eps": arch.norm_eps,
        "tie_word_embeddings": arch.tied_embeddings,
        "attention_bias": arch.attention_bias,
        "pad_token_id": None,  # some families' default lies outside a small vocabulary
    }
    sliding = [window for window in arch.windows if window is not None]
    if sliding:
        config["sliding_window"] = sliding[0]
        config["layer_types"] = [
            "full_attention" if window is None else "sliding_attention" for window in arch.windows
        ]
    if gemma:
        return config | _gemma_keys(arch)
    if arch.family != "llama":
        config["use_sliding_window"] = bool(sliding)
    if arch.family in ("llama", "smollm3"):
        config["mlp_bias"] = arch.mlp_bias
    if arch.family == "smollm3":
        config["no_rope_layers"] = [int(layer not in arch.nope_layers) for layer in range(arch.layers)]
    return config | {
        "hidden_act": "silu", "rope_theta": arch.rope.base, "rope_parameters": arch.rope.to_hf()
    }  # fmt: skip


def _gemma_keys(arch: Architecture) -> dict[str, Any]:
    local = arch.local_rope or arch.rope
    scalar = arch.query_scale**-2
    return {
        "hidden_activation": "gelu_pytorch_tanh",
        "layer_types": [
            "full_attention" if arch.window(layer) is None else "sliding_attention"
            for layer in range(arch.layers)
        ],
        "rope_parameters": {"full_attention": arch.rope.to_hf(), "sliding_attention": local.to_hf()},
        "query_pre_attn_scalar": round(scalar),
        "attn_logit_softcapping": arch.attention_softcap,
        "final_logit_softcapping": arch.logit_softcap,
    }
