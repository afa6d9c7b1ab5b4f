"""Costs against a count by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from fakes import random_engine, random_model
from hypothesis import given
from hypothesis import strategies as st
from model.families import FAMILIES, make_ours
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ponder.engine.ledger import count_cost, count_flops, share_seconds
from ponder.records import Cost, Sampling


def test_a_forked_group_costs_what_a_hand_counts():
    engine = random_engine("llama", slots=2)
    prompt, new = [3, 1, 4, 1, 5], 4
    group = engine.generate([prompt], Sampling(n=3, max_tokens=new, ignore_eos=True))[0]
    total = sum((completion.cost for completion in group), Cost())
    arch = random_model("llama")[1].arch
    # The prompt: positions 1..5. Each sample then feeds three of its four tokens, attending to 6, 7 and 8.
    blocks, head = arch.matmul_weights - arch.vocab_size * arch.width, arch.vocab_size * arch.width
    attended = (1 + 2 + 3 + 4 + 5) + 3 * (6 + 7 + 8)
    assert total.flops == (
        2 * blocks * (5 + 3 * 3)
        + 2 * head * (1 + 3 * 3)
        + 4 * arch.layers * arch.heads * arch.head_size * attended
    )
    assert (total.prompt_tokens, total.cached_prompt_tokens) == (5, 10)
    assert [completion.cost.prompt_tokens for completion in group] == [5, 0, 0]
    assert total.generated_tokens == 12
    assert total.forward_passes == 1 + 3 * 3


def test_reasoning_and_answer_add_up():
    arch = random_model("llama")[1].arch
    cost = count_cost(arch, prompt=10, cached=10, generated=8, reasoning=5)
    assert (cost.reasoning_tokens, cost.answer_tokens) == (5, 3)


def test_seconds_are_shared_by_operations():
    shared = share_seconds([Cost(flops=1.0), Cost(flops=3.0)], 8.0)
    assert [cost.seconds for cost in shared] == [2.0, 6.0]
    assert share_seconds([Cost()], 1.0)[0].seconds == 0.0


def test_a_call_shares_out_all_its_seconds():
    engine = random_engine(slots=4)
    ticks: list[int] = []
    started = time.perf_counter()
    groups = engine.generate(["ab", "c"], Sampling(n=2, max_tokens=5), on_progress=ticks.append)
    measured = time.perf_counter() - started
    assert ticks == [1, 1, 1, 1]
    seconds = sum(completion.cost.seconds for group in groups for completion in group)
    assert 0 < seconds <= measured


class GrowingCache:
    """Keeps what it is given, whole, and hands out exactly what a layer may attend to."""

    def __init__(self, arch: Any) -> None:
        self.arch = arch
        self.kept: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}

    def layer(self, index: int) -> GrowingLayer:
        return GrowingLayer(self, index)


class GrowingLayer:
    def __init__(self, cache: GrowingCache, index: int) -> None:
        self.cache, self.index = cache, index

    def update(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if self.index in self.cache.kept:
            old_keys, old_values = self.cache.kept[self.index]
            keys, values = torch.cat([old_keys, keys], dim=2), torch.cat([old_values, values], dim=2)
        self.cache.kept[self.index] = (keys, values)
        return keys, values


@pytest.mark.parametrize("name", [name for name in FAMILIES if "window" not in name and "gemma" not in name])
def test_the_formula_equals_a_counted_forward(name: str):
    """Token by token with a cache, where torch computes no masked pair. It would count those of a window, so
    families with windows are held to the sum over positions below."""
    ours = make_ours(name)
    cache = GrowingCache(ours.arch)
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), counter:  # it does not know the fused kernel
        for position in range(9):
            mask = torch.ones(1, 1, 1, position + 1, dtype=torch.bool)
            at = torch.tensor([[position]])
            hidden = ours.hidden(torch.tensor([[5]]), positions_BT=at, mask=mask, cache=cache)
            if position >= 6:
                ours.logits(hidden)
    assert counter.get_total_flops() == count_flops(ours.arch, 0, 9, logits=3)


@given(st.sampled_from(sorted(FAMILIES)), st.integers(0, 40), st.integers(0, 40))
def test_windows_bound_what_a_token_attends_to(name: str, begin: int, more: int):
    arch = make_ours(name).arch
    attended = sum(
        min(position + 1, arch.window(layer) or position + 1)
        for layer in range(arch.layers)
        for position in range(begin, begin + more)
    )
    blocks = arch.matmul_weights - arch.vocab_size * arch.width
    wanted = 2 * blocks * more + 4 * arch.heads * arch.head_size * attended
    assert count_flops(arch, begin, begin + more, logits=0) == wanted


def test_batched_and_alone_cost_the_same():
    prompts = [[1, 2, 3], [4] * 40, [5] * 17]
    sampling = Sampling(n=3, max_tokens=9, ignore_eos=True)
    together = random_engine(slots=9).generate(prompts, sampling)
    for prompt, group in zip(prompts, together, strict=True):
        alone = random_engine(slots=2).generate([prompt], sampling)[0]
        for mine, theirs in zip(group, alone, strict=True):
            assert (mine.cost.flops, mine.cost.forward_passes) == (
                theirs.cost.flops,
                theirs.cost.forward_passes,
            )
            assert mine.cost.prompt_tokens == theirs.cost.prompt_tokens
