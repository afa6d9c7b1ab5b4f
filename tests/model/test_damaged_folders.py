"""Folders that are damaged or do not fit together: one clear line each, never another model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save, save_file

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import load_transformer, save_transformer
from ponder.model.transformer import Transformer, initialise

ARCH = Architecture(
    family="qwen3", vocab_size=20, width=8, layers=2, heads=2, kv_heads=1, head_size=4, mlp_width=12,
    context=16,
)  # fmt: skip
UP = "model.layers.1.mlp.up_proj.weight"


def model() -> Transformer:
    made = Transformer(ARCH)
    initialise(made, seed=0)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_transformer(model(), tmp_path, dtype=torch.float32, eos_ids=[1])
    return tmp_path


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[Path, bytes]]:
    """A folder whose weights are written anew for each example, and the whole weights."""
    with tempfile.TemporaryDirectory() as name:
        save_transformer(model(), Path(name), dtype=torch.float32, eos_ids=[1])
        yield Path(name), (Path(name) / "model.safetensors").read_bytes()


def refuses(folder: Path, named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        load_transformer(folder)
    assert "\n" not in str(caught.value)


def loads_or_is_refused(folder: Path, weights: bytes) -> None:
    (folder / "model.safetensors").write_bytes(weights)
    try:
        loaded = load_transformer(folder)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert loaded.arch == ARCH
        assert all(bool(parameter.isfinite().all()) for parameter in loaded.parameters())


@given(data=st.data())
def test_weights_that_end_early_are_refused(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, weights = whole
    cut = data.draw(st.integers(0, len(weights) - 1))
    (folder / "model.safetensors").write_bytes(weights[:cut])
    refuses(folder, r"model\.safetensors is not a whole safetensors file")


@given(data=st.data())
def test_changed_bytes_are_refused_or_do_no_harm(whole: tuple[Path, bytes], data: st.DataObject) -> None:
    folder, weights = whole
    at = data.draw(st.integers(0, len(weights) - 1))
    new = data.draw(st.binary(min_size=1, max_size=12))
    loads_or_is_refused(folder, weights[:at] + new + weights[at + len(new) :])


@given(weights=st.binary(max_size=200))
def test_any_bytes_are_refused(whole: tuple[Path, bytes], weights: bytes) -> None:
    folder, _ = whole
    (folder / "model.safetensors").write_bytes(weights)
    refuses(folder, r"not a whole safetensors file|no weights")


@pytest.mark.parametrize("length", [0, 3, 10**6, 2**40, 2**63, 2**64 - 1])
def test_an_absurd_length_of_the_header_is_refused(folder: Path, length: int) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(length.to_bytes(8, "little") + weights[8:])
    refuses(folder, "not a whole safetensors file")


def with_tensor(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(name, None)
    if tensor is not None:
        tensors[name] = tensor
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_number_that_is_not_finite_is_found(folder: Path, bad: float, dtype: torch.dtype) -> None:
    tensor = torch.zeros(12, 8, dtype=dtype)
    tensor[11, 7] = bad
    with_tensor(folder, UP, tensor)
    refuses(folder, r"'layers\.1\.mlp\.up_proj\.weight' has numbers that are not finite")


def test_large_numbers_whose_sum_overflows_are_no_error(folder: Path) -> None:
    with_tensor(folder, UP, torch.full((12, 8), 3e38))
    assert load_transformer(folder).arch == ARCH


@pytest.mark.parametrize("dtype", [torch.int8, torch.int64, torch.uint8, torch.bool, torch.float8_e4m3fn])
def test_a_type_that_holds_no_weights_is_named(folder: Path, dtype: torch.dtype) -> None:
    with_tensor(folder, UP, torch.zeros(12, 8).to(dtype))
    refuses(folder, rf"{UP}' is of type [A-Z0-9_]+, which is not supported; supported: F32")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"num_hidden_layers": 1}, "should have 1 layers, its tensors are of 2"),
        ({"num_hidden_layers": 3}, "should have 3 layers, its tensors are of 2"),
        ({"num_hidden_layers": 10**9}, "should have 1000000000 layers, its tensors are of 2"),
        ({"num_hidden_layers": 10**400}, "should have 100000000000 layers, its tensors are of 2"),
        ({"vocab_size": 21}, r"'embed_tokens\.weight' has shape \[20, 8\], the model needs \[21, 8\]"),
        ({"vocab_size": 2**31 - 1}, r"'embed_tokens\.weight' has shape"),
        ({"hidden_size": 16}, "has shape"),
        ({"intermediate_size": 13}, r"mlp\.[a-z]+_proj\.weight' has shape"),
        ({"num_key_value_heads": 2}, r"self_attn\.[kv]_proj\.weight' has shape"),
        ({"num_attention_heads": 4}, r"self_attn\.[oq]_proj\.weight' has shape"),
        ({"head_dim": 2}, "has shape"),
        ({"head_dim": 2**30, "num_attention_heads": 2**30, "num_key_value_heads": 2**30}, "no machine"),
        ({"tie_word_embeddings": False}, r"lacks the tensor 'lm_head\.weight' \(1 missing\)"),
        ({"model_type": "qwen2"}, "that a qwen2 model of 2 layers does not use|lacks the tensor"),
        ({"model_type": ["qwen3"]}, "cannot be right"),
        ({"rms_norm_eps": -1e-6}, "epsilon is -1e-06"),
        ({"rms_norm_eps": float("nan")}, "epsilon is nan"),
        ({"rms_norm_eps": "small"}, "cannot be right"),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": -1.0}}, r"RoPE base is -1\.0"),
        ({"rope_parameters": {"rope_type": "linear", "factor": "4"}}, "RoPE scaling's factor is '4'"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 10**400}}, "RoPE scaling's factor is 10000"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 2.0, "truncate": 3}}, "truncate is 3"),
        ({"use_sliding_window": True, "sliding_window": 1e300, "max_window_layers": 0}, "window is 1000"),
        ({"max_position_embeddings": 0}, "context is 0"),
        ({"max_position_embeddings": -5}, "context is -5"),
        ({"num_attention_heads": 0}, "cannot be right|heads is 0"),
        ({"hidden_size": None}, "cannot be right|width is None"),
        ({"torch_dtype": 3, "unknown": {}}, ""),
    ],
)  # fmt: skip
def test_a_config_that_disagrees_with_its_tensors(folder: Path, change: dict[str, Any], named: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **change}))
    if named:
        refuses(folder, named)
    else:
        assert load_transformer(folder).arch == ARCH


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=4),
    st.lists(st.integers(0, 3), max_size=4), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@given(data=st.data())
def test_a_config_with_any_value_is_refused_or_gives_numbers(
    whole: tuple[Path, bytes], data: st.DataObject
) -> None:
    folder, weights = whole
    (folder / "model.safetensors").write_bytes(weights)
    good = (folder / "config.json").read_text()
    config = json.loads(good)
    where = config
    key = data.draw(st.sampled_from(sorted(config)))
    if key == "rope_parameters" and data.draw(st.booleans()):
        where = config["rope_parameters"]
        where |= data.draw(
            st.sampled_from([{}, {"rope_type": "yarn", "factor": 2.0}, {"rope_type": "llama3"}])
        )
        key = data.draw(st.sampled_from(["rope_theta", "factor", "rope_type", "beta_fast", "truncate"]))
    where[key] = data.draw(JUNK)
    (folder / "config.json").write_text(json.dumps(config))
    try:
        loaded = load_transformer(folder)
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        with torch.inference_mode():
            assert bool(loaded(torch.arange(16)[None]).isfinite().all())
    finally:
        (folder / "config.json").write_text(good)


def test_files_that_are_empty_or_folders(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")
    refuses(folder, "not a whole safetensors file")
    (folder / "model.safetensors").write_bytes(save({}))
    refuses(folder, "has no weights")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()
    refuses(folder, r"has no model\.safetensors")
    (folder / "config.json").write_bytes(b"")
    refuses(folder, r"config\.json cannot be read")
    (folder / "config.json").write_bytes(b"[" * 100_000)
    refuses(folder, r"config\.json cannot be read")
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    refuses(folder, r"config\.json cannot be read")
