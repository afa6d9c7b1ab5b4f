"""Folders of all times and kinds give the same weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers
from model.families import make_config, make_ours, make_theirs
from safetensors.torch import save_file

from ponder.errors import ModelError
from ponder.model.checkpoint import load_transformer
from ponder.model.key_styles import hf_name, our_name

IDS = torch.randint(0, 260, (1, 20), generator=torch.Generator().manual_seed(1))


def bare(name: str) -> str:
    """Of a base model, saved without its head."""
    return name.removeprefix("model.")


def early_vision(name: str) -> str:
    return "language_model." + name


def late_vision(name: str) -> str:
    return name.replace("model.", "model.language_model.", 1) if name.startswith("model.") else name


def same(name: str) -> str:
    return name


STYLES = {"same": same, "bare": bare, "early vision": early_vision, "late vision": late_vision}


def write_folder(folder: Path, family: str, rename: Callable[[str], str], **more: torch.Tensor) -> None:
    weights = {rename(name): tensor.clone() for name, tensor in make_theirs(family).state_dict().items()}
    save_file({**weights, **more}, folder / "model.safetensors")
    (folder / "config.json").write_text(make_config(family).to_json_string())


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
@pytest.mark.parametrize("family", ["llama", "gemma 3"])
def test_a_folder_of_every_style_loads(style: Callable[[str], str], family: str, tmp_path: Path) -> None:
    write_folder(tmp_path, family, style)
    with torch.inference_mode():
        assert torch.equal(load_transformer(tmp_path)(IDS), make_ours(family)(IDS))


def test_a_base_model_without_its_head_needs_tied_embeddings(tmp_path: Path) -> None:
    for family, tied in (("llama, tied", True), ("llama", False)):
        theirs = make_theirs(family)
        weights = {name: tensor.clone() for name, tensor in theirs.model.state_dict().items()}
        save_file(weights, tmp_path / "model.safetensors")
        (tmp_path / "config.json").write_text(theirs.config.to_json_string())
        if tied:
            with torch.inference_mode():
                assert torch.equal(load_transformer(tmp_path)(IDS), make_ours(family)(IDS))
        else:
            with pytest.raises(ModelError, match=r"lacks the tensor 'lm_head\.weight'"):
                load_transformer(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "model.rotary_emb.inv_freq",
        "vision_tower.vision_model.embeddings.patch_embedding.weight",
        "model.vision_tower.encoder.layers.0.norm.weight",
        "multi_modal_projector.mm_input_projection_weight",
        "model.multi_modal_projector.mm_soft_emb_norm.weight",
    ],
)
def test_what_is_no_weight_of_the_text_model_is_passed_over(name: str, tmp_path: Path) -> None:
    assert our_name(name) is None
    write_folder(tmp_path, "llama", same, **{name: torch.full((3,), float("nan"))})
    with torch.inference_mode():
        assert torch.equal(load_transformer(tmp_path)(IDS), make_ours("llama")(IDS))


def test_our_names_and_theirs_are_inverse() -> None:
    for name in make_theirs("gemma 3").state_dict():
        ours = our_name(name)
        assert ours is not None
        assert hf_name(ours) == name


def test_a_tensor_in_two_styles_is_there_twice(tmp_path: Path) -> None:
    write_folder(tmp_path, "llama", same, **{"norm.weight": torch.ones(32)})
    with pytest.raises(ModelError, match=r"'norm\.weight' twice"):
        load_transformer(tmp_path)


def test_a_gemma_that_also_sees_loads_as_its_text_model(tmp_path: Path) -> None:
    vision = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 16, "patch_size": 8,
    }  # fmt: skip
    config = transformers.Gemma3Config(
        text_config=make_config("gemma 3").to_dict(), vision_config=vision, mm_tokens_per_image=4
    )
    theirs = transformers.Gemma3ForConditionalGeneration(config).eval().float()
    theirs.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "gemma3"
    ours = load_transformer(tmp_path)
    with torch.inference_mode():
        torch.testing.assert_close(ours(IDS), theirs(IDS).logits, atol=1e-4, rtol=0)
