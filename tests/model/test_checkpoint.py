"""Hugging Face folders in and out, and what is said of damaged ones."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ponder.errors import ModelError, StorageError
from ponder.model.architecture import Architecture
from ponder.model.checkpoint import (
    SpecialIds,
    load_transformer,
    read_special_ids,
    save_transformer,
)
from ponder.model.transformer import Transformer, initialise
from ponder.storage import replacing_folder


def small_model(*, tied: bool = True) -> Transformer:
    arch = Architecture(
        family="qwen2", vocab_size=40, width=16, layers=2, heads=4, kv_heads=2, head_size=4, mlp_width=24,
        context=32, tied_embeddings=tied,
    )  # fmt: skip
    model = Transformer(arch)
    initialise(model, seed=0)
    return model


def saved(folder: Path, *, tied: bool = True) -> Transformer:
    model = small_model(tied=tied)
    save_transformer(model, folder, dtype=torch.float32, eos_ids=[2, 0], bos_id=1)
    return model


def edit(folder: Path, **changes: torch.Tensor | None) -> None:
    """Replace or drop tensors; dots are written as double underscores."""
    tensors = load_file(folder / "model.safetensors")
    for name, tensor in changes.items():
        tensors.pop(name.replace("__", "."), None)
        if tensor is not None:
            tensors[name.replace("__", ".")] = tensor
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize("tied", [True, False])
def test_round_trip(tmp_path: Path, tied: bool) -> None:
    model = saved(tmp_path, tied=tied)
    again = load_transformer(tmp_path)
    assert again.arch == model.arch
    assert not again.training
    assert (again.lm_head.weight is again.embed_tokens.weight) is tied
    for (name, old), (_, new) in zip(model.named_parameters(), again.named_parameters(), strict=True):
        assert torch.equal(old, new), name
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json", "generation_config.json", "model.safetensors",
    ]  # fmt: skip
    with safe_open(tmp_path / "model.safetensors", framework="pt") as handle:
        assert handle.metadata() == {"format": "pt"}
        assert ("lm_head.weight" in handle.keys()) is not tied  # noqa: SIM118


def test_bfloat16_is_kept(tmp_path: Path) -> None:
    save_transformer(small_model(), tmp_path, eos_ids=[2])
    model = load_transformer(tmp_path, dtype=torch.bfloat16)
    assert model.dtype is torch.bfloat16
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"
    assert model(torch.tensor([[1, 2, 3]])).dtype is torch.bfloat16


def test_a_model_in_eight_bits_is_not_saved(tmp_path: Path) -> None:
    model = small_model()
    model.norm.register_buffer("scale", torch.ones(3, dtype=torch.int8))
    with pytest.raises(ModelError, match="8-bit"):
        save_transformer(model, tmp_path, eos_ids=[2])
    assert not list(tmp_path.iterdir())


def test_special_ids(tmp_path: Path) -> None:
    saved(tmp_path)
    assert read_special_ids(tmp_path) == SpecialIds((0, 2), 1)
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": 5}')
    assert read_special_ids(tmp_path) == SpecialIds((5,), 1)
    (tmp_path / "generation_config.json").unlink()
    assert read_special_ids(tmp_path) == SpecialIds((0, 2), 1)


@pytest.mark.parametrize("wrong", ["2", [2, "a"], 2.5, True, {"a": 1}, [[2]]])
@pytest.mark.parametrize("key", ["eos_token_id", "bos_token_id"])
def test_special_ids_are_whole_numbers(tmp_path: Path, key: str, wrong: object) -> None:
    saved(tmp_path)
    (tmp_path / "generation_config.json").write_text(json.dumps({key: wrong}))
    with pytest.raises(ModelError, match="must be a whole number"):
        read_special_ids(tmp_path)


def shard(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    files = {name: "a.safetensors" if index % 2 else "b.safetensors" for index, name in enumerate(names)}
    for file in set(files.values()):
        save_file({name: tensors[name] for name in names if files[name] == file}, folder / file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))


def test_shards(tmp_path: Path) -> None:
    model = saved(tmp_path)
    shard(tmp_path)
    ids = torch.tensor([[3, 1, 4]])
    assert torch.equal(load_transformer(tmp_path)(ids), model(ids))
    (tmp_path / "b.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks 'b\.safetensors'"):
        load_transformer(tmp_path)


def test_the_wrong_tensors_are_named(tmp_path: Path) -> None:
    saved(tmp_path)
    edit(tmp_path, model__layers__1__mlp__up_proj__weight=None)
    with pytest.raises(ModelError, match=r"lacks .*layers\.1\.mlp\.up_proj\.weight"):
        load_transformer(tmp_path)
    edit(tmp_path, model__layers__1__mlp__up_proj__weight=torch.zeros(24, 15))
    with pytest.raises(ModelError, match=r"layers\.1\.mlp\.up_proj\.weight.* \[24, 15\].* \[24, 16\]"):
        load_transformer(tmp_path)
    edit(tmp_path, model__layers__1__mlp__up_proj__weight=torch.zeros(24, 16), model__extra=torch.zeros(1))
    with pytest.raises(ModelError, match="'extra'"):
        load_transformer(tmp_path)


def test_what_old_exporters_add_is_passed_over(tmp_path: Path) -> None:
    model = saved(tmp_path)
    edit(
        tmp_path,
        lm_head__weight=torch.zeros(40, 16),
        model__layers__0__self_attn__rotary_emb__inv_freq=torch.zeros(2),
    )
    assert torch.equal(load_transformer(tmp_path).lm_head.weight, model.embed_tokens.weight)


def test_damaged_and_missing_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_transformer(tmp_path)
    saved(tmp_path)
    weights = (tmp_path / "model.safetensors").read_bytes()
    for damaged in (weights[:-7], weights[:4], b"", b"\xff" * 64):
        (tmp_path / "model.safetensors").write_bytes(damaged)
        with pytest.raises(ModelError, match="not a whole safetensors file") as caught:
            load_transformer(tmp_path)
        assert "\n" not in str(caught.value)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config\.json cannot be read"):
        load_transformer(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ModelError, match="not a JSON object"):
        load_transformer(tmp_path)


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


def test_pickled_weights_are_refused_unread(tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError, match="pickled weights are never read"):
        load_transformer(tmp_path)


def test_saving_where_nothing_can_be_saved_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").mkdir()
    with pytest.raises(StorageError):
        save_transformer(small_model(), tmp_path, eos_ids=[2])
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_changing_a_loaded_model_leaves_its_file_as_it_was(tmp_path: Path) -> None:
    """Weights of the wanted type are the mapped file itself, until they are written to."""
    saved(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    model = load_transformer(tmp_path)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(1.0)
    assert (tmp_path / "model.safetensors").read_bytes() == before


def test_a_model_can_be_saved_over_the_folder_it_was_loaded_from(tmp_path: Path) -> None:
    saved(tmp_path / "m")
    model = load_transformer(tmp_path / "m")
    with replacing_folder(tmp_path / "m") as temporary:
        save_transformer(model, temporary, dtype=torch.float32, eos_ids=[2])
    ids = torch.tensor([[3, 1, 4]])
    assert torch.equal(load_transformer(tmp_path / "m")(ids), model(ids))
