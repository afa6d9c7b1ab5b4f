"""Folders with forged headers, missing pieces and impossible configs: refused by name, in every family."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from model.families import make_ours
from safetensors.torch import load_file, save_file

from ponder.errors import ModelError
from ponder.model.checkpoint import load_transformer, save_transformer

UP = "model.layers.1.mlp.up_proj.weight"
FAMILIES = ["llama", "llama with biases", "qwen2", "qwen3, tied", "smollm3", "gemma 3"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved("qwen3", tmp_path)


def saved(family: str, folder: Path) -> Path:
    save_transformer(make_ours(family), folder, dtype=torch.float32, eos_ids=[1])
    return folder


def refuses(folder: Path, named: str) -> None:
    """In one line that names the folder."""
    with pytest.raises(ModelError, match=named) as caught:
        load_transformer(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


def put(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, folder / "model.safetensors")


def forge(folder: Path, header: object, data: bytes = bytes(64)) -> None:
    packed = header if isinstance(header, bytes) else json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(packed)) + packed + data)


def entry(shape: list[int], begin: int, end: int, kind: str = "F32") -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "header",
    [
        {"a": entry([16], 0, 64), "b": entry([8], 0, 32)},  # one upon the other
        {"a": entry([16], 32, 96)},
        {"a": entry([16], 64, 0)},
        {"a": entry([16], -64, 0)},
        {"a": entry([4], 0, 16), "b": entry([8], 32, 64)},  # with a hole
        {"a": entry([8], 0, 32)},  # bytes to spare
        {"a": entry([17], 0, 64)},
        {"a": entry([2**40, 2**40], 0, 64)},
        {"a": entry([2**63], 0, 2**63)},
        {"a": entry([-16], 0, 64)},
        {"a": entry([16], 0, 64, kind="F3")},
        {"a": entry([16], 0, 64, kind="")},
        {"a": {"dtype": "F32", "shape": [16]}},
        {"a": None},
        ["a"],
        None,
        b"{" * 64,
        b"\xff" * 64,
        b'{"a": ',
    ],
)
def test_a_forged_header_is_refused(folder: Path, header: object) -> None:
    forge(folder, header)
    refuses(folder, r"model\.safetensors is not a whole safetensors file")


@pytest.mark.parametrize(
    ("kind", "size"), [("F8_E5M2", 1), ("F8_E4M3", 1), ("I16", 2), ("U32", 4), ("C64", 8)]
)
def test_forged_types_are_refused(folder: Path, kind: str, size: int) -> None:
    forge(folder, {UP: entry([64 // size], 0, 64, kind=kind)})
    refuses(folder, f"is of type {kind}, which is not supported|not a whole safetensors file")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_missing_or_turned_tensor_is_named(tmp_path: Path, family: str) -> None:
    tensors = load_file(saved(family, tmp_path) / "model.safetensors")
    for name, tensor in tensors.items():
        if "layers." in name and "layers.1." not in name:
            continue  # the layers are alike
        ours = name.removeprefix("model.").replace(".", r"\.")
        put(tmp_path, {key: each for key, each in tensors.items() if key != name})
        refuses(tmp_path, rf"lacks the tensor '{ours}' \(1 missing\)")
        if tensor.dim() == 2 and tensor.shape[0] != tensor.shape[1]:
            put(tmp_path, {**tensors, name: tensor.T.contiguous()})
            wrong, right = list(tensor.T.shape), list(tensor.shape)
            refuses(tmp_path, rf"'{ours}' has shape \{wrong}, the model needs \{right}")
    put(tmp_path, tensors)
    assert load_transformer(tmp_path).arch == make_ours(family).arch


@pytest.mark.parametrize("family", FAMILIES)
def test_a_tensor_too_many_is_named(tmp_path: Path, family: str) -> None:
    tensors = load_file(saved(family, tmp_path) / "model.safetensors")
    for name in ("model.layers.1.mlp.router.weight", "model.layers.1.self_attn.sinks", "score.weight"):
        put(tmp_path, {**tensors, name: torch.zeros(4)})
        refuses(tmp_path, rf"has a tensor '{name.removeprefix('model.')}' that a .* does not use")


@pytest.mark.parametrize("layer", ["²", "9" * 5000])
def test_a_layer_whose_number_is_none_is_refused(folder: Path, layer: str) -> None:
    tensors = load_file(folder / "model.safetensors")
    put(folder, {**tensors, f"model.layers.{layer}.mlp.up_proj.weight": torch.zeros(4)})
    refuses(folder, "layers|does not use")


@pytest.mark.parametrize("tensor", [torch.tensor(1.0), torch.zeros(0, 32), torch.zeros(1, 48, 32)])
def test_odd_shapes_are_named(folder: Path, tensor: torch.Tensor) -> None:
    put(folder, {**load_file(folder / "model.safetensors"), UP: tensor})
    refuses(folder, rf"up_proj\.weight' has shape \{list(tensor.shape)}, the model needs \[48, 32\]")


@pytest.mark.parametrize(
    ("dtype", "value"), [(torch.bfloat16, 3e38), (torch.float16, 65_504.0), (torch.float64, 3e38)]
)
@pytest.mark.parametrize("wanted", [torch.float32, torch.bfloat16])
def test_large_numbers_of_all_types_load(
    folder: Path, dtype: torch.dtype, value: float, wanted: torch.dtype
) -> None:
    tensor = torch.full((48, 32), value, dtype=dtype)
    put(folder, {**load_file(folder / "model.safetensors"), UP: tensor})
    assert torch.equal(load_transformer(folder, dtype=wanted).layers[1].mlp.up_proj.weight, tensor.to(wanted))


def test_numbers_too_large_for_the_wanted_type_are_refused(folder: Path) -> None:
    tensor = torch.full((48, 32), 1e300, dtype=torch.float64)
    put(folder, {**load_file(folder / "model.safetensors"), UP: tensor})
    refuses(folder, r"up_proj\.weight' has numbers that are not finite")


def configured(folder: Path, change: dict[str, Any], drop: str = "") -> None:
    config = {**json.loads((folder / "config.json").read_text()), **change}
    config.pop(drop, None)
    (folder / "config.json").write_text(json.dumps(config))


SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")


@pytest.mark.parametrize("key", [*SIZES, "max_position_embeddings", "model_type"])
def test_a_missing_key_is_named(folder: Path, key: str) -> None:
    configured(folder, {}, drop=key)
    refuses(folder, f"config.json lacks the key '{key}'")


@pytest.mark.parametrize("value", [-1, 0, 2**31, 2**40, 2**63, True, 2.0, 1e18, "2", None, [2], {}])
@pytest.mark.parametrize("key", [*SIZES, "num_key_value_heads", "head_dim", "max_position_embeddings"])
def test_a_size_that_cannot_be_is_refused_before_anything_is_made(
    folder: Path, key: str, value: object
) -> None:
    if not value and key in ("num_key_value_heads", "head_dim"):
        pytest.skip("taken as not given, as in transformers")
    configured(folder, {key: value})
    refuses(folder, "must be a (positive )?whole number|cannot be right|should have .* layers|evenly")


@pytest.mark.parametrize("layers", [2.0, "2", [2], {}])
def test_layers_that_are_no_number_name_the_key(folder: Path, layers: object) -> None:
    configured(folder, {"num_hidden_layers": layers})
    refuses(folder, "num_hidden_layers is .*, it must be a whole number")


@pytest.mark.parametrize(
    "config",
    [
        {"num_hidden_layers": 2**33, "text_config": {"num_hidden_layers": 3}},
        {"model_type": "gemma3", "text_config": {"num_hidden_layers": 2**33}},
        {"model_type": "gemma3", "num_hidden_layers": 3, "text_config": {"num_hidden_layers": 2**33}},
    ],
)
def test_absurd_layers_are_found_in_either_part(folder: Path, config: dict[str, Any]) -> None:
    configured(folder, config)
    refuses(folder, "should have 8589934592 layers, its tensors are of 3")


@pytest.mark.parametrize(
    "content", [b"", b"3", b"null", b'"a"', b"[{}]", b"\x00" * 64, b"\x80\x04.", b"{'a': 1}"]
)
def test_a_config_that_is_no_object(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    refuses(folder, r"config\.json (cannot be read|is not a JSON object)")


def pointed(folder: Path, name: object) -> None:
    (folder / "model.safetensors").unlink(missing_ok=True)
    index = {"weight_map": {"model.norm.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize("name", ["config.json", None, 5, ["a"], "a\0b"])
def test_an_index_that_points_at_no_weights(folder: Path, name: object) -> None:
    pointed(folder, name)
    refuses(folder, r"lacks .*, which model\.safetensors\.index\.json names|not a whole safetensors file")


def test_an_index_with_an_endless_name(folder: Path) -> None:
    pointed(folder, "x" * 300)
    refuses(folder, "lacks")


def test_an_index_with_a_name_of_two_lines(folder: Path) -> None:
    pointed(folder, "a\nb")
    refuses(folder, "lacks")


@pytest.mark.parametrize("content", [b"", b"[]", b"3", b"\xff\xfe\x00", b"{"])
def test_an_index_that_is_no_object(folder: Path, content: bytes) -> None:
    pointed(folder, "a")
    (folder / "model.safetensors.index.json").write_bytes(content)
    refuses(folder, r"index\.json (cannot be read|is not a JSON object)")
