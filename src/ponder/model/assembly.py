"""A model put together from tensors that come one at a time, each checked before it is taken.

Memory never holds all weights twice: the model begins without any. Every tensor must be one that the
architecture needs, of its shape, of a floating-point type and finite. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.key_styles import HEAD
from ponder.model.rope import Factors, Rope
from ponder.model.transformer import Transformer

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
LEAST, MOST = 1e-12, 1e12
"""Numbers of a config lie between these; one that does not has been damaged."""
SWITCHES = ("truncate",)
"""Fields of a RoPE scaling that are no numbers."""

Dtype = torch.dtype | Callable[[Architecture], torch.dtype]
"""A type for all weights, or the choice of one."""


def assemble(
    arch: Architecture,
    tensors: Iterable[tuple[str, Tensor]],
    *,
    source: Path,
    dtype: Dtype,
    device: torch.device | str,
) -> Transformer:
    """A model that holds `tensors` (our names), cast to `dtype`. Raises `ModelError` naming what is wrong."""
    check_numbers(arch, source)
    dtype = dtype if isinstance(dtype, torch.dtype) else dtype(arch)
    model = _empty(arch, source)
    wanted = {name for name, _ in model.named_parameters()}
    taken: set[str] = set()
    for name, tensor in tensors:
        if name in taken:
            raise ModelError(f"{source} has the tensor {name!r} twice: fetch the model again")
        taken.add(name)
        if name == HEAD and arch.tied_embeddings:
            continue  # some exporters write the shared matrix twice
        if name not in wanted:
            raise ModelError(f"{source} has a tensor {name!r} that {_described(arch)} does not use")
        if tensor.dtype not in FLOATS:
            kind = str(tensor.dtype).removeprefix("torch.")
            raise ModelError(f"{source}: tensor {name!r} is of type {kind}, which is not supported")
        _place(model, name, tensor.to(device, dtype), source)
    if missing := wanted - taken:
        raise ModelError(
            f"{source} lacks the tensor {min(missing)!r} ({len(missing)} missing) of {_described(arch)}: "
            "fetch the model again"
        )
    if arch.tied_embeddings:
        model.lm_head.weight = model.embed_tokens.weight
    return model.eval()


def check_layers(layers: Any, names: Iterable[str], source: Path) -> None:
    """Before anything is made for each of so many layers: are there tensors of them?"""
    labels = {name.split(".")[1] for name in names if name.startswith("layers.")}
    found = [label for label in labels if label.isascii() and label.isdigit()]
    if isinstance(layers, int) and layers != len(found):
        raise ModelError(
            f"{source}: the model should have {layers!r:.12} layers, its tensors are of {len(found)}"
        )


def check_numbers(arch: Architecture, source: Path) -> None:
    """Numbers that no shape depends on, so that no tensor would betray them."""
    _check_range(arch.norm_eps, "the norms' epsilon", source, most=1.0)
    for name in ("attention_scale", "attention_softcap", "logit_softcap"):
        if (value := getattr(arch, name)) is not None:
            _check_range(value, name, source)
    for window in set(arch.windows) - {None}:
        _check_range(window, "the sliding window", source)
    for rope in (arch.rope, arch.local_rope):
        if rope is not None:
            _check_rope(rope, source)


def _check_rope(rope: Rope, source: Path) -> None:
    _check_range(rope.base, "the RoPE base", source, least=2.0)
    scaling = rope.scaling
    if isinstance(scaling, Factors):
        for factor in scaling.factors:
            _check_range(factor, "a RoPE factor", source)
        return
    for each in fields(scaling) if scaling is not None else ():
        value = getattr(scaling, each.name)
        if each.name in SWITCHES:
            if not isinstance(value, bool):
                raise ModelError(
                    f"{source}: the RoPE scaling's {each.name} is {value!r:.40}, not true or false"
                )
        elif value is not None:
            _check_range(value, f"the RoPE scaling's {each.name}", source)


def _check_range(value: Any, what: str, source: Path, *, least: float = LEAST, most: float = MOST) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and least <= value <= most):  # which no NaN is
        raise ModelError(
            f"{source}: {what} is {value!r:.40}, it must be a number between {least:g} and {most:g}"
        )


def _described(arch: Architecture) -> str:
    return f"a {arch.family} model of {arch.layers} layers"


def _empty(arch: Architecture, source: Path) -> Transformer:
    try:
        with torch.device("meta"), _Unfilled():
            return Transformer(arch)
    except (RuntimeError, OverflowError) as error:  # torch cannot count so far
        raise ModelError(f"{source}: no machine has room for a model of the sizes it gives") from error


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
    if not (tensor.sum().isfinite() or tensor.isfinite().all()):
        raise ModelError(f"{source}: tensor {name!r} has numbers that are not finite (NaN or infinity)")
    owner, _, leaf = name.rpartition(".")
    setattr(model.get_submodule(owner), leaf, nn.Parameter(tensor))
