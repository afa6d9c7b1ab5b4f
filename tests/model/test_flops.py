"""The formula for operations against a counted forward of every family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model.families import FAMILIES, make_ours
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer


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


def counted(model: Transformer) -> int:
    """Nine tokens one by one with a cache, where torch computes no masked pair, and logits for the last
    three. Its fused kernels are not known to the counter, so attention is made of plain products here."""
    cache = GrowingCache(model.arch)
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), counter:
        for position in range(9):
            mask = torch.ones(1, 1, 1, position + 1, dtype=torch.bool)
            at = torch.tensor([[position]])
            hidden = model.hidden(torch.tensor([[5]]), positions_BT=at, mask=mask, cache=cache)
            if position >= 6:
                model.logits(hidden)
    return counter.get_total_flops()


@pytest.mark.parametrize("name", [name for name in FAMILIES if "window" not in name and "gemma" not in name])
def test_the_formula_equals_a_counted_forward(name: str):
    """Hidden pairs of a window are computed and counted too, so those families are held to a sum below."""
    ours = make_ours(name)
    assert counted(ours) == forward_flops(ours.arch, 0, 9, logits=3)


def test_the_formula_holds_with_capped_scores():
    """Which go another way through attention."""
    capped = Transformer(replace(make_ours("llama").arch, attention_softcap=5.0))
    assert counted(capped) == forward_flops(capped.arch, 0, 9, logits=3)


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
    assert forward_flops(arch, begin, begin + more, logits=0) == wanted
