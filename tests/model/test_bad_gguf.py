"""GGUF files that are whole but wrong: keys, types, shapes and numbers, each refused by name."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st
from model.test_gguf import random_llama, write_gguf
from model.test_gguf_file import file, key, tensor, text

from ponder.errors import ModelError
from ponder.model.gguf import GgufModel, load_gguf
from ponder.model.gguf_file import BLOCK_TYPES, read_gguf

Edit = Callable[[dict[str, Any], dict[str, np.ndarray[Any, Any]]], None]
REQUIRED = (
    "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
    "attention.layer_norm_rms_epsilon",
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    -1, 0, 2**40, 2**63 - 1, 2.5, float("nan"), float("inf"), "x", [1, 2], ["a"], [2.5],
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "whole.gguf"
    write_gguf(path, random_llama())
    return path


def edited(whole: Path, path: Path, edit: Edit) -> Path:
    """The whole file again with its keys and tensors changed; lists become arrays of the first one's type."""
    read = read_gguf(whole)
    keys, tensors = dict(read.metadata), {name: block.numbers() for name, block in read.blocks.items()}
    edit(keys, tensors)
    writer = gguf.GGUFWriter(path, "llama")
    writer.kv_data[0].clear()
    for name, value in keys.items():
        adds = {
            bool: writer.add_bool, int: writer.add_int64, float: writer.add_float32, str: writer.add_string,
            list: writer.add_array,
        }  # fmt: skip
        adds[type(value)](name, value)
    for name, numbers in tensors.items():
        writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def refused(path: Path, named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        load_gguf(path)
    assert "\n" not in str(caught.value)


def loads_whole_or_is_refused(path: Path) -> GgufModel | None:
    try:
        loaded = load_gguf(path)
    except ModelError as error:
        assert "\n" not in str(error)
        return None
    assert all(bool(parameter.isfinite().all()) for parameter in loaded.transformer.parameters())
    return loaded


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_key_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    refused(
        edited(whole, tmp_path / "m.gguf", lambda keys, _: keys.pop(f"llama.{name}")),
        rf"m\.gguf lacks the key 'llama\.{name}'",
    )


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize(
    "name",
    [
        *(f"llama.{name}" for name in REQUIRED[:-1]), "llama.attention.head_count_kv", "general.architecture",
        "llama.attention.key_length", "llama.rope.dimension_count",
    ],
)  # fmt: skip
def test_a_key_of_a_wrong_type_or_size_is_refused(
    whole: Path, tmp_path: Path, name: str, wrong: object
) -> None:
    refused(
        edited(whole, tmp_path / "m.gguf", lambda keys, _: keys.update({name: wrong})),
        r"m\.gguf|the model's|evenly|rotated",
    )


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize(
    "name",
    [
        "llama.attention.layer_norm_rms_epsilon", "llama.rope.freq_base", "llama.rope.scaling.type",
        "llama.rope.scaling.factor", "llama.expert_count", "split.count", "tokenizer.ggml.model",
        "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.ggml.scores",
        "tokenizer.ggml.token_type", "tokenizer.ggml.eos_token_id", "tokenizer.chat_template",
        "tokenizer.ggml.add_space_prefix",
    ],
)  # fmt: skip
def test_any_value_is_refused_or_gives_a_whole_model(
    whole: Path, tmp_path: Path, name: str, wrong: object
) -> None:
    loads_whole_or_is_refused(edited(whole, tmp_path / "m.gguf", lambda keys, _: keys.update({name: wrong})))


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind.name not in BLOCK_TYPES], ids=lambda k: k.name
)
def test_every_unsupported_block_type_is_named(tmp_path: Path, kind: Kind) -> None:
    length, size = GGML_QUANT_SIZES[kind]
    header = file(tensors=1, rest=tensor(b"token_embd.weight", [length], kind=kind.value))
    (tmp_path / "m.gguf").write_bytes(header + bytes(-len(header) % 32) + bytes(size))
    refused(tmp_path / "m.gguf", rf"'token_embd\.weight' has the block type {kind.name}, .* supported: F32")


@pytest.mark.parametrize("kind", [name for name in BLOCK_TYPES if not name.endswith("_K")])
def test_numbers_that_are_not_finite_are_named(whole: Path, tmp_path: Path, kind: str) -> None:
    """In the scale of a block or the number itself, without a warning on the way."""
    path = tmp_path / "m.gguf"
    write_gguf(path, random_llama(), Kind[kind])
    packed = path.read_bytes()
    block = read_gguf(path).blocks["blk.1.attn_k.weight"].data.tobytes()
    at = packed.index(block)
    for bad in (b"\x00\x7c", b"\x01\x7c", b"\x01\xfe") if kind not in ("F32", "BF16") else (b"\x80\x7f",):
        damaged = bad * (4 if kind.startswith("F") or kind == "BF16" else 1)
        path.write_bytes(packed[:at] + damaged + packed[at + len(damaged) :])
        refused(path, r"'layers\.1\.self_attn\.k_proj\.weight' has numbers that are not finite")


@settings(max_examples=100)
@given(data=st.data())
def test_changed_bytes_of_weights_are_refused_or_finite(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.gguf"
    write_gguf(path, random_llama(), Kind[data.draw(st.sampled_from(["F32", "F16", "Q4_1", "Q8_0"]))])
    packed = path.read_bytes()
    start = len(packed) - sum(block.data.nbytes for block in read_gguf(path).blocks.values())
    at = data.draw(st.integers(start, len(packed) - 1))
    new = data.draw(st.binary(min_size=1, max_size=8) | st.just(b"\xff" * 8) | st.just(b"\x00\x7c" * 4))
    path.write_bytes((packed[:at] + new + packed[at + len(new) :])[: len(packed)])
    loaded = loads_whole_or_is_refused(path)
    assert loaded is None or loaded.transformer.arch.layers == 2


def test_every_missing_or_turned_tensor_is_named(whole: Path, tmp_path: Path) -> None:
    for name, block in read_gguf(whole).blocks.items():
        if name.startswith("blk.0.") or name == "output.weight":
            continue  # the layers are alike, and without an output the embedding is tied

        def drop(_: dict[str, Any], tensors: dict[str, Any], name: str = name) -> None:
            del tensors[name]

        def turn(_: dict[str, Any], tensors: dict[str, Any], name: str = name) -> None:
            tensors[name] = np.ascontiguousarray(tensors[name].T)

        refused(edited(whole, tmp_path / "m.gguf", drop), "lacks the tensor '[a-z0-9_.]+'")
        if len(set(block.shape)) == 2:
            refused(edited(whole, tmp_path / "m.gguf", turn), "'[a-z0-9_.]+' has shape .*, the model needs")


@pytest.mark.parametrize(
    "name",
    ["blk.1.ffn_gate_exps.weight", "blk.1.attn_qkv.weight", "blk.1", "blk..x", "v.blk.0", "cls.weight"],
)
def test_a_tensor_too_many_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    def add(_: dict[str, Any], tensors: dict[str, Any]) -> None:
        tensors[name] = np.zeros(4, dtype=np.float32)

    refused(edited(whole, tmp_path / "m.gguf", add), rf"has a tensor '{name}' that a llama model")


def test_a_layer_whose_number_is_none_is_refused(whole: Path, tmp_path: Path) -> None:
    def add(_: dict[str, Any], tensors: dict[str, Any]) -> None:
        tensors["blk.².attn_q.weight"] = np.zeros(4, dtype=np.float32)

    refused(edited(whole, tmp_path / "m.gguf", add), "layers|does not use")


@pytest.mark.parametrize(
    "factors",
    [[1.0], [1.0] * 9, [[1.0] * 8], [0.0] * 8, [float("nan")] * 8, [1e30] * 8],
)
def test_rope_factors_that_do_not_fit_are_named(whole: Path, tmp_path: Path, factors: list[Any]) -> None:
    """Heads are of 16 numbers, so 8 factors are needed."""

    def add(_: dict[str, Any], tensors: dict[str, Any]) -> None:
        tensors["rope_freqs.weight"] = np.array(factors, dtype=np.float32)

    refused(edited(whole, tmp_path / "m.gguf", add), "rope_freqs.weight|RoPE factor|RoPE scaling's factor")


@pytest.mark.parametrize(
    "packed",
    [
        file(keys=2**64 - 1, rest=bytes(4096)),
        file(tensors=2**64 - 1, rest=bytes(4096)),
        file(keys=1, rest=key(9, struct.pack("<IQ", 8, 2**40)) + bytes(4096)),
        file(keys=1, rest=key(9, struct.pack("<IQ", 12, 2**61)) + bytes(4096)),
        file(keys=1, rest=text(b"a" * 4096)[:-9] + bytes(8)),
        file(keys=1, rest=struct.pack("<Q", 2**64 - 1) + bytes(4096)),
        file(tensors=1, rest=tensor(b"t", [2**63, 2**63, 2**63, 2**63]) + bytes(4096)),
        file(tensors=1, rest=tensor(b"t", [8], offset=2**64 - 32) + bytes(4096)),
    ],
)
def test_absurd_sizes_take_neither_time_nor_memory(tmp_path: Path, packed: bytes) -> None:
    (tmp_path / "m.gguf").write_bytes(packed)
    tracemalloc.start()
    began = time.monotonic()
    refused(tmp_path / "m.gguf", "not a whole GGUF file")
    seconds, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 2**20
