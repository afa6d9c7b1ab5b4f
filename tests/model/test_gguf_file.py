"""The container: whole files are read, damaged ones are refused quickly and in one line."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model.test_gguf import random_llama, write_gguf
from model.test_gguf_families import make_theirs, write

from ponder.errors import ModelError
from ponder.model.gguf import load_gguf
from ponder.model.gguf_file import read_gguf

SMALL = {"hidden_size": 16, "head_dim": 4, "intermediate_size": 8, "vocab_size": 12, "num_hidden_layers": 1}


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[Path, bytes, int]]:
    """Where examples are written, a whole file, and the length of all before its weights."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "m.gguf"
        write(path, "llama", make_theirs("llama", SMALL))
        packed = path.read_bytes()
        weights = sum(block.data.nbytes for block in read_gguf(path).blocks.values())
        yield path, packed, len(packed) - weights


def test_everything_that_the_package_reads_is_read(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf", random_llama())
    ours, theirs = read_gguf(tmp_path / "m.gguf"), gguf.GGUFReader(tmp_path / "m.gguf")
    assert ours.metadata == {
        name: field.contents() for name, field in theirs.fields.items() if not name.startswith("GGUF.")
    }
    assert list(ours.blocks) == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        block = ours.blocks[tensor.name]
        assert block.shape == tuple(int(size) for size in reversed(tensor.shape))
        assert np.array_equal(block.numbers(), tensor.data)


def test_values_of_all_types_are_read(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    values = {
        "uint8": 200, "int8": -3, "uint16": 60_000, "int16": -3, "uint32": 2**32 - 1, "int32": -7,
        "uint64": 2**63, "int64": -(2**40), "float32": 0.5, "float64": 0.1, "bool": True, "string": "é▁",
    }  # fmt: skip
    for kind, value in values.items():
        getattr(writer, f"add_{kind}")(f"a.{kind}", value)
    lists = {"numbers": [1, 2, 3], "floats": [0.5, 1.5], "flags": [True, False], "texts": ["", "ü"]}
    for name, items in lists.items():
        writer.add_array(f"a.{name}", items)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    metadata = read_gguf(tmp_path / "m.gguf").metadata
    expected = {f"a.{name}": value for name, value in {**values, **lists}.items()}
    assert {name: metadata[name] for name in expected} == expected


def refused(path: Path, packed: bytes, named: str = "is not a whole GGUF file") -> None:
    path.write_bytes(packed)
    with pytest.raises(ModelError, match=named) as caught:
        load_gguf(path)
    assert "\n" not in str(caught.value)


@given(data=st.data())
def test_a_file_that_ends_early_is_refused(whole: tuple[Path, bytes, int], data: st.DataObject) -> None:
    path, packed, _ = whole
    refused(path, packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(data=st.data())
def test_changed_bytes_are_refused_or_give_a_whole_model(
    whole: tuple[Path, bytes, int], data: st.DataObject
) -> None:
    path, packed, header = whole
    at = data.draw(st.integers(0, header - 1))
    absurd = st.sampled_from([2**31, 2**40, 2**63, 2**64 - 1]).map(lambda number: struct.pack("<Q", number))
    new = data.draw(st.binary(min_size=1, max_size=9) | absurd)
    path.write_bytes(packed[:at] + new + packed[at + len(new) :])
    try:
        loaded = load_gguf(path).transformer
    except ModelError as error:
        assert "\n" not in str(error)
    else:
        assert loaded.arch.layers == 1
        assert all(bool(parameter.isfinite().all()) for parameter in loaded.parameters())


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_refused(whole: tuple[Path, bytes, int], rest: bytes, magic: bool) -> None:
    path, packed, _ = whole
    refused(path, (packed[:8] if magic else b"") + rest)


def file(
    *, version: int = 3, tensors: int = 0, keys: int = 0, rest: bytes = b"", magic: bytes = b"GGUF"
) -> bytes:
    return magic + struct.pack("<IQQ", version, tensors, keys) + rest


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def key(kind: int, value: bytes, name: bytes = b"a") -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(name: bytes, shape: list[int], kind: int = 0, offset: int = 0) -> bytes:
    sizes = b"".join(struct.pack("<Q", size) for size in shape)
    return text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", kind, offset)


@pytest.mark.parametrize(
    ("packed", "named"),
    [
        (b"", "not a whole GGUF file"),
        (file(magic=b"FUGG"), "does not begin with GGUF"),
        (file(version=1), "version is 1"),
        (file(version=0x03000000), "little-endian"),
        (file(keys=2**60), "keys are announced"),
        (file(tensors=2**60), "tensors are announced"),
        (file(keys=1, rest=key(9, struct.pack("<IQ", 4, 2**62)) + b"x" * 64), "bytes are announced"),
        (file(keys=1, rest=key(9, struct.pack("<IQ", 8, 2**62)) + b"x" * 64), "texts are announced"),
        (file(keys=1, rest=key(9, struct.pack("<IQ", 9, 1)) + b"x" * 64), "unknown type 9"),
        (file(keys=1, rest=key(77, b"x" * 64)), "unknown type 77"),
        (file(keys=1, rest=key(8, struct.pack("<Q", 2**63)) + b"x" * 64), "bytes are announced"),
        (file(keys=1, rest=key(8, text(b"\xff\xfe"))), "utf-8"),
        (file(keys=2, rest=key(7, b"\x01") * 2), "'a' is there twice"),
        (file(keys=1, rest=key(4, struct.pack("<I", 3), b"general.alignment")), "alignment is 3"),
        (file(tensors=1, rest=tensor(b"t", [])), "0 dimensions"),
        (file(tensors=1, rest=tensor(b"t", [1] * 5)), "5 dimensions"),
        (file(tensors=1, rest=tensor(b"t", [2**40, 2**40])), "bytes are announced"),
        (file(tensors=1, rest=tensor(b"t", [0]) + b"x" * 64), r"shape \[0\]"),
        (file(tensors=1, rest=tensor(b"t", [31], kind=2) + b"x" * 64), "cannot be in blocks of 32"),
        (file(tensors=1, rest=tensor(b"t", [1], kind=999) + b"x" * 64), "unknown block type 999"),
        (file(tensors=1, rest=tensor(b"t", [1], offset=32) + b"x" * 99), "should begin at byte 0 "),
        (file(tensors=2, rest=tensor(b"t", [8]) + tensor(b"u", [8]) + b"x" * 99), "should begin at byte 32"),
        (file(tensors=2, rest=tensor(b"t", [8]) + tensor(b"t", [8], offset=32) + b"x" * 99), "there twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, packed: bytes, named: str) -> None:
    refused(tmp_path / "m.gguf", packed, named)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        read_gguf(tmp_path / "m.gguf")
    (tmp_path / "m.gguf").mkdir()
    with pytest.raises(ModelError, match="is a folder"):
        read_gguf(tmp_path / "m.gguf")
