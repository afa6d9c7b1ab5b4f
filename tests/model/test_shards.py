"""Weights in several files: whole, in their sizes, and what is said when pieces are missing."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from model.families import make_ours
from safetensors.torch import load_file, save_file

from ponder.errors import ModelError
from ponder.model.checkpoint import load_transformer, save_transformer
from ponder.model.shards import INDEX, WEIGHTS, read_headers, read_tensors, write_tensors

IDS = torch.randint(0, 260, (1, 20), generator=torch.Generator().manual_seed(1))


def save(folder: Path, *, max_shard_bytes: int) -> list[str]:
    model = make_ours("qwen3")
    save_transformer(model, folder, dtype=torch.float32, eos_ids=[1], max_shard_bytes=max_shard_bytes)
    return sorted(path.name for path in folder.glob("*.safetensors*"))


def test_transformers_loads_our_shards(tmp_path: Path) -> None:
    names = save(tmp_path, max_shard_bytes=40_000)
    count = len(names) - 1
    assert count > 2
    assert names == [f"model-{i:05}-of-{count:05}.safetensors" for i in range(1, count + 1)] + [INDEX]
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).eval()
    with torch.inference_mode():
        torch.testing.assert_close(theirs(IDS).logits, make_ours("qwen3")(IDS), atol=1e-5, rtol=0)
        assert torch.equal(load_transformer(tmp_path)(IDS), make_ours("qwen3")(IDS))


def test_what_an_earlier_save_left_is_not_read(tmp_path: Path) -> None:
    """A single file would hide shards, and shards of another count would lie about."""
    assert save(tmp_path, max_shard_bytes=10**9) == [WEIGHTS]
    several = save(tmp_path, max_shard_bytes=60_000)
    assert WEIGHTS not in several
    fewer = save(tmp_path, max_shard_bytes=120_000)
    assert len(fewer) < len(several)
    assert load_transformer(tmp_path).arch == make_ours("qwen3").arch
    assert save(tmp_path, max_shard_bytes=10**9) == [WEIGHTS]


@settings(max_examples=25)  # each writes to the disk and waits for it
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 60))
def test_shards_hold_every_tensor_once_and_keep_to_their_size(sizes: list[int], most: int) -> None:
    tensors = {f"t{index}": torch.full((size,), float(index)) for index, size in enumerate(sizes)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tensors(tensors, folder, dtype=torch.float32, max_bytes=most)
        again = dict(read_tensors(folder, tensors))
        assert again.keys() == tensors.keys()
        assert all(torch.equal(again[key], tensors[key]) for key in tensors)
        assert {(each.name, each.kind, each.shape) for each in read_headers(folder)} == {
            (key, "F32", tuple(tensor.shape)) for key, tensor in tensors.items()
        }
        for path in folder.glob("*.safetensors"):
            held = load_file(path)
            assert len(held) == 1 or sum(tensor.nbytes for tensor in held.values()) <= most
        if (folder / INDEX).is_file():
            assert json.loads((folder / INDEX).read_text())["metadata"]["total_size"] == 4 * sum(sizes)


def index(folder: Path, content: object) -> None:
    (folder / INDEX).write_text(json.dumps(content))


@pytest.mark.parametrize("content", [{}, {"weight_map": []}, {"weight_map": {}}, {"weight_map": "a"}])
def test_an_index_without_a_map_is_named(content: object, tmp_path: Path) -> None:
    save(tmp_path, max_shard_bytes=60_000)
    index(tmp_path, content)
    with pytest.raises(ModelError, match="has no weight_map"):
        load_transformer(tmp_path)


@pytest.mark.parametrize("name", ["../b.safetensors", "/tmp/b.safetensors", "sub/b.safetensors", "..", ""])
def test_an_index_cannot_point_outside_its_folder(name: str, tmp_path: Path) -> None:
    save(tmp_path, max_shard_bytes=60_000)
    index(tmp_path, {"weight_map": {"model.norm.weight": name}})
    with pytest.raises(ModelError, match="points outside its folder"):
        load_transformer(tmp_path)


def test_missing_and_damaged_shards_are_named(tmp_path: Path) -> None:
    names = save(tmp_path, max_shard_bytes=60_000)
    first = (tmp_path / names[0]).read_bytes()
    (tmp_path / names[0]).write_bytes(first[:-1])
    with pytest.raises(ModelError, match=f"{names[0]} is not a whole safetensors file"):
        load_transformer(tmp_path)
    (tmp_path / names[0]).unlink()
    with pytest.raises(ModelError, match=f"lacks '{names[0]}', which {INDEX} names"):
        load_transformer(tmp_path)


def test_a_tensor_in_two_shards_is_there_twice(tmp_path: Path) -> None:
    names = save(tmp_path, max_shard_bytes=60_000)
    held = load_file(tmp_path / names[1])
    name, tensor = next(iter(load_file(tmp_path / names[0]).items()))
    save_file({**held, name: tensor}, tmp_path / names[1])
    with pytest.raises(ModelError, match=f"the tensor '{name.removeprefix('model.')}' twice"):
        load_transformer(tmp_path)
