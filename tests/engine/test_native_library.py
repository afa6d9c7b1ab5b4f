"""The kernels compile once, and where they cannot, the engine says so and goes on in torch."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from fakes import random_engine

from ponder.engine.native import library
from ponder.engine.native.library import KernelError, find_compiler, load_library
from ponder.engine.native_forward import NativeForward
from ponder.engine.padded_forward import PaddedForward
from ponder.records import Sampling


@pytest.fixture(autouse=True)
def _fresh():
    load_library.cache_clear()
    yield
    load_library.cache_clear()


def test_they_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    load_library(tmp_path)
    (compiled,) = tmp_path.iterdir()
    written = compiled.stat().st_mtime_ns
    load_library.cache_clear()
    load_library(tmp_path)
    assert [path.stat().st_mtime_ns for path in tmp_path.iterdir()] == [written]


def test_every_source_counts_for_the_name():
    folder = Path(library.__file__).parent
    assert sorted(library.SOURCES) == sorted(
        path.name for path in folder.iterdir() if path.suffix in (".c", ".h")
    )


def test_without_a_compiler_torch_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(KernelError, match="no C compiler"):
        find_compiler()
    engine = random_engine(slots=2)
    assert isinstance(engine.forward, PaddedForward)
    told = capsys.readouterr().err
    assert told == (
        "ponder: decoding in torch, which is slower: "
        "there is no C compiler: install gcc or clang, or set CC\n"
    )
    assert engine.generate(["hi"], Sampling(max_tokens=3, ignore_eos=True))[0][0].token_ids
    with pytest.raises(KernelError):
        random_engine(slots=2, kernels="native")


@pytest.mark.parametrize("compiler", ["false", "true", "cat"])
def test_a_compiler_that_fails_is_named(compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("PONDER_CACHE", str(tmp_path))
    with pytest.raises(KernelError, match=compiler) as caught:
        random_engine(slots=2, kernels="native")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("kernels/*.so"))


def test_what_others_may_have_written_is_not_loaded(tmp_path: Path):
    load_library(tmp_path)
    load_library.cache_clear()
    (compiled,) = tmp_path.iterdir()
    compiled.chmod(0o777)
    with pytest.raises(KernelError, match="written by others"):
        load_library(tmp_path)


def test_a_cache_folder_that_cannot_be_written_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(KernelError, match="cannot be kept"):
        load_library(tmp_path / "file" / "kernels")


def test_float16_is_left_to_torch():
    model = random_engine(slots=2).transformer
    with pytest.raises(KernelError, match="float16"):
        NativeForward(copy.deepcopy(model).to(torch.float16))
