"""Transformers from GGUF files, as llama.cpp writes them.

Blocks are turned into numbers once, on loading. The container is the business of `gguf_file`, what each
architecture's metadata and tensor names mean that of `gguf_architecture`. Knows nothing of text: the
tokenizer's tables are handed on raw.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.assembly import Dtype, assemble
from ponder.model.gguf_architecture import ROPE_FACTORS, Layout, read_layout
from ponder.model.gguf_file import BLOCK_TYPES, GgufFile, read_gguf
from ponder.model.transformer import Transformer

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufTokenizer:
    """The tables that a tokenizer is built from, as the file has them."""

    model: str
    """The kind: `gpt2` is byte-level BPE, `llama` is SentencePiece's BPE."""
    pre_tokenizer: str
    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    scores: tuple[float, ...]
    token_types: tuple[int, ...]
    space_prefix: bool
    eos_ids: tuple[int, ...]
    """The end of a text, of a turn, of a message."""
    bos_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufModel:
    """A model with what its tokenizer and prompts are built from."""

    transformer: Transformer
    tokenizer: GgufTokenizer
    chat_template: str | None


def load_gguf(path: Path, *, dtype: Dtype = torch.float32, device: torch.device | str = "cpu") -> GgufModel:
    """The model in a .gguf file, its weights cast to `dtype`."""
    file = read_gguf(path)
    _check_kinds(file, path)
    _value(file, "general.architecture", str, path)
    layout = read_layout(file, path)
    _check_factors(file, layout, path)
    return GgufModel(
        transformer=assemble(
            layout.arch, _our_tensors(file, layout), source=path, dtype=dtype, device=device
        ),
        tokenizer=_read_tokenizer(file, path),
        chat_template=_value(file, "tokenizer.chat_template", str, path),
    )


def _check_kinds(file: GgufFile, path: Path) -> None:
    for name, block in file.blocks.items():
        if block.kind not in BLOCK_TYPES:
            raise ModelError(
                f"{path}: tensor {name!r} has the block type {block.kind}, which is not supported; "
                f"supported: {', '.join(BLOCK_TYPES)}"
            )


def _check_factors(file: GgufFile, layout: Layout, path: Path) -> None:
    """They are no weights of the model's, so nobody else looks at their shape."""
    block, needed = file.blocks.get(ROPE_FACTORS), [layout.arch.head_size // 2]
    if block is not None and list(block.shape) != needed:
        raise ModelError(
            f"{path}: tensor {ROPE_FACTORS!r} has shape {list(block.shape)}, the model needs {needed}"
        )


def _our_tensors(file: GgufFile, layout: Layout) -> Iterator[tuple[str, Tensor]]:
    for name, block in file.blocks.items():
        if name not in layout.passed_over:
            with np.errstate(all="ignore"):  # what is not finite is found, and named, by whoever assembles
                numbers = block.numbers()
            yield layout.our_name(name), layout.ours(name, torch.from_numpy(numbers))


def _read_tokenizer(file: GgufFile, path: Path) -> GgufTokenizer:
    ends = (_value(file, f"tokenizer.ggml.{end}_token_id", int, path) for end in ("eos", "eot", "eom"))
    return GgufTokenizer(
        model=_value(file, "tokenizer.ggml.model", str, path) or "",
        pre_tokenizer=_value(file, "tokenizer.ggml.pre", str, path) or "default",
        tokens=_values(file, "tokenizer.ggml.tokens", str, path),
        merges=_values(file, "tokenizer.ggml.merges", str, path),
        scores=_values(file, "tokenizer.ggml.scores", float, path),
        token_types=_values(file, "tokenizer.ggml.token_type", int, path),
        space_prefix=_value(file, "tokenizer.ggml.add_space_prefix", bool, path) is not False,
        eos_ids=tuple(end for end in ends if end is not None),
        bos_id=_value(file, "tokenizer.ggml.bos_token_id", int, path),
    )


def _value(file: GgufFile, key: str, kind: type, path: Path) -> Any:
    value = file.metadata.get(key)
    if value is not None and not isinstance(value, kind):
        raise ModelError(f"{path}: the key {key!r} is {value!r:.40}, not of type {kind.__name__}")
    return value


def _values(file: GgufFile, key: str, kind: type, path: Path) -> tuple[Any, ...]:
    values = cast(list[Any], _value(file, key, list, path) or [])
    if values and not isinstance(values[0], kind):  # all are of one type
        raise ModelError(f"{path}: the key {key!r} holds no values of type {kind.__name__}")
    return tuple(values)
