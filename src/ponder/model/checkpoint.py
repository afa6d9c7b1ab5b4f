"""Transformers from and to Hugging Face folders: config.json, safetensors, generation_config.json.

Never unpickles and never runs code from a checkpoint. Knows nothing of tokenizers or templates, which
lie in the same folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ponder.errors import ModelError, StorageError
from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer
from ponder.storage import replacing_file, write_text

CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PREFIX = "model."
HEAD = "lm_head.weight"
OTHER_PREFIXES = ("model.language_model.", "language_model.model.")
"""Of the text model in folders of models that also see."""
OTHER_HEAD = "language_model.lm_head.weight"
PASSED_OVER = (
    "vision_tower.",
    "model.vision_tower.",
    "multi_modal_projector.",
    "model.multi_modal_projector.",
)
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The token ids that end and begin a text, as the folder declares them."""

    eos_ids: tuple[int, ...]
    bos_id: int | None


Dtype = torch.dtype | Callable[[Architecture], torch.dtype]
"""A type for all weights, or the choice of one."""


def load_transformer(
    folder: Path, *, dtype: Dtype = torch.float32, device: torch.device | str = "cpu"
) -> Transformer:
    """The model in a Hugging Face folder, its weights cast to `dtype`."""
    arch = Architecture.from_hf(read_json(folder / CONFIG))
    return assemble(arch, _read_tensors(folder), source=folder, dtype=dtype, device=device)


def read_special_ids(folder: Path) -> SpecialIds:
    """From generation_config.json, or config.json where that says nothing."""
    config = read_json(folder / CONFIG)
    if (folder / GENERATION_CONFIG).is_file():
        config |= {
            key: value for key, value in read_json(folder / GENERATION_CONFIG).items() if value is not None
        }
    eos = config.get("eos_token_id")
    eos_ids = tuple(cast(list[int], eos)) if isinstance(eos, list) else () if eos is None else (int(eos),)
    return SpecialIds(eos_ids, config.get("bos_token_id"))


def save_transformer(
    model: Transformer,
    folder: Path,
    *,
    dtype: torch.dtype = torch.bfloat16,
    eos_ids: Iterable[int],
    bos_id: int | None = None,
) -> None:
    """Write what `transformers` and every engine built on its format can load.

    Each file is replaced whole; wrap the call in `storage.replacing_folder` to replace all of them at once.
    """
    tokens = {"bos_token_id": bos_id, "eos_token_id": sorted(eos_ids)}
    config = {**model.arch.to_hf(), **tokens, "dtype": str(dtype).removeprefix("torch.")}
    tensors = {
        _hf_name(name): tensor.detach().to("cpu", dtype).contiguous()
        for name, tensor in model.state_dict().items()
        if not (name == HEAD and model.arch.tied_embeddings)
    }
    with replacing_file(folder / WEIGHTS) as temporary:
        try:
            save_file(tensors, temporary, metadata={"format": "pt"})
        except (
            SafetensorError
        ) as error:  # the library wraps a full disk or a missing permission in its own error
            raise StorageError(f"{folder / WEIGHTS} could not be written: {_first_line(error)}") from error
    write_text(folder / GENERATION_CONFIG, json.dumps(tokens, indent=2) + "\n")
    write_text(folder / CONFIG, json.dumps(config, indent=2) + "\n")


def assemble(
    arch: Architecture,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    source: Path,
    dtype: Dtype,
    device: torch.device | str,
) -> Transformer:
    """A model that holds `tensors` (our names), taken one at a time so that memory never holds all twice."""
    dtype = dtype if isinstance(dtype, torch.dtype) else dtype(arch)
    with torch.device("meta"), _Unfilled():
        model = Transformer(arch)
    wanted = {name for name, _ in model.named_parameters()}
    for name, tensor in tensors:
        if name == HEAD and arch.tied_embeddings:
            continue  # some exporters write the shared matrix twice
        if name not in wanted:
            raise ModelError(
                f"{source} has a tensor {name!r} that a {arch.family} model does not use, or has twice"
            )
        wanted.remove(name)
        if tensor.dtype not in FLOATS:
            raise ModelError(
                f"{source}: tensor {name!r} is of type {_type_name(tensor.dtype)}, which is not supported"
            )
        _place(model, name, tensor.to(device, dtype), source)
    if wanted:
        raise ModelError(
            f"{source} lacks the tensor {min(wanted)!r} ({len(wanted)} missing): fetch the model again"
        )
    if arch.tied_embeddings:
        model.lm_head.weight = model.embed_tokens.weight
    return model.eval()


class _Unfilled(TorchFunctionMode):
    """Skips the random start of weights that are about to be replaced: on `meta` it imports the compiler."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if getattr(func, "__module__", None) == nn.init.__name__:
            return args[0] if args else (kwargs or {}).get("tensor")
        return func(*args, **(kwargs or {}))


def _place(model: Transformer, name: str, tensor: Tensor, source: Path) -> None:
    wanted = model.get_parameter(name).shape
    if tensor.shape != wanted:
        raise ModelError(
            f"{source}: tensor {name!r} has shape {list(tensor.shape)}, the model needs {list(wanted)}"
        )
    # The sum is finite only if all numbers are, but for sums that overflow; these are looked at one by one.
    if not (tensor.float().sum().isfinite() or tensor.isfinite().all()):
        raise ModelError(f"{source}: tensor {name!r} has numbers that are not finite (NaN or infinity)")
    owner, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(owner), leaf, nn.Parameter(tensor))


def _read_tensors(folder: Path) -> Iterator[tuple[str, Tensor]]:
    for file in _weight_files(folder):
        try:
            opened: Any = safe_open(file, framework="pt")
            with opened as handle:
                for name in handle.keys():  # noqa: SIM118  (not a mapping)
                    # Old exporters saved a constant; the part that sees is not ours.
                    if not name.endswith("rotary_emb.inv_freq") and not name.startswith(PASSED_OVER):
                        yield _our_name(name), handle.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"{file} is not a whole safetensors file: fetch it again ({_first_line(error)})"
            ) from error


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if not (folder / INDEX).is_file():
        pickled = (
            " (pickled weights are never read: convert them to safetensors)"
            if any(folder.glob("*.bin"))
            else ""
        )
        raise ModelError(f"{folder} has no {WEIGHTS}: point at a complete Hugging Face folder{pickled}")
    weight_map = read_json(folder / INDEX).get("weight_map", {})
    names = sorted({str(name) for name in weight_map.values()})
    for name in names:
        if Path(name).name != name:
            raise ModelError(f"{folder / INDEX} points outside its folder: {name!r}")
        if not (folder / name).is_file():
            raise ModelError(f"{folder} lacks {name}, which {INDEX} names: fetch it again")
    return [folder / name for name in names]


def read_json(path: Path) -> dict[str, Any]:
    """The object in one of the folder's JSON files."""
    try:
        content: Any = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.parent} has no {path.name}: point at a complete Hugging Face folder"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {_first_line(error)}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} is not a JSON object")
    return cast(dict[str, Any], content)


def _our_name(name: str) -> str:
    """Without the prefix of its time: new folders have `model.`, base models none, some a longer one."""
    if name == OTHER_HEAD:
        return HEAD
    prefix = next((each for each in (*OTHER_PREFIXES, PREFIX) if name.startswith(each)), "")
    return name.removeprefix(prefix)


def _type_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _hf_name(name: str) -> str:
    return name if name == HEAD else PREFIX + name


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
