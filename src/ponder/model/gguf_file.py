"""The container format GGUF: metadata and tensors' blocks, read from the mapped file and bounds-checked.

Only little-endian files of versions 2 and 3, in one part. Every count and length is held against what is left
of the file before anything is made of it, and tensors must lie one behind the other as llama.cpp demands, so
that damage is found where it can be. Knows nothing of what keys and tensors mean.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from ponder.errors import ModelError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT_KEY = "general.alignment"
ALIGNMENT = 32
MOST_DIMENSIONS = 4
NUMBERS = {
    0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4", 6: "<f4", 7: "?",
    10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip
"""The format's numbers for types of numbers, in numpy's words."""
STRING, ARRAY = 8, 9
BLOCK_TYPES = (
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
)  # fmt: skip
"""Those that we can turn into numbers."""


@dataclass(frozen=True, slots=True)
class Block:
    """One tensor: its block type, its shape with the rows first, and its bytes in the mapped file."""

    name: str
    kind: str
    shape: tuple[int, ...]
    data: np.ndarray[Any, Any]

    def numbers(self) -> np.ndarray[Any, Any]:
        """Float32 of this shape, in memory of their own."""
        rows = self.data.reshape(*self.shape[:-1], -1)
        if self.kind in ("F32", "F16"):
            view = rows.view("<f4" if self.kind == "F32" else "<f2")
            return np.array(view, dtype=np.float32)
        return np.asarray(dequantize(rows, GGMLQuantizationType[self.kind]), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class GgufFile:
    metadata: dict[str, Any]
    """Keys to numbers, texts, or lists of these."""
    blocks: dict[str, Block]


def read_gguf(path: Path) -> GgufFile:
    """Everything but the weights, which stay in the mapped file."""
    if not path.is_file():
        wrong = "is a folder" if path.is_dir() else "does not exist"
        raise ModelError(f"{path} {wrong}: give the path of a .gguf file")
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return _read(_Cursor(np.frombuffer(mapped, dtype=np.uint8)))
    except (OSError, ValueError, struct.error) as error:
        raise ModelError(f"{path} is not a whole GGUF file: fetch it again ({error})") from error


class _Cursor:
    """Reads on through the file. Raises `ValueError` where that ends too early."""

    def __init__(self, data: np.ndarray[Any, Any]) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> np.ndarray[Any, Any]:
        if count > self.data.size - self.at:
            raise ValueError(f"{count} bytes are announced at byte {self.at}, where {self.left} are left")
        self.at += count
        return self.data[self.at - count : self.at]

    @property
    def left(self) -> int:
        return self.data.size - self.at

    def number(self, form: str) -> int:
        (value,) = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)).tobytes())
        return value

    def text(self) -> str:
        return self.take(self.number("Q")).tobytes().decode()

    def times(self, count: int, least: int, what: str) -> range:
        """For a loop over `count` things of at least so many bytes each."""
        if count * least > self.left:
            raise ValueError(f"{count} {what} are announced, {self.left} bytes are left")
        return range(count)


def _read(cursor: _Cursor) -> GgufFile:
    if cursor.take(4).tobytes() != MAGIC:
        raise ValueError("it does not begin with GGUF")
    if (version := cursor.number("I")) not in VERSIONS:
        raise ValueError(f"its version is {version}, and only 2 and 3 in little-endian order are supported")
    tensors, keys = cursor.number("Q"), cursor.number("Q")
    metadata: dict[str, Any] = {}
    for _ in cursor.times(keys, 13, "keys"):
        name = cursor.text()
        if name in metadata:
            raise ValueError(f"the key {name!r} is there twice")
        metadata[name] = _value(cursor, cursor.number("I"))
    headers = [_tensor_header(cursor) for _ in cursor.times(tensors, 24, "tensors")]
    alignment = metadata.get(ALIGNMENT_KEY, ALIGNMENT)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError(f"its alignment is {alignment!r}, which is no power of two")
    blocks: dict[str, Block] = {}
    start = end = _aligned(cursor.at, alignment)
    for name, kind, shape, offset in sorted(headers, key=lambda header: header[3]):
        if name in blocks:
            raise ValueError(f"the tensor {name!r} is there twice")
        if offset != end - start:
            raise ValueError(
                f"the tensor {name!r} should begin at byte {end - start} of the data, not {offset}"
            )
        cursor.at = min(end, cursor.data.size)
        blocks[name] = Block(name, kind, shape, cursor.take(_bytes(name, kind, shape)))
        end = _aligned(cursor.at, alignment)
    return GgufFile(metadata, blocks)


def _value(cursor: _Cursor, kind: int) -> Any:
    if kind == ARRAY:
        inner, count = cursor.number("I"), cursor.number("Q")
        if inner in NUMBERS:
            form = np.dtype(NUMBERS[inner])
            return cursor.take(count * form.itemsize).view(form).tolist()
        if inner != STRING:
            raise ValueError(f"an array holds values of the unknown type {inner}")
        return [cursor.text() for _ in cursor.times(count, 8, "texts")]
    if kind == STRING:
        return cursor.text()
    if kind not in NUMBERS:
        raise ValueError(f"a key has a value of the unknown type {kind}")
    form = np.dtype(NUMBERS[kind])
    return cursor.take(form.itemsize).view(form)[0].item()


def _tensor_header(cursor: _Cursor) -> tuple[str, str, tuple[int, ...], int]:
    """Name, block type, shape with the rows first, and offset in the data."""
    name, dimensions = cursor.text(), cursor.number("I")
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"the tensor {name!r} has {dimensions} dimensions")
    shape = tuple(cursor.number("Q") for _ in range(dimensions))[::-1]
    kind, offset = cursor.number("I"), cursor.number("Q")
    return name, _kind_name(name, kind), shape, offset


def _kind_name(name: str, kind: int) -> str:
    try:
        return GGMLQuantizationType(kind).name
    except ValueError as error:
        raise ValueError(f"the tensor {name!r} has the unknown block type {kind}") from error


def _bytes(name: str, kind: str, shape: tuple[int, ...]) -> int:
    length, size = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    if shape[-1] % length or not all(shape):
        raise ValueError(
            f"the tensor {name!r} of shape {list(shape)} cannot be in blocks of {length} ({kind})"
        )
    return prod(shape) // length * size


def _aligned(at: int, alignment: int) -> int:
    return -(-at // alignment) * alignment
