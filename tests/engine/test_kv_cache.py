"""The cache is as large as it says, and its pages can be copied."""

from __future__ import annotations

import pytest
import torch
from fakes import random_model

from ponder.engine.kv_cache import PAGE_SIZE, KVCache, bytes_per_position
from ponder.errors import ContextError


def make_cache(pages: int = 4, dtype: torch.dtype = torch.float32) -> KVCache:
    return KVCache(random_model("llama")[1].arch, pages=pages, dtype=dtype, device=torch.device("cpu"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bytes_are_those_of_its_tensors_but_for_the_page_of_padding(dtype: torch.dtype):
    cache = make_cache(dtype=dtype)
    assert cache.bytes * 5 == (cache.keys.nbytes + cache.values.nbytes) * 4
    assert cache.bytes == 4 * PAGE_SIZE * bytes_per_position(random_model("llama")[1].arch, dtype=dtype)
    assert not cache.keys.any()


def test_a_copied_page_is_equal_in_every_layer():
    cache = make_cache()
    cache.keys.normal_()
    cache.values.normal_()
    before = cache.keys.clone()
    cache.copy_page(1, 3)
    assert torch.equal(cache.keys[:, 3], before[:, 1])
    assert torch.equal(cache.values[:, 3], cache.values[:, 1])
    assert torch.equal(cache.keys[:, [0, 1, 2]], before[:, [0, 1, 2]])


def test_a_cache_that_no_machine_holds_is_one_line():
    with pytest.raises(ContextError, match="lower cache_mb") as caught:
        make_cache(pages=1 << 44)
    assert "\n" not in str(caught.value)
