"""Adapters go to PEFT and come from it with the same logits; what is not plain LoRA is refused by name."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from fakes import random_model
from hypothesis import given
from hypothesis import strategies as st
from model.test_lora import IDS, model
from safetensors.torch import load_file, save_file
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.lora import LoRAConfig, adapted
from ponder.model.peft_format import (
    CONFIG,
    WEIGHTS,
    is_adapter,
    merge_adapter,
    read_adapter_info,
    save_adapter,
)

# PEFT asks transformers by a name that both have replaced.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

OURS = LoRAConfig(rank=3, alpha=6.0)
FIRST = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_adapter(model("qwen2"), OURS, tmp_path / "adapter", base="base")
    return tmp_path / "adapter"


def theirs_of(family: str) -> Any:
    return copy.deepcopy(random_model(family)[0])


def merged(folder: Path, family: str = "qwen2") -> Any:
    plain = copy.deepcopy(random_model(family)[1])
    merge_adapter(plain, folder)
    return plain


@pytest.mark.parametrize("rslora", [False, True])
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3", "gemma3_text"])
def test_peft_reads_what_we_save(tmp_path: Path, family: str, rslora: bool) -> None:
    ours = model(family, rslora=rslora)
    save_adapter(ours, LoRAConfig(rank=3, alpha=6.0, rslora=rslora), tmp_path, base="some/base")
    theirs = peft.PeftModel.from_pretrained(theirs_of(family), str(tmp_path)).eval()
    with torch.no_grad():
        assert (theirs(IDS).logits - ours(IDS)).abs().max() < 1e-4
        assert (theirs(IDS).logits - random_model(family)[1](IDS)).abs().max() > 1e-2


@pytest.mark.parametrize("targets", [["q_proj", "v_proj"], "all-linear", ["layers.1.mlp.up_proj", "o_proj"]])
@pytest.mark.parametrize("rslora", [False, True])
def test_we_read_what_peft_saves(tmp_path: Path, targets: Any, rslora: bool) -> None:
    config = peft.LoraConfig(
        r=5, lora_alpha=7, target_modules=targets, use_rslora=rslora, init_lora_weights=False,
        lora_dropout=0.1, task_type="CAUSAL_LM",
    )  # fmt: skip
    theirs = peft.get_peft_model(theirs_of("qwen2"), config).eval()
    theirs.save_pretrained(str(tmp_path))
    with torch.no_grad():
        gap = (theirs(IDS).logits - merged(tmp_path)(IDS)).abs().max()
        moved = (theirs(IDS).logits - random_model("qwen2")[1](IDS)).abs().max()
    assert gap < 1e-4 < 1e-2 < moved


def test_merged_weights_are_those_that_training_computed_with(folder: Path) -> None:
    plain, trained = merged(folder), model("qwen2")
    assert all(torch.equal(plain.get_submodule(name).weight, each.weight) for name, each in adapted(trained))


def test_the_config_tells_what_it_is(folder: Path) -> None:
    info = read_adapter_info(folder)
    assert is_adapter(folder) and not is_adapter(folder.parent)
    assert info.lora == OURS and info.base == "base"
    assert str(info).startswith("a LoRA adapter for base: rank 3, alpha 6, on q_proj, k_proj")


def test_a_name_that_would_garble_a_terminal_is_not_told(folder: Path) -> None:
    reconfigure(folder, base_model_name_or_path="\x1b[2Jbase")
    assert str(read_adapter_info(folder)).startswith("a LoRA adapter: rank 3")
    assert not is_adapter(Path("x" * 5000))


def test_factors_in_lower_precision_are_read(folder: Path) -> None:
    halves = {name: tensor.bfloat16() for name, tensor in load_file(folder / WEIGHTS).items()}
    save_file(halves, folder / WEIGHTS)
    with torch.no_grad():
        assert (merged(folder)(IDS) - model("qwen2")(IDS)).abs().max() < 0.2


def refused(folder: Path) -> str:
    """The complaint, which is of one line and leaves the model as it was."""
    plain = copy.deepcopy(random_model("qwen2")[1])
    with pytest.raises(ModelError) as caught:
        merge_adapter(plain, folder)
    assert "\n" not in str(caught.value)
    assert all(
        torch.equal(a, b)
        for a, b in zip(plain.parameters(), random_model("qwen2")[1].parameters(), strict=True)
    )
    return str(caught.value)


def reconfigure(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | changes))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"use_dora": True}, "'use_dora' is set"),
        ({"bias": "all"}, "bias is 'all'"),
        ({"bias": None}, "bias is None"),
        ({"lora_bias": True}, "'lora_bias' is set"),
        ({"modules_to_save": ["lm_head"]}, "'modules_to_save' is set"),
        ({"rank_pattern": {"q_proj": 2}}, "'rank_pattern' is set"),
        ({"alpha_pattern": {"q_proj": 2}}, "'alpha_pattern' is set"),
        ({"layers_to_transform": [0]}, "'layers_to_transform' is set"),
        ({"trainable_token_indices": [1]}, "'trainable_token_indices' is set"),
        ({"a_switch_of_tomorrow": True}, "'a_switch_of_tomorrow' is set"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out"),
        ({"init_lora_weights": "pissa"}, "changes the base's weights"),
        ({"init_lora_weights": ["pissa"]}, "changes the base's weights"),
        ({"peft_type": "IA3"}, "peft_type is 'IA3', only LORA"),
        ({"peft_type": None}, "peft_type is None, only LORA"),
        ({"task_type": "SEQ_CLS"}, "task_type is 'SEQ_CLS'"),
        ({"target_modules": ["q_proj", "lm_head"]}, "the target module 'lm_head' cannot be adapted here"),
        ({"target_modules": ["c_attn"]}, "the target module 'c_attn' cannot be adapted here"),
        ({"target_modules": [3]}, "the target module 3 cannot be adapted here"),
        ({"target_modules": ["layers.7.self_attn.q_proj"]}, "no module 'layers.7.self_attn.q_proj'"),
        ({"target_modules": ".*proj"}, "must be a list of modules by name"),
        ({"target_modules": []}, "must be a list of modules by name"),
        ({"target_modules": ["q_proj"]}, "that its target_modules do not ask for"),
        ({"r": 4}, "rank and base model ask for [4, "),
        ({"r": "3"}, "r is '3', it must be a whole number"),
        ({"r": True}, "r is True, it must be a whole number"),
        ({"r": 0}, "rank must be at least 1"),
        ({"lora_alpha": None}, "lora_alpha is None, it must be a number"),
        ({"lora_alpha": float("nan")}, "lora_alpha is nan, which is no size"),
        ({"lora_alpha": 10**400}, "which is no size of an adapter"),
        ({"r": 10**400}, "which is no size of an adapter"),
        ({"lora_alpha": -1}, "alpha must be a number above 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_config_that_asks_for_more_is_refused(
    folder: Path, changes: dict[str, Any], complaint: str
) -> None:
    reconfigure(folder, **changes)
    assert complaint in refused(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", "[" * 100_000])
def test_a_config_that_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / CONFIG).write_text(text)
    assert CONFIG in refused(folder)


def drop(tensors: dict[str, Tensor]) -> None:
    del tensors[FIRST]


def widen(tensors: dict[str, Tensor]) -> None:
    tensors[FIRST] = torch.zeros(3, 48)


def poison(tensors: dict[str, Tensor]) -> None:
    tensors[FIRST][0, 0] = torch.nan


def add(tensors: dict[str, Tensor]) -> None:
    tensors["base_model.model.lm_head.weight"] = torch.zeros(2, 2)


def twice(tensors: dict[str, Tensor]) -> None:
    tensors[FIRST.replace("model.model.model", "model.model")] = tensors[FIRST].clone()


def magnitude(tensors: dict[str, Tensor]) -> None:
    tensors[FIRST.replace("lora_A", "lora_magnitude_vector")] = torch.zeros(2)


def integers(tensors: dict[str, Tensor]) -> None:
    tensors[FIRST] = torch.zeros(3, 32, dtype=torch.int8)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (drop, "lacks lora_A of layers.0.self_attn.q_proj (1 tensors missing)"),
        (widen, "has shape [3, 48], rank and base model ask for [3, 32]"),
        (poison, "not finite"),
        (add, "do not ask for"),
        (twice, "do not ask for"),
        (magnitude, "do not ask for"),
        (integers, "is of type I8"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    folder: Path, change: Callable[[dict[str, Tensor]], None], complaint: str
) -> None:
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)
    assert complaint in refused(folder)


def test_an_adapter_of_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    save_adapter(model("qwen3", targets=("q_proj",)), OURS, tmp_path / "other", base="")
    shutil.copy(tmp_path / "other" / WEIGHTS, folder / WEIGHTS)
    assert "lacks lora_" in refused(folder)


def test_a_pickle_is_never_read(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "adapter_model.bin")
    assert "as a pickle, and reading one can run any code" in refused(folder)
    (folder / "adapter_model.bin").unlink()
    assert f"has no {WEIGHTS}" in refused(folder)
    (folder / CONFIG).unlink()
    assert f"has no {CONFIG}" in refused(folder)


@given(place=st.floats(0, 1, exclude_max=True), keep=st.booleans(), value=st.integers(0, 255))
def test_damaged_weights_are_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, place: float, keep: bool, value: int
) -> None:
    """A file cut short is always noticed; a changed byte gives an error of ours or a finite model."""
    folder = tmp_path_factory.mktemp("damaged")
    config = LoRAConfig(rank=3, alpha=6.0, targets=("q_proj",))
    save_adapter(model("qwen2", targets=config.targets), config, folder, base="")
    data = (folder / WEIGHTS).read_bytes()
    at = int(place * len(data))
    (folder / WEIGHTS).write_bytes(data[:at] + bytes([value]) + data[at + 1 :] if keep else data[:at])
    try:
        plain = merged(folder)
    except ModelError:
        return
    assert keep
    assert all(bool(parameter.isfinite().all()) for parameter in plain.parameters())
