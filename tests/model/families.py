"""Small random models of every family that we cover, made by `transformers`, and the same weights in ours."""

from __future__ import annotations

import functools
from typing import Any

import torch
import transformers

from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer

LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 10_000.0, "factor": 8.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 32,
}  # fmt: skip
LINEAR = {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e4}
YARN = {"rope_type": "yarn", "rope_theta": 5_000.0, "factor": 4.0, "original_max_position_embeddings": 64}
GEMMA = {
    "sliding_window": 7, "query_pre_attn_scalar": 20,
    "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
}  # fmt: skip
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {}),
    "llama, tied": ("llama", {"tie_word_embeddings": True}),
    "llama with biases": ("llama", {"attention_bias": True, "mlp_bias": True}),
    "llama 3 scaling": ("llama", {"rope_parameters": LLAMA3}),
    "linear scaling": ("llama", {"rope_parameters": LINEAR}),
    "yarn with magnitudes": (
        "llama",
        {"rope_parameters": {**YARN, "mscale": 0.7, "mscale_all_dim": 1.2, "truncate": False}},
    ),
    "qwen2": ("qwen2", {}),
    "qwen2 with a window": (
        "qwen2", {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1},
    ),
    "qwen3": ("qwen3", {}),
    "qwen3, tied": ("qwen3", {"tie_word_embeddings": True}),
    "qwen3 with yarn": ("qwen3", {"rope_parameters": YARN}),
    "smollm3": ("smollm3", {"no_rope_layers": [1, 0, 1]}),
    "smollm3 with yarn": ("smollm3", {"no_rope_layer_interval": 2, "rope_parameters": YARN}),
    "gemma 3": ("gemma3_text", {**GEMMA, "tie_word_embeddings": True}),
    "gemma 3, capped logits": ("gemma3_text", {**GEMMA, "final_logit_softcapping": 3.0}),
    "gemma 3 with scaled global layers": (
        "gemma3_text",
        {
            **GEMMA,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            },
        },
    ),
}  # fmt: skip


def make_config(name: str) -> Any:
    family, more = FAMILIES[name]
    return transformers.AutoConfig.for_model(
        family,
        **{
            "vocab_size": 260, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "head_dim": 12, "intermediate_size": 48, "max_position_embeddings": 128,
            "tie_word_embeddings": False, "pad_token_id": None, "bos_token_id": None, "eos_token_id": None,
            **more,
        },
    )  # fmt: skip


@functools.cache
@torch.inference_mode(mode=False)
def make_theirs(name: str) -> Any:
    """A model of `transformers` whose norms and biases are random too."""
    theirs = transformers.AutoModelForCausalLM.from_config(make_config(name), attn_implementation="eager")
    generator = torch.Generator().manual_seed(0)
    for key, parameter in theirs.named_parameters():
        centre = 1.0 if "norm" in key and "gemma" not in name else 0.0
        parameter.data.normal_(centre, 0.2, generator=generator)
    return theirs.eval().float()


@functools.cache
@torch.inference_mode(mode=False)
def make_ours(name: str) -> Transformer:
    ours = Transformer(Architecture.from_hf(make_config(name).to_dict())).eval()
    weights = {key.removeprefix("model."): tensor for key, tensor in make_theirs(name).state_dict().items()}
    ours.load_state_dict(weights)
    return ours
