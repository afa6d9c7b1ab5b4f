"""Engines in every precision: what is kept, what is drawn, and how they are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from fakes import byte_tokenizer
from model.families import FAMILIES, make_ours

from ponder.engine.engine import Engine
from ponder.engine.load import load_engine
from ponder.engine.native_forward import NativeForward
from ponder.engine.quantization import Int8Linear
from ponder.engine.save import save_model
from ponder.errors import ConfigError
from ponder.records import Sampling
from ponder.text.chat_format import CHATML, ChatTemplate

PROMPTS = [[1, 2, 3], [9] * 40, [200, 201]]


def save(name: str, folder: Path, dtype: torch.dtype = torch.float32) -> str:
    save_model(make_ours(name), byte_tokenizer(), ChatTemplate(CHATML), folder / "model", dtype=dtype)
    return str(folder / "model")


@pytest.mark.parametrize("dtype", ["auto", "float32", "bfloat16", "int8"])
@pytest.mark.parametrize("name", ["qwen2", "gemma 3"])
def test_every_precision_decodes(name: str, dtype: str, tmp_path: Path):
    engine = load_engine(save(name, tmp_path), dtype=dtype, slots=4)
    kinds = {type(module) for module in engine.transformer.modules()}
    assert (Int8Linear in kinds) is (dtype == "int8")
    wanted = torch.float32 if dtype in ("auto", "float32") else torch.bfloat16  # a small model stays exact
    assert (engine.transformer.dtype, engine.cache.keys.dtype) == (wanted, wanted)
    groups = engine.generate(PROMPTS, Sampling(n=2, max_tokens=12, ignore_eos=True))
    assert [len(completion.token_ids) for group in groups for completion in group] == [12] * 6


@pytest.mark.parametrize("name", FAMILIES)
def test_both_kinds_of_kernels_draw_the_same_text(name: str, tmp_path: Path):
    texts: list[list[tuple[int, ...]]] = []
    for kernels in ("native", "torch"):
        engine = load_engine(save(name, tmp_path), kernels=kernels, slots=4)
        assert isinstance(engine.forward, NativeForward) is (kernels == "native")
        groups = engine.generate(PROMPTS, Sampling(n=3, max_tokens=40, ignore_eos=True, seed=4))
        texts.append([completion.token_ids for group in groups for completion in group])
    assert texts[0] == texts[1]


def test_logprobs_of_8_bit_weights_are_those_of_the_weights_they_stand_for(tmp_path: Path):
    engine = load_engine(save("qwen3", tmp_path), dtype="int8", slots=4)
    group = engine.generate([PROMPTS[1]], Sampling(n=4, max_tokens=30, ignore_eos=True))[0]
    scored = engine.score([[*PROMPTS[1], *completion.token_ids] for completion in group])
    for completion, row in zip(group, scored, strict=True):
        mine = torch.tensor(completion.logprobs)
        assert (
            float((mine - torch.tensor(row[len(PROMPTS[1]) - 1 :])).abs().mean()) < 0.05
        )  # torch rounds more


def test_an_unknown_precision_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="no precision 'int3'; known: auto, float32, bfloat16, int8"):
        load_engine("tiny", dtype="int3")  # type: ignore[arg-type]


def test_unknown_kernels_are_refused():
    with pytest.raises(ConfigError, match="no kernels 'triton'; known: auto, native, torch, compiled"):
        Engine(make_ours("qwen3"), byte_tokenizer(), ChatTemplate(CHATML), kernels="triton")  # type: ignore[arg-type]
