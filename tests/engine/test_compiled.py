"""The compiled pass equals the eager one, and a compiler that fails costs one line."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
from fakes import random_engine, random_model

from ponder.engine.compiled import CompiledPass
from ponder.engine.forward import Chunk
from ponder.engine.kv_cache import KVCache
from ponder.engine.padded_forward import PaddedForward, Pass
from ponder.records import Sampling


def test_a_failing_compiler_falls_back_with_one_line(capsys: pytest.CaptureFixture[str]):
    def compiler(eager: Pass) -> Pass:
        def broken(*args: object) -> torch.Tensor:
            raise RuntimeError("no C++ compiler\nand a long trace")

        return broken

    engine = random_engine(slots=4)
    engine.forward = PaddedForward(engine.transformer, decode=CompiledPass(compiler=compiler))
    sampling = Sampling(max_tokens=6, ignore_eos=True)
    assert engine.generate(["hi"], sampling)[0][0].token_ids
    told = capsys.readouterr().err
    assert told == "ponder: compiling the decoding step failed, running eagerly: no C++ compiler\n"


def decode(device: str, compiled: CompiledPass) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of steps of two rows and of one, by both."""
    model = copy.deepcopy(random_model("qwen3")[1]).to(device)
    logits: list[torch.Tensor] = []
    for forward in (PaddedForward(model), PaddedForward(model, decode=compiled)):
        cache = KVCache(model.arch, pages=8, dtype=torch.float32, device=model.device)
        forward(cache, [Chunk([1, 2, 3], 0, [0], False), Chunk([4] * 30, 0, [1, 2], False)])
        for rows in (2, 2, 1):
            chunks = [Chunk([7], 3, [0], True), Chunk([8], 30, [1, 2], True)][:rows]
            logits.append(forward(cache, chunks))
    return torch.cat(logits[:3]), torch.cat(logits[3:])


@pytest.mark.slow
def test_compiled_equals_eager():
    compiled = CompiledPass()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's own
        eager, fast = decode("cpu", compiled)
    torch.testing.assert_close(eager, fast, atol=1e-4, rtol=0)
    assert compiled.compiled is not None
    assert not compiled.failed


@pytest.mark.slow
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_captured_equals_eager_on_a_gpu():
    compiled = CompiledPass()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eager, fast = decode("cuda", compiled)
    torch.testing.assert_close(eager, fast, atol=1e-3, rtol=0)
    assert not compiled.failed
