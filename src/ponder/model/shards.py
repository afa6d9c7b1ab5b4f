"""A folder's safetensors files: one, or shards with an index that says which tensor lies where.

Files are mapped into memory and tensors read one at a time. Names are Hugging Face's, as they stand in the
files. Never unpickles. Knows nothing of models.

Format: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from ponder.errors import ModelError, StorageError
from ponder.storage import replacing_file, write_text

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor as a file's header describes it; `kind` in the format's own words, such as `BF16`."""

    name: str
    kind: str
    shape: tuple[int, ...]


def read_json(path: Path) -> dict[str, Any]:
    """The object in one of the folder's JSON files."""
    try:
        content: Any = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.parent} has no {path.name}: point at a complete Hugging Face folder"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: {first_line(error)}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is not a JSON object")
    return cast(dict[str, Any], content)


def read_headers(folder: Path) -> list[Stored]:
    """What all files hold, without reading a single weight."""
    return [each for file in weight_files(folder) for each in file_headers(file)]


def file_headers(file: Path) -> list[Stored]:
    """What one file holds."""
    return [
        Stored(name, str(part.get_dtype()), tuple(part.get_shape()))
        for name, part in _items(file, "get_slice")
    ]


def read_tensors(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
    """Those of `names`, file by file; a tensor that two files have comes twice."""
    wanted = frozenset(names)
    for file in weight_files(folder):
        yield from _items(file, "get_tensor", wanted)


def file_tensors(file: Path) -> Iterator[tuple[str, Tensor]]:
    """All that one file holds."""
    yield from _items(file, "get_tensor")


def _items(file: Path, getter: str, wanted: frozenset[str] | None = None) -> Iterator[tuple[str, Any]]:
    try:
        opened: Any = safe_open(file, framework="pt")
        with opened as handle:
            for name in handle.keys():  # noqa: SIM118  (not a mapping)
                if wanted is None or name in wanted:
                    yield str(name), getattr(handle, getter)(name)
    except (SafetensorError, OSError, ValueError, AttributeError) as error:  # the last: a type torch lacks
        raise ModelError(
            f"{file} is not a whole safetensors file: fetch it again ({first_line(error)})"
        ) from error


def weight_files(folder: Path) -> list[Path]:
    """The single file, or the shards that the index names."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        pickled = (
            " (pickled weights are never read: convert them to safetensors)"
            if any(folder.glob("*.bin"))
            else ""
        )
        raise ModelError(f"{folder} has no {WEIGHTS}: point at a complete Hugging Face folder{pickled}")
    weight_map = read_json(folder / INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{folder / INDEX} has no weight_map: fetch it again")
    names = sorted({str(name) for name in cast(dict[str, Any], weight_map).values()})
    there = {path.name for path in folder.iterdir() if path.is_file()}
    for name in names:
        if Path(name).name != name or name in ("", ".."):
            raise ModelError(f"{folder / INDEX} points outside its folder: {name!r:.80}")
        if name not in there:
            raise ModelError(f"{folder} lacks {name!r:.80}, which {INDEX} names: fetch it again")
    return [folder / name for name in names]


def write_tensors(tensors: Mapping[str, Tensor], folder: Path, *, dtype: Any, max_bytes: int) -> None:
    """One file, or several of at most `max_bytes` each with an index; a tensor that is larger gets its own.

    Tensors are cast to `dtype` a file at a time. Weight files of an earlier save that would shadow these go.
    """
    shards = _split(tensors, dtype.itemsize, max_bytes)
    count = len(shards)
    names = [WEIGHTS] if count == 1 else [_shard_name(index, count) for index in range(1, count + 1)]
    for name, shard in zip(names, shards, strict=True):
        write_file(folder / name, {key: tensors[key].detach().to("cpu", dtype) for key in shard})
    if count > 1:
        total = sum(tensor.numel() for tensor in tensors.values()) * dtype.itemsize
        places = {key: name for name, shard in zip(names, shards, strict=True) for key in shard}
        index = {"metadata": {"total_size": total}, "weight_map": places}
        write_text(folder / INDEX, json.dumps(index, indent=2) + "\n")
    stale = {WEIGHTS, INDEX} - ({WEIGHTS} if count == 1 else {INDEX})
    for path in [*(folder / name for name in stale), *folder.glob("model-*-of-*.safetensors")]:
        if path.name not in names:
            with suppress(FileNotFoundError):
                path.unlink()


def _split(tensors: Mapping[str, Tensor], itemsize: int, max_bytes: int) -> list[list[str]]:
    shards: list[list[str]] = [[]]
    filled = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * itemsize
        if shards[-1] and filled + size > max_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(name)
        filled += size
    return shards


def _shard_name(index: int, count: int) -> str:
    return f"model-{index:05}-of-{count:05}.safetensors"


def write_file(path: Path, tensors: dict[str, Tensor]) -> None:
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    with replacing_file(path) as temporary:
        try:
            save_file(contiguous, temporary, metadata={"format": "pt"})
        except SafetensorError as error:  # the library wraps a full disk or a missing permission in its own
            raise StorageError(f"{path} could not be written: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
