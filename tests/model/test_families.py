"""Every family says what `transformers` says, from folders in both directions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from model.families import FAMILIES, LINEAR, make_config, make_ours, make_theirs

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import load_transformer, save_transformer

IDS = torch.randint(0, 260, (2, 50), generator=torch.Generator().manual_seed(1))
SLIDES = {"use_sliding_window": True, "sliding_window": 4}
each_family = pytest.mark.parametrize("name", FAMILIES)


@each_family
def test_logits_equal_those_of_transformers(name: str):
    with torch.inference_mode():
        torch.testing.assert_close(make_ours(name)(IDS), make_theirs(name)(IDS).logits, atol=1e-4, rtol=0)


@each_family
def test_a_folder_of_theirs_loads(name: str, tmp_path: Path):
    make_theirs(name).save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    with torch.inference_mode():
        torch.testing.assert_close(load_transformer(tmp_path)(IDS), make_ours(name)(IDS), atol=1e-5, rtol=0)


@each_family
def test_transformers_loads_a_folder_of_ours(name: str, tmp_path: Path):
    save_transformer(make_ours(name), tmp_path, dtype=torch.float32, eos_ids=[1])
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.inference_mode():
        torch.testing.assert_close(theirs(IDS).logits, make_theirs(name)(IDS).logits, atol=1e-5, rtol=0)


@each_family
def test_what_is_written_reads_back(name: str):
    arch = make_ours(name).arch
    assert Architecture.from_hf(json.loads(json.dumps(arch.to_hf()))) == arch


@each_family
def test_a_mask_and_a_window_go_together(name: str):
    """With positions and a mask as a cache would give them, the last token is the same."""
    ours = make_ours(name)
    mask = torch.ones(50, 50, dtype=torch.bool).tril()[None, None]
    with torch.inference_mode():
        hidden = ours.hidden(IDS, positions_BT=torch.arange(50)[None], mask=mask.expand(2, -1, -1, -1))
        torch.testing.assert_close(ours.logits(hidden), ours(IDS), atol=1e-5, rtol=0)


@each_family
def test_weights_are_counted(name: str):
    arch = make_ours(name).arch
    assert arch.parameters == sum(parameter.numel() for parameter in make_ours(name).parameters())
    matrices = [module for module in make_ours(name).modules() if isinstance(module, torch.nn.Linear)]
    assert arch.matmul_weights == sum(module.weight.numel() for module in matrices)


def old_style(name: str) -> dict[str, Any]:
    """The same config with the keys of before `rope_parameters`."""
    config = make_config(name).to_dict()
    rope = config.pop("rope_parameters")
    config.pop("layer_types", None)
    if "full_attention" in rope:
        config["rope_theta"] = rope["full_attention"]["rope_theta"]
        config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        config["sliding_window_pattern"] = 2
        rope = rope["full_attention"]
    config["rope_theta"] = rope.pop("rope_theta")
    if (kind := rope.pop("rope_type")) != "default":
        config["rope_scaling"] = {"type": kind, **rope}
    return config


@each_family
def test_old_keys_mean_the_same(name: str):
    assert Architecture.from_hf(old_style(name)) == make_ours(name).arch


def test_a_gemma_that_also_sees_gives_its_text_model():
    text = make_config("gemma 3").to_dict()
    arch = Architecture.from_hf({"model_type": "gemma3", "text_config": text, "vision_config": {}})
    assert arch == make_ours("gemma 3").arch


def test_capped_attention_scores_stay_below_the_cap():
    """`transformers` reads this key of Gemma 3 and does not act on it; a cap above all scores does little."""
    plain, config = make_ours("gemma 3"), make_config("gemma 3").to_dict()
    logits: list[torch.Tensor] = []
    for cap in (1e4, 0.5):
        capped = type(plain)(Architecture.from_hf({**config, "attn_logit_softcapping": cap})).eval()
        capped.load_state_dict(plain.state_dict())
        with torch.inference_mode():
            logits.append(capped(IDS))
    with torch.inference_mode():
        torch.testing.assert_close(logits[0], plain(IDS), atol=1e-3, rtol=0)
    assert not torch.allclose(logits[1], plain(IDS), atol=1e-2)


@pytest.mark.parametrize(
    ("family", "change"),
    [
        ("qwen3", {"head_dim": None}),
        ("smollm3", {"num_key_value_heads": None}),
        ("qwen2", {"use_sliding_window": True, "max_window_layers": 1}),
        ("qwen3", {"rope_scaling": {"rope_type": "linear", "factor": 2.0}}),
        (
            "llama",
            {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}, "original_max_position_embeddings": 32},
        ),
    ],
)  # fmt: skip
def test_a_folder_edited_by_hand_means_what_transformers_reads(family: str, change: dict[str, Any]):
    """Keys left out (None here) have the family's default; `rope_scaling` goes before what was saved."""
    config = {**make_config(family).to_dict(), "num_attention_heads": 32, "hidden_size": 384, **change}
    config.pop("layer_types", None)
    if "use_sliding_window" in change:
        del config["sliding_window"]
    config = {key: value for key, value in config.items() if value is not None}
    read = type(make_config(family)).from_dict(copy.deepcopy(config))
    assert Architecture.from_hf(config) == Architecture.from_hf(read.to_dict())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"model_type": "mamba"}, "'mamba'"),
        ({"hidden_act": "relu"}, "'relu'"),
        ({"rope_parameters": {"rope_type": "longrope"}}, "'longrope'"),
        ({"rope_parameters": None, "rope_scaling": {"type": "dynamic", "factor": 2}}, "'dynamic'"),
        ({"rope_parameters": {**LINEAR, "partial_rotary_factor": 0.5}}, "partial"),
        ({"partial_rotary_factor": 0.5, "rope_scaling": LINEAR}, "partial"),
        ({"num_experts": 8}, "num_experts"),
        ({"num_hidden_layers": 0}, "layers is 0"),
        ({"hidden_size": -8}, "width is -8"),
        ({"vocab_size": "many"}, "vocab_size is 'many'"),
        ({"num_attention_heads": 3}, "cannot share"),
        ({"head_dim": 7}, "even"),
        ({"intermediate_size": 2.5}, "mlp_width is 2.5"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "factor"),
        ({"rope_parameters": [1]}, "cannot be right"),
        ({**SLIDES, "layer_types": ["chunked_attention"] * 3}, "chunked"),
        ({**SLIDES, "layer_types": ["sliding_attention"]}, "3 layers"),
        ({**SLIDES, "sliding_window": 0, "layer_types": ["sliding_attention"] * 3}, "at least 1"),
    ],
)  # fmt: skip
def test_what_we_do_not_support_is_named(change: dict[str, Any], named: str):
    with pytest.raises(ModelError, match=named) as caught:
        Architecture.from_hf({**make_config("qwen3").to_dict(), **change})
    assert "\n" not in str(caught.value)


def test_a_list_of_layers_that_is_too_short_is_an_error():
    with pytest.raises(ModelError, match="too short"):
        Architecture.from_hf({**make_config("smollm3").to_dict(), "no_rope_layers": [1, 0]})
