"""Adapters from and to folders of the PEFT library: adapter_config.json and adapter_model.safetensors.

    base_model.model.model.layers.N.self_attn.q_proj.lora_A.weight      A of a projection, R x I

Only plain LoRA on a block's projections is read. Whatever else a config switches on (DoRA, trained biases,
whole modules, ranks that differ) is refused by name, and so is any switch that is not known here: an adapter
that is half applied would be wrong without a sign of it. Never unpickles.

Format: https://huggingface.co/docs/peft/developer_guides/checkpoint
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from ponder.errors import ConfigError, ModelError
from ponder.model.key_styles import hf_name, our_name
from ponder.model.lora import (
    PROJECTIONS,
    Factors,
    LoRAConfig,
    adapted,
    plain_linear,
    projections,
    write_merged,
)
from ponder.model.shards import file_headers, file_tensors, read_json, write_file
from ponder.model.transformer import Transformer
from ponder.storage import replacing_folder, write_text

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."
MOST = 10**6
"""Of rank and alpha; more has been damaged."""
KINDS = ("F32", "F16", "BF16")
READ = ("peft_type", "task_type", "r", "lora_alpha", "use_rslora", "target_modules", "bias", "fan_in_fan_out",
        "init_lora_weights", "base_model_name_or_path")  # fmt: skip
OF_TRAINING = ("lora_dropout", "inference_mode", "auto_mapping", "peft_version", "revision", "megatron_core",
               "qalora_group_size", "loftq_config", "eva_config", "ensure_weight_tying")  # fmt: skip
"""Keys that change nothing in what a trained adapter computes."""
STARTS = (None, True, False, "gaussian", "eva", "orthogonal")
"""Ways to begin that leave the base's weights as they are."""
_KEY = re.compile(r"(layers\.\d+\.[\w.]+)\.lora_([AB])\.weight", re.ASCII)


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """What an adapter's config says."""

    lora: LoRAConfig
    base: str
    """The model that it belongs to, as its maker called it."""
    modules: tuple[str, ...]
    """The targets in the file's own words: `q_proj`, or longer names that end so."""

    def __str__(self) -> str:
        targets = ", ".join(self.lora.targets)
        base = f" for {self.base}" if self.base else ""
        return f"a LoRA adapter{base}: rank {self.lora.rank}, alpha {self.lora.alpha:g}, on {targets}"


def save_adapter(
    model: Transformer, config: LoRAConfig, folder: Path, *, base: str, readme: str = ""
) -> None:
    """Write the factors of a model that is being trained; `folder` is replaced as a whole."""
    settings = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": config.rank,
        "lora_alpha": int(config.alpha) if config.alpha == int(config.alpha) else config.alpha,
        "use_rslora": config.rslora,
        "target_modules": list(config.targets),
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "inference_mode": True,
        "modules_to_save": None,
    }
    tensors = dict[str, Tensor]()
    for name, module in adapted(model):
        for letter, tensor in zip("AB", module.factors, strict=True):
            tensors[f"{PREFIX}{hf_name(name)}.lora_{letter}.weight"] = tensor.cpu()
    with replacing_folder(folder) as temporary:
        write_file(temporary / WEIGHTS, tensors)
        write_text(temporary / CONFIG, json.dumps(settings, indent=2) + "\n")
        if readme:
            write_text(temporary / "README.md", readme)


def is_adapter(folder: Path) -> bool:
    try:
        return (folder / CONFIG).is_file()
    except OSError:  # a name that is too long, or a folder that may not be looked into
        return False


def read_adapter_info(folder: Path) -> AdapterInfo:
    """The config alone. Raises `ModelError` naming what is not supported."""
    if not is_adapter(folder):
        raise ModelError(f"{folder} has no {CONFIG}: point at the folder of a PEFT adapter")
    config = read_json(folder / CONFIG)
    _check_switches(config, folder)
    modules = _target_modules(config.get("target_modules"), folder)
    base = config.get("base_model_name_or_path")
    try:
        lora = LoRAConfig(
            rank=_number(config, "r", folder, whole=True),
            alpha=_number(config, "lora_alpha", folder),
            targets=tuple(name for name in PROJECTIONS if name in {each.split(".")[-1] for each in modules}),
            rslora=bool(config.get("use_rslora")),
        )
    except ConfigError as error:
        raise ModelError(f"{folder / CONFIG}: {error}") from error
    return AdapterInfo(lora, base if isinstance(base, str) and base.isprintable() else "", modules)


def merge_adapter(model: Transformer, folder: Path) -> AdapterInfo:
    """Add the adapter in `folder` to the weights of a plain model, which must be those it was trained on.

    The weights become the very numbers that training computed with, if it had the base in the same precision.
    """
    info = read_adapter_info(folder)
    file = _weight_file(folder)
    wanted = _wanted(model, info, folder)
    _check_headers(file, dict(_shapes(model, wanted, info.lora.rank)))
    factors = dict[str, dict[str, Tensor]]()
    for key, tensor in file_tensors(file):
        name, letter = _split(key)
        if not tensor.isfinite().all():
            raise ModelError(f"{file}: tensor {key!r} has numbers that are not finite (NaN or infinity)")
        # A copy: products over memory that is aligned otherwise could differ in the last digit.
        factors.setdefault(name, {})[letter] = tensor.to(model.device, torch.float32, copy=True)
    for name in wanted:
        weight = plain_linear(model, name).weight.detach()
        write_merged(weight, weight, Factors(factors[name]["A"], factors[name]["B"]), info.lora.scale)
    return info


def _check_switches(config: Mapping[str, Any], folder: Path) -> None:
    file = folder / CONFIG
    if (kind := config.get("peft_type")) != "LORA":
        raise ModelError(f"{file}: peft_type is {kind!r:.40}, only LORA is supported")
    if (task := config.get("task_type")) not in (None, "CAUSAL_LM"):
        raise ModelError(f"{file}: task_type is {task!r:.40}, only CAUSAL_LM is supported")
    if (bias := config.get("bias", "none")) != "none":
        raise ModelError(f"{file}: bias is {bias!r:.40}; adapters that train biases are not supported")
    if config.get("fan_in_fan_out"):
        raise ModelError(f"{file}: fan_in_fan_out is for models that are not supported here")
    start = config.get("init_lora_weights")
    if not (start is None or isinstance(start, bool) or start in STARTS):
        raise ModelError(
            f"{file}: init_lora_weights is {start!r:.40}, which changes the base's weights too: "
            "convert the adapter to plain LoRA"
        )
    for key, value in config.items():
        if key not in READ and key not in OF_TRAINING and value not in (None, False, 0, "", [], {}):
            raise ModelError(f"{file}: {key!r:.60} is set, which is not supported; only plain LoRA is")


def _target_modules(targets: Any, folder: Path) -> tuple[str, ...]:
    listed = cast(list[Any], targets) if isinstance(targets, list) else []
    if not listed:
        raise ModelError(
            f"{folder / CONFIG}: target_modules is {targets!r:.40}, it must be a list of modules by name"
        )
    for each in listed:
        if not isinstance(each, str) or each.split(".")[-1] not in PROJECTIONS:
            raise ModelError(
                f"{folder / CONFIG}: the target module {each!r:.60} cannot be adapted here; "
                f"known: {', '.join(PROJECTIONS)}"
            )
    return tuple(sorted(listed))


def _number(config: Mapping[str, Any], key: str, folder: Path, *, whole: bool = False) -> Any:
    value = config.get(key)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        kind = "whole number" if whole else "number"
        raise ModelError(f"{folder / CONFIG}: {key} is {value!r:.40}, it must be a {kind}")
    if not -MOST <= value <= MOST:  # which no NaN is
        raise ModelError(f"{folder / CONFIG}: {key} is {value!r:.40}, which is no size of an adapter")
    return value


def _weight_file(folder: Path) -> Path:
    if (folder / WEIGHTS).is_file():
        return folder / WEIGHTS
    if any(folder.glob("adapter_model*.bin")):
        raise ModelError(
            f"{folder} holds its weights as a pickle, and reading one can run any code: "
            f"save the adapter anew as {WEIGHTS}"
        )
    raise ModelError(f"{folder} has no {WEIGHTS}: point at the folder of a PEFT adapter")


def _wanted(model: Transformer, info: AdapterInfo, folder: Path) -> list[str]:
    """The model's projections that the targets mean: a target is a name or what a name ends with."""
    names = [
        name
        for name in projections(model)
        if any(f".{PREFIX}{hf_name(name)}".endswith(f".{module}") for module in info.modules)
    ]
    for module in info.modules:
        if not any(f".{PREFIX}{hf_name(name)}".endswith(f".{module}") for name in names):
            raise ModelError(f"{folder / CONFIG}: the model has no module {module!r:.80}: is it of another?")
    return names


Place = tuple[str, str]
"""A projection's name and `A` or `B`."""


def _shapes(model: Transformer, names: list[str], rank: int) -> Iterator[tuple[Place, tuple[int, ...]]]:
    for name in names:
        linear = plain_linear(model, name)
        yield (name, "A"), (rank, linear.in_features)
        yield (name, "B"), (linear.out_features, rank)


def _check_headers(file: Path, wanted: Mapping[Place, tuple[int, ...]]) -> None:
    """Before a single number is read: all tensors are there, of their shapes, and no others."""
    found = set[Place]()
    for each in file_headers(file):
        place = _split(each.name)
        if place not in wanted or place in found:
            raise ModelError(f"{file} has a tensor {each.name!r:.120} that its target_modules do not ask for")
        if each.kind not in KINDS:
            raise ModelError(f"{file}: tensor {each.name!r} is of type {each.kind}, not {' or '.join(KINDS)}")
        if each.shape != wanted[place]:
            raise ModelError(
                f"{file}: tensor {each.name!r} has shape {list(each.shape)}, rank and base model ask for "
                f"{list(wanted[place])}: is it an adapter of another model?"
            )
        found.add(place)
    if missing := [place for place in wanted if place not in found]:
        name, letter = missing[0]
        raise ModelError(
            f"{file} lacks lora_{letter} of {name} ({len(missing)} tensors missing): fetch the adapter again"
        )


def _split(key: str) -> Place:
    """Our name of the projection and the factor's letter; both empty for a tensor that is neither."""
    match = _KEY.fullmatch(our_name(key.removeprefix(PREFIX)) or "")
    return (match[1], match[2]) if match else ("", "")
