"""Transformers from and to Hugging Face folders: config.json, safetensors, generation_config.json.

Never unpickles and never runs code from a checkpoint. Knows nothing of tokenizers or templates, which
lie in the same folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.assembly import Dtype, assemble, check_layers
from ponder.model.key_styles import HEAD, hf_name, our_name
from ponder.model.shards import Stored, read_headers, read_json, read_tensors, write_tensors
from ponder.model.transformer import Transformer
from ponder.storage import write_text

CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"
MAX_SHARD_BYTES = 5 * 10**9
KINDS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64}
"""The types that we read, in the words of safetensors."""


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The token ids that end and begin a text, as the folder declares them."""

    eos_ids: tuple[int, ...]
    bos_id: int | None


def load_transformer(
    folder: Path, *, dtype: Dtype = torch.float32, device: torch.device | str = "cpu"
) -> Transformer:
    """The model in a Hugging Face folder, its weights cast to `dtype`."""
    config = read_json(folder / CONFIG)
    stored = _text_tensors(folder)
    arch = _read_architecture(config, stored, folder)
    tensors = _named_as_ours(read_tensors(folder, [each.name for each in stored]))
    return assemble(arch, tensors, source=folder, dtype=dtype, device=device)


def read_special_ids(folder: Path) -> SpecialIds:
    """From generation_config.json, or config.json where that says nothing."""
    config = read_json(folder / CONFIG)
    if (folder / GENERATION_CONFIG).is_file():
        config |= {
            key: value for key, value in read_json(folder / GENERATION_CONFIG).items() if value is not None
        }
    eos = config.get("eos_token_id")
    several = cast(list[Any], eos) if isinstance(eos, list) else [] if eos is None else [eos]
    bos = config.get("bos_token_id")
    for token in (*several, *([] if bos is None else [bos])):
        if not isinstance(token, int) or isinstance(token, bool):
            raise ModelError(f"{folder}: the special token id {token!r} must be a whole number")
    return SpecialIds(tuple(several), bos)


def save_transformer(
    model: Transformer,
    folder: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    eos_ids: Iterable[int],
    bos_id: int | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """Write what `transformers` and every engine built on its format can load.

    Weights of more than `max_shard_bytes` go into several files with an index. Each file is replaced whole;
    wrap the call in `storage.replacing_folder` to replace all of them at once.
    """
    if not all(tensor.is_floating_point() for tensor in model.state_dict().values()):
        raise ModelError("a model rounded to 8-bit integers cannot be saved: load it in another precision")
    tokens = {"bos_token_id": bos_id, "eos_token_id": sorted(eos_ids)}
    config = {**model.arch.to_hf(), **tokens, "dtype": str(dtype).removeprefix("torch.")}
    tensors = {
        hf_name(name): tensor
        for name, tensor in model.state_dict().items()
        if not (name == HEAD and model.arch.tied_embeddings)
    }
    write_tensors(tensors, folder, dtype=dtype, max_bytes=max_shard_bytes)
    write_text(folder / GENERATION_CONFIG, json.dumps(tokens, indent=2) + "\n")
    write_text(folder / CONFIG, json.dumps(config, indent=2) + "\n")


def _read_architecture(config: dict[str, Any], stored: list[Stored], folder: Path) -> Architecture:
    names = [name for each in stored if (name := our_name(each.name)) is not None]
    for part in (config, config.get("text_config")):
        layers = cast(dict[str, Any], part).get("num_hidden_layers") if isinstance(part, dict) else None
        if layers is not None and not isinstance(layers, int):
            raise ModelError(
                f"{folder / CONFIG}: num_hidden_layers is {layers!r:.40}, it must be a whole number"
            )
        if layers is not None and layers > len(stored):  # before anything is made for each of them
            check_layers(layers, names, folder)
    try:
        arch = Architecture.from_hf(config)
    except LookupError as error:
        raise ModelError(f"{folder / CONFIG} has a list that is too short: {error}") from error
    except ModelError as error:
        raise ModelError(f"{folder}: {error}") from error
    check_layers(arch.layers, names, folder)
    return arch


def _text_tensors(folder: Path) -> list[Stored]:
    """What the folder holds of the text model, all of a type that we read."""
    stored = [each for each in read_headers(folder) if our_name(each.name) is not None]
    for each in stored:
        if each.kind not in KINDS:
            raise ModelError(
                f"{folder}: tensor {each.name!r} is of type {each.kind}, which is not supported; "
                f"supported: {', '.join(KINDS)}"
            )
    if not stored:
        raise ModelError(f"{folder} has no weights: fetch the model again")
    return stored


def _named_as_ours(tensors: Iterator[tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors:
        yield our_name(name) or name, tensor
