"""Our forward pass against that of `transformers`, on small random models of every family."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel, Qwen2Config, Qwen3Config

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import load_transformer, save_transformer
from ponder.model.transformer import Transformer, initialise

CONFIGS = {"llama": LlamaConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}
FAMILIES = [
    pytest.param(family, kv_heads, tied, id=f"{family}-{kv_heads}kv-{'tied' if tied else 'untied'}")
    for family in CONFIGS
    for kv_heads, tied in ((4, True), (2, False), (1, True))
]


def random_hf_model(family: str, kv_heads: int, tied: bool) -> PreTrainedModel:
    torch.manual_seed(0)
    extra: dict[str, Any] = {"head_dim": 24} if family == "qwen3" else {}
    config = CONFIGS[family](
        vocab_size=101,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        max_position_embeddings=128,
        rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 50_000.0},
        tie_word_embeddings=tied,
        bos_token_id=None,
        eos_token_id=7,
        pad_token_id=None,
        **extra,
    )
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():  # biases and norms start at 0 and 1, where a mistake would not show
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def some_ids() -> torch.Tensor:
    return torch.randint(0, 101, (3, 37), generator=torch.Generator().manual_seed(1))


@torch.inference_mode()
def logits_of(model: Any) -> torch.Tensor:
    found = model(some_ids())
    return found if isinstance(found, torch.Tensor) else found.logits


@pytest.mark.parametrize(("family", "kv_heads", "tied"), FAMILIES)
def test_logits_equal_those_of_transformers(tmp_path: Path, family: str, kv_heads: int, tied: bool) -> None:
    theirs = random_hf_model(family, kv_heads, tied)
    theirs.save_pretrained(tmp_path)
    ours = load_transformer(tmp_path)
    assert ours.arch.tied_embeddings is tied
    assert (logits_of(ours) - logits_of(theirs)).abs().max() < 1e-4
    assert (logits_of(ours).argmax(-1) == logits_of(theirs).argmax(-1)).all()


@pytest.mark.parametrize(("family", "kv_heads", "tied"), FAMILIES)
def test_transformers_loads_what_we_save(tmp_path: Path, family: str, kv_heads: int, tied: bool) -> None:
    theirs = random_hf_model(family, kv_heads, tied)
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_transformer(tmp_path / "theirs")
    save_transformer(ours, tmp_path / "ours", dtype=torch.float32, eos_ids=[7])
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "ours").eval()
    assert again.dtype is torch.float32
    assert again.generation_config.eos_token_id == [7]
    assert torch.equal(logits_of(again), logits_of(theirs))


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("tied", [True, False])
def test_parameters_counts_every_weight_once(family: str, tied: bool) -> None:
    arch = Architecture(
        family=family, vocab_size=50, width=16, layers=2, heads=4, kv_heads=2, head_size=6, mlp_width=24,
        context=32, tied_embeddings=tied,
    )  # fmt: skip
    assert arch.parameters == sum(parameter.numel() for parameter in Transformer(arch).parameters())
    assert Architecture.from_hf(arch.to_hf()) == arch


def test_padding_on_the_right_changes_nothing_before_it() -> None:
    arch = Architecture(
        family="qwen3",
        vocab_size=50,
        width=16,
        layers=2,
        heads=4,
        kv_heads=2,
        head_size=8,
        mlp_width=24,
        context=32,
    )
    model = Transformer(arch)
    initialise(model, seed=3)
    ids = torch.randint(0, 50, (1, 9), generator=torch.Generator().manual_seed(0))
    padded = torch.cat([ids, torch.zeros(1, 4, dtype=torch.long)], dim=1)
    with torch.inference_mode():
        torch.testing.assert_close(model(padded)[:, :9], model(ids), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"model_type": "mamba"}, "mamba"),
        ({"hidden_act": "gelu"}, "gelu"),
        ({"num_key_value_heads": 3}, "3"),
        ({"hidden_size": None}, "config.json"),
        ({"num_attention_heads": "four"}, "config.json"),
    ],
)
def test_what_is_not_supported_is_named(change: dict[str, Any], names: str) -> None:
    arch = Architecture(
        family="llama",
        vocab_size=50,
        width=16,
        layers=2,
        heads=4,
        kv_heads=2,
        head_size=4,
        mlp_width=24,
        context=32,
    )
    config = arch.to_hf()
    del config["rope_parameters"], config["head_dim"]
    with pytest.raises(ModelError, match=names):
        Architecture.from_hf({**config, **change})
