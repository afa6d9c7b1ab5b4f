"""Transformers from GGUF files, as llama.cpp writes them.

Blocks are dequantised once, on loading. What each architecture's metadata and tensor names mean is the
business of `gguf_architecture`. Knows nothing of text: the tokenizer's tables are handed on raw.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf.quants import dequantize
from torch import Tensor

from ponder.errors import ModelError
from ponder.model.checkpoint import Dtype, assemble
from ponder.model.gguf_architecture import Layout, read_layout
from ponder.model.transformer import Transformer

BLOCK_TYPES = (
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufModel:
    """A model with the tables its tokenizer is built from."""

    transformer: Transformer
    tokens: tuple[str, ...]
    merges: tuple[str, ...]
    token_types: tuple[int, ...]
    eos_id: int | None
    bos_id: int | None
    tokenizer_model: str
    """The kind of tokenizer: `gpt2` is byte-level BPE."""
    pre_tokenizer: str
    chat_template: str | None


def load_gguf(path: Path, *, dtype: Dtype = torch.float32, device: torch.device | str = "cpu") -> GgufModel:
    reader = _open(path)
    metadata = {name: field.contents for name, field in reader.fields.items()}
    shapes = {tensor.name: [int(size) for size in reversed(tensor.shape)] for tensor in reader.tensors}
    layout = read_layout(metadata, shapes, lambda name: _floats(reader, name), path)
    tensors = _read_tensors(reader, layout, path)
    transformer = assemble(layout.arch, tensors, source=path, dtype=dtype, device=device)
    return GgufModel(
        transformer=transformer,
        tokens=tuple(_value(reader, "tokenizer.ggml.tokens", ())),
        merges=tuple(_value(reader, "tokenizer.ggml.merges", ())),
        token_types=tuple(_value(reader, "tokenizer.ggml.token_type", ())),
        eos_id=_value(reader, "tokenizer.ggml.eos_token_id", None),
        bos_id=_value(reader, "tokenizer.ggml.bos_token_id", None),
        tokenizer_model=_value(reader, "tokenizer.ggml.model", ""),
        pre_tokenizer=_value(reader, "tokenizer.ggml.pre", "default"),
        chat_template=_value(reader, "tokenizer.chat_template", None),
    )


class _Reader(gguf.GGUFReader):
    """The package's reader over a plain view: slicing a `np.memmap` 800,000 times takes it seconds."""

    _plain: np.ndarray[Any, Any]

    @property
    def data(self) -> np.ndarray[Any, Any]:
        return self._plain

    @data.setter
    def data(self, mapped: np.ndarray[Any, Any]) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._plain = mapped.view(np.ndarray)


def _open(path: Path) -> gguf.GGUFReader:
    if not path.is_file():
        raise ModelError(f"{path} does not exist: give the path of a .gguf file")
    try:
        return _Reader(path)
    except (
        ValueError,
        LookupError,
        OSError,
        OverflowError,
    ) as error:  # what the reader raises on damaged bytes
        raise ModelError(f"{path} is not a whole GGUF file: fetch it again ({error})") from error


def _read_tensors(reader: gguf.GGUFReader, layout: Layout, path: Path) -> Iterator[tuple[str, Tensor]]:
    for block in reader.tensors:
        if (kind := block.tensor_type.name) not in BLOCK_TYPES:
            raise ModelError(
                f"{path}: tensor {block.name!r} has the block type {kind}, which is not supported; "
                f"supported: {', '.join(BLOCK_TYPES)}"
            )
        if block.name in layout.passed_over:
            continue
        # `tensor` copies: what it gets may be a view of the mapped file.
        tensor = torch.tensor(dequantize(block.data, block.tensor_type))
        yield layout.our_name(block.name), layout.ours(block.name, tensor)


def _floats(reader: gguf.GGUFReader, name: str) -> list[float]:
    """A small tensor's numbers."""
    block = next(tensor for tensor in reader.tensors if tensor.name == name)
    return [float(number) for number in dequantize(block.data, block.tensor_type).ravel()]


def _value(reader: gguf.GGUFReader, key: str, default: Any) -> Any:
    field = reader.get_field(key)
    return default if field is None else field.contents()
