"""Slots are written, forked and sized exactly."""

from __future__ import annotations

import pytest
import torch
from fakes import random_model

from ponder.engine.kv_cache import KVCache
from ponder.errors import ContextError


def make_cache(slots: int = 4, capacity: int = 40) -> KVCache:
    arch = random_model("llama")[1].arch
    return KVCache(arch, slots=slots, capacity=capacity, dtype=torch.float32, device=torch.device("cpu"))


def test_bytes_are_those_of_its_tensors():
    cache = make_cache()
    assert cache.bytes == sum(tensor.nbytes for tensor in (*cache.keys, *cache.values))


def test_step_writes_each_row_at_its_own_position():
    cache = make_cache()
    keys, values = torch.randn(3, 2, 1, 8), torch.randn(3, 2, 1, 8)
    view = cache.step_view(torch.tensor([0, 7, 3]), window=cache.window(8))
    seen_keys, seen_values = view.layer(1).update(keys, values)
    assert seen_keys.shape == (3, 2, 32, 8)
    for row, position in enumerate([0, 7, 3]):
        assert torch.equal(seen_keys[row, :, position], keys[row, :, 0])
        assert torch.equal(seen_values[row, :, position], values[row, :, 0])
    assert cache.keys[1].count_nonzero() == keys.numel()
    assert not cache.keys[0].any()


def test_fork_copies_the_prefix_only():
    cache = make_cache()
    cache.keys[0][1] = torch.randn(2, 40, 8)
    cache.fork(1, [0, 3], length=5)
    for target in (0, 3):
        assert torch.equal(cache.keys[0][target, :, :5], cache.keys[0][1, :, :5])
        assert not cache.keys[0][target, :, 5:].any()


def test_window_is_rounded_up_and_capped():
    cache = make_cache()
    assert [cache.window(length) for length in (1, 32, 33, 40)] == [32, 32, 40, 40]


def test_a_cache_that_no_machine_holds_is_one_line():
    with pytest.raises(ContextError, match="lower slots or max_context") as caught:
        make_cache(slots=1 << 30, capacity=1 << 20)
    assert "\n" not in str(caught.value)
