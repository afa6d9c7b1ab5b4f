"""Eight bits are near the weights they stand for, and nothing is held twice."""

from __future__ import annotations

import copy

import torch
from fakes import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.engine.quantization import Int8Embedding, Int8Linear, quantize_int8, quantize_rows


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 40), st.floats(1e-6, 1e4), st.integers(0, 99))
def test_a_row_is_wrong_by_half_a_step_at_most(rows: int, columns: int, size: float, seed: int):
    weight = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * size
    integers, scale = quantize_rows(weight)
    assert int(integers.abs().max()) == 127
    error = (integers.float() * scale[:, None] - weight).abs()
    assert bool((error <= 0.5001 * scale[:, None]).all())


def test_a_row_of_zeros_stays_zero():
    integers, scale = quantize_rows(torch.zeros(2, 3))
    assert not integers.any()
    assert bool(scale.isfinite().all())


def test_every_matrix_is_replaced_and_logits_stay_near():
    ours = random_model("qwen2")[1]
    small = quantize_int8(copy.deepcopy(ours))
    assert isinstance(small.embed_tokens, Int8Embedding)
    matrices = [name for name, module in small.named_modules() if isinstance(module, Int8Linear)]
    assert len(matrices) == 2 + 7 * ours.arch.layers
    assert all(parameter.dim() == 1 for parameter in small.parameters())
    ids = torch.arange(40)[None]
    with torch.inference_mode():
        wanted, logits = ours(ids), small(ids)
    assert float((logits - wanted).norm() / wanted.norm()) < 0.05


def test_a_shared_matrix_stays_shared():
    ours = copy.deepcopy(random_model("llama")[1])
    ours.lm_head.weight = ours.embed_tokens.weight
    small = quantize_int8(ours)
    assert small.lm_head.weight is small.embed_tokens.weight
    assert small.lm_head.scale is small.embed_tokens.scale
