"""Cached decoding equals the full forward pass, ours and that of transformers."""

from __future__ import annotations

import pytest
import torch
from fakes import random_model

from ponder.engine.decode import batches_within, prefill, step
from ponder.engine.kv_cache import KVCache

FAMILIES = ["llama", "qwen2", "qwen3"]
LENGTHS = [3, 17, 1, 40]


def ragged(extra: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(0, 260, (length + extra,), generator=generator).tolist() for length in LENGTHS]


def make_cache(model, slots: int = 6) -> KVCache:
    return KVCache(model.arch, slots=slots, capacity=64, dtype=torch.float32, device=torch.device("cpu"))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("token_budget", [1000, 45, 4])
def test_cached_decode_equals_the_full_forward_and_transformers(family: str, token_budget: int):
    theirs, ours = random_model(family)
    cache, texts, extra = make_cache(ours), ragged(5), 5
    with torch.inference_mode():
        prompts = [text[:length] for text, length in zip(texts, LENGTHS, strict=True)]
        logits = [prefill(ours, cache, prompts, [0, 1, 2, 3], token_budget=token_budget)]
        for offset in range(extra):
            positions = torch.tensor(LENGTHS) + offset
            tokens = torch.tensor([text[at] for text, at in zip(texts, positions.tolist(), strict=True)])
            window = cache.window(int(positions.max()) + 1)
            logits.append(step(ours, cache, tokens, positions, window))
        for row, (text, length) in enumerate(zip(texts, LENGTHS, strict=True)):
            ids = torch.tensor([text])
            cached = torch.stack([each[row] for each in logits])
            torch.testing.assert_close(cached, ours(ids)[0, length - 1 :], atol=1e-4, rtol=0)
            torch.testing.assert_close(cached, theirs(ids).logits[0, length - 1 :], atol=1e-4, rtol=0)


def test_forked_equals_unforked():
    _, ours = random_model("qwen3")
    cache, prompt = make_cache(ours), ragged(0)[1]
    with torch.inference_mode():
        prefill(ours, cache, [prompt], [4])
        cache.fork(4, [0, 1], length=len(prompt))
        prefill(ours, cache, [prompt], [2])
        at = torch.full((3,), len(prompt))
        logits = step(ours, cache, torch.tensor([5, 9, 5]), at, cache.window(len(prompt) + 1))
    torch.testing.assert_close(logits[0], logits[2], atol=1e-5, rtol=0)
    assert not torch.allclose(logits[0], logits[1])


def test_batches_hold_every_index_within_the_budget():
    lengths = [5, 90, 5, 6, 20, 1]
    batches = list(batches_within(lengths, token_budget=20))
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert all(len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= 20 for batch in batches)
