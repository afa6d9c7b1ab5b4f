"""The limits are right, every way is measured, and what is left out says why."""

from __future__ import annotations

import copy

import pytest
import torch
from fakes import random_model

from ponder.engine.quantization import quantize_int8
from ponder.engine.throughput import Limits, limit_seconds, measure_all, measure_limits, weight_bytes

LIMITS = Limits(memory_gb_per_s=1.0, gemm_gflop_per_s=1.0)


def test_limits_are_measured():
    limits = measure_limits(torch.device("cpu"))
    assert limits.memory_gb_per_s > 0
    assert limits.gemm_gflop_per_s > 0


def test_a_step_reads_all_weights_and_the_keys_and_values_of_its_rows():
    model = random_model("llama")[1]
    arch = model.arch
    read = 4 * (arch.parameters - arch.vocab_size * arch.width)  # looking a token up reads one row
    assert weight_bytes(model) == read
    stored = 2 * arch.layers * arch.kv_heads * arch.head_size * 4
    seconds, bound = limit_seconds(model, Limits(1.0, 1e9), batch=3, context=9)
    assert (seconds, bound) == (pytest.approx((read + 3 * 10 * stored) / 1e9), "memory")
    _, bound = limit_seconds(model, Limits(1e9, 1.0), batch=3, context=9)
    assert bound == "arithmetic"


def test_eight_bits_halve_what_is_read():
    half = copy.deepcopy(random_model("llama")[1]).to(torch.bfloat16)
    whole = weight_bytes(half)
    assert 0.5 < weight_bytes(quantize_int8(half)) / whole < 0.7  # scales count; rows of 32 are short


def test_every_way_is_measured_at_every_size():
    model = random_model("qwen3")[1]
    rows = list(
        measure_all(
            model,
            "small",
            LIMITS,
            batches=(1, 3),
            contexts=(8, 100, 5000),
            kernels=("native", "torch"),
            steps=2,
        )
    )
    assert [(row.kernels, row.batch, row.context) for row in rows if row.cached] == [
        (kernels, batch, context)
        for kernels in ("native", "torch")
        for batch in (1, 3)
        for context in (8, 100)
    ]
    for row in rows:
        assert row.tokens_per_second == pytest.approx(1000 * row.batch / row.ms_per_token)
        assert row.share_of_limit
        assert row.bound in ("memory", "arithmetic")
    assert [row.cached for row in rows].count(False) == 4


def test_what_would_take_too_long_is_left_out():
    slow = Limits(memory_gb_per_s=1e-9, gemm_gflop_per_s=1e-9)
    rows = list(measure_all(random_model("llama")[1], "small", slow, batches=(1,), contexts=(8,), kernels=()))
    assert [(row.tokens_per_second, row.cached) for row in rows] == [(None, False)]
    assert "left out" in rows[0].note
