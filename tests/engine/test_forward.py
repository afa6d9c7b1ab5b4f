"""Cached, chunked, batched and shared passes equal the full forward pass, ours and that of transformers."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from fakes import random_model
from hypothesis import given, settings
from hypothesis import strategies as st
from model.families import FAMILIES, make_ours, make_theirs

from ponder.engine.forward import Chunk, Forward
from ponder.engine.kv_cache import PAGE_SIZE, KVCache
from ponder.engine.native_forward import NativeForward
from ponder.engine.padded_forward import PaddedForward, batches_within
from ponder.engine.quantization import quantize_int8

FORWARDS: dict[str, Callable[[Any], Forward]] = {
    "torch": PaddedForward,
    "torch in small passes": lambda model: PaddedForward(model, token_budget=45),
    "native": NativeForward,
}
LENGTHS = [3, 17, 1, 40]
EXTRA = 5
each_forward = pytest.mark.parametrize("make", FORWARDS.values(), ids=list(FORWARDS))


def texts(lengths: Sequence[int], seed: int = 0) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(0, 260, (length,), generator=generator).tolist() for length in lengths]


def make_cache(model: Any, pages: int = 64, dtype: torch.dtype = torch.float32) -> KVCache:
    return KVCache(model.arch, pages=pages, dtype=dtype, device=torch.device("cpu"))


def scattered_pages(rows: int, each: int) -> list[list[int]]:
    """Pages of the rows interleaved and out of order."""
    order = torch.randperm(rows * each, generator=torch.Generator().manual_seed(1)).tolist()
    return [order[row::rows] for row in range(rows)]


def run_in_chunks(
    forward: Forward, cache: KVCache, rows: Sequence[list[int]], pages: list[list[int]], size: int
) -> list[torch.Tensor]:
    """Each row's tokens `size` at a time, all rows together; the logits after each chunk, row by row."""
    logits: list[list[torch.Tensor]] = [[] for _ in rows]
    for start in range(0, max(map(len, rows)), size):
        taking = [row for row, tokens in enumerate(rows) if start < len(tokens)]
        chunks = [Chunk(rows[row][start : start + size], start, pages[row], wanted=True) for row in taking]
        for row, logits_V in zip(taking, forward(cache, chunks), strict=True):
            logits[row].append(logits_V.clone())
    return [torch.stack(each) for each in logits]


@pytest.mark.parametrize("family", FAMILIES)
@each_forward
def test_prefill_and_decode_equal_the_full_forward_and_transformers(family: str, make):
    theirs, ours = make_theirs(family), make_ours(family)
    forward, cache, rows = make(ours), make_cache(ours), texts([length + EXTRA for length in LENGTHS])
    pages = scattered_pages(len(rows), 4)
    with torch.inference_mode():
        prompts = [
            Chunk(row[:length], 0, own, wanted=True)
            for row, length, own in zip(rows, LENGTHS, pages, strict=True)
        ]
        logits = [forward(cache, prompts).clone()]
        for offset in range(EXTRA):
            chunks = [
                Chunk([row[length + offset]], length + offset, own, wanted=True)
                for row, length, own in zip(rows, LENGTHS, pages, strict=True)
            ]
            logits.append(forward(cache, chunks).clone())
        for index, (row, length) in enumerate(zip(rows, LENGTHS, strict=True)):
            cached = torch.stack([each[index] for each in logits])
            ids = torch.tensor([row])
            torch.testing.assert_close(cached, ours(ids)[0, length - 1 :], atol=1e-4, rtol=0)
            torch.testing.assert_close(cached, theirs(ids).logits[0, length - 1 :], atol=1e-4, rtol=0)


@pytest.mark.parametrize("size", [1, 7, 16, 45])
@each_forward
def test_prompts_in_chunks_equal_prompts_at_once(size: int, make):
    ours = random_model("qwen3")[1]
    rows = texts(LENGTHS)
    with torch.inference_mode():
        logits = run_in_chunks(make(ours), make_cache(ours), rows, scattered_pages(4, 4), size)
        for row, mine in zip(rows, logits, strict=True):
            whole_TV = ours(torch.tensor([row]))[0]
            ends = [min(start + size, len(row)) - 1 for start in range(0, len(row), size)]
            torch.testing.assert_close(mine, whole_TV[ends], atol=1e-4, rtol=0)


@each_forward
def test_only_wanted_logits_come_back_in_order(make):
    ours = random_model("llama")[1]
    forward, rows, pages = make(ours), texts(LENGTHS), scattered_pages(4, 4)
    chunks = [
        Chunk(row, 0, own, wanted=wanted)
        for row, own, wanted in zip(rows, pages, (True, False, True, False), strict=True)
    ]
    with torch.inference_mode():
        logits = forward(make_cache(ours), chunks).clone()
        alone = [forward(make_cache(ours), [chunks[index]])[0].clone() for index in (0, 2)]
        assert forward(make_cache(ours), [chunks[1]]).shape == (0, 260)
    torch.testing.assert_close(logits, torch.stack(alone), atol=1e-4, rtol=0)


@each_forward
def test_rows_may_share_the_pages_of_their_beginning(make):
    ours = random_model("qwen3")[1]
    forward, cache, (prompt,) = make(ours), make_cache(ours), texts([2 * PAGE_SIZE])
    with torch.inference_mode():
        forward(cache, [Chunk(prompt, 0, [5, 3], wanted=False)])
        shared = forward(cache, [Chunk([token], 32, [5, 3, own], True) for token, own in ((7, 0), (9, 1))])
        for token, logits_V in zip((7, 9), shared, strict=True):
            whole_TV = ours(torch.tensor([[*prompt, token]]))[0]
            torch.testing.assert_close(logits_V, whole_TV[-1], atol=1e-4, rtol=0)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 70), min_size=1, max_size=6), st.integers(1, 40), st.sampled_from([0, 1, 2]))
def test_native_results_do_not_depend_on_the_batch_nor_on_chunks(lengths: list[int], size: int, kind: int):
    """Bit for bit, in float32, bfloat16 and 8 bits."""
    ours = DTYPES[kind]()
    forward, rows = NativeForward(ours), texts(lengths, seed=size)
    pages = scattered_pages(len(rows), 5)
    together = run_in_chunks(forward, make_cache(ours, dtype=ours.dtype), rows, pages, size)
    for row, own, logits in zip(rows, pages, together, strict=True):
        alone = run_in_chunks(forward, make_cache(ours, dtype=ours.dtype), [row], [own], size)[0]
        whole = run_in_chunks(forward, make_cache(ours, dtype=ours.dtype), [row], [own], len(row))[0]
        assert torch.equal(alone, logits)
        assert torch.equal(whole[-1], logits[-1])


def in_float32() -> Any:
    return random_model("qwen3")[1]


def in_bfloat16() -> Any:
    return copy.deepcopy(random_model("qwen3")[1]).to(torch.bfloat16)


def in_int8() -> Any:
    return quantize_int8(in_bfloat16())


DTYPES = [in_float32, in_bfloat16, in_int8]


@pytest.mark.parametrize("make_model", [in_bfloat16, in_int8])
def test_half_precision_stays_as_near_to_float32_as_torch_does(make_model):
    half = make_model()
    exact = copy.deepcopy(half).float()
    for module in exact.modules():
        if hasattr(module, "dtype") and not isinstance(module, type(exact)):
            module.dtype = torch.float32
    rows, pages = texts([40, 25, 60]), scattered_pages(3, 4)
    errors: dict[str, float] = {}
    with torch.inference_mode():
        wanted = run_in_chunks(PaddedForward(exact), make_cache(exact), rows, pages, 13)
        for name, forward in (("torch", PaddedForward(half)), ("native", NativeForward(half))):
            logits = run_in_chunks(forward, make_cache(half, dtype=torch.bfloat16), rows, pages, 13)
            errors[name] = max(
                float((mine - theirs).abs().mean()) for mine, theirs in zip(logits, wanted, strict=True)
            )
    assert errors["native"] < 1.2 * errors["torch"]


def test_long_rows_share_their_stretches_among_threads():
    """Past 256 positions the softmax is taken in parts; with few rows, by several threads."""
    ours = random_model("llama")[1]
    (row,) = texts([700])
    with torch.inference_mode():
        wanted = run_in_chunks(PaddedForward(ours), make_cache(ours), [row], [list(range(44))], 50)[0]
        native = run_in_chunks(NativeForward(ours), make_cache(ours), [row], [list(range(44))], 50)[0]
        step = [Chunk([row[-1]], 699, list(range(44)), wanted=True)]
        cache = make_cache(ours)
        run_in_chunks(NativeForward(ours), cache, [row[:-1]], [list(range(44))], 50)
        last = NativeForward(ours)(cache, step)[0]
    torch.testing.assert_close(native, wanted, atol=1e-4, rtol=0)
    assert torch.equal(last, native[-1])


@given(st.lists(st.integers(1, 100), min_size=1, max_size=30), st.integers(1, 200))
def test_batches_hold_every_index_within_the_budget(lengths: list[int], budget: int):
    batches = list(batches_within(lengths, token_budget=budget))
    assert sorted(itertools.chain.from_iterable(batches)) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
