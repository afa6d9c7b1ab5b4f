"""The compiled step equals the eager one, and a compiler that fails costs one line."""

from __future__ import annotations

import warnings

import pytest
import torch
from fakes import random_engine, random_model

from ponder.engine.compiled import CompiledStep
from ponder.engine.decode import Step, prefill, step
from ponder.engine.kv_cache import KVCache
from ponder.records import Sampling


def test_a_failing_compiler_falls_back_with_one_line(capsys: pytest.CaptureFixture[str]):
    def compiler(eager: Step) -> Step:
        def broken(*args: object) -> torch.Tensor:
            raise RuntimeError("no C++ compiler\nand a long trace")

        return broken

    engine = random_engine(slots=4)
    engine.step = CompiledStep(compiler=compiler)
    sampling = Sampling(max_tokens=6, ignore_eos=True)
    assert engine.generate(["hi"], sampling)[0][0].token_ids
    told = capsys.readouterr().err
    assert told == "ponder: compiling the decoding step failed, running eagerly: no C++ compiler\n"


@pytest.mark.slow
def test_compiled_equals_eager():
    _, ours = random_model("qwen3")
    arch = ours.arch
    caches = [KVCache(arch, slots=4, capacity=64, dtype=torch.float32, device=ours.device) for _ in range(2)]
    compiled = CompiledStep()
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's own
        for cache in caches:
            prefill(ours, cache, [[1, 2, 3], [4] * 30], [0, 1])
        for rows in (2, 2, 1):
            at = torch.tensor([3, 30])[:rows]
            eager, fast = (
                each(ours, cache, torch.tensor([7, 8])[:rows], at, 32)
                for each, cache in zip((step, compiled), caches, strict=True)
            )
            torch.testing.assert_close(eager, fast, atol=1e-4, rtol=0)
    assert compiled.compiled is not None
    torch.testing.assert_close(caches[0].keys, caches[1].keys, atol=1e-5, rtol=0)
