"""The formula for operations against a counted forward of every family, and what an architecture refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from model.families import FAMILIES, make_ours
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.rope import Rope
from ponder.model.transformer import Transformer

ARCH = Architecture(
    family="llama", vocab_size=50, width=16, layers=3, heads=4, kv_heads=2, head_size=6, mlp_width=24,
    context=64,
)  # fmt: skip
B, T = 2, 11


def counted_forward(model: Transformer) -> int:
    """Multiplications and additions of all matrix products, as torch counts them. In a whole forward it
    multiplies every query with every key of the sequence, also where a mask or a window hides the key, so
    each of the B·T tokens counts as attending to T positions. Its fused kernels are not known to the
    counter, so attention is made of plain products here."""
    counter = FlopCounterMode(display=False)
    ids_BT = torch.randint(0, 50, (B, T), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), counter:
        model(ids_BT)
    return counter.get_total_flops()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_formula_equals_a_counted_forward(name: str):
    ours = make_ours(name)
    assert counted_forward(ours) == ours.arch.flops(B * T, B * T * T)


def test_the_formula_holds_with_capped_scores():
    """Which go another way through attention."""
    capped = Transformer(replace(ARCH, attention_softcap=5.0))
    assert counted_forward(capped) == ARCH.flops(B * T, B * T * T)


def test_layers_have_their_windows_and_ropes():
    arch = replace(
        ARCH, windows=(4, None, 4), nope_layers=(1,), rope=Rope(base=1e6), local_rope=Rope(base=1e4)
    )  # fmt: skip
    assert [arch.window(layer) for layer in range(3)] == [4, None, 4]
    assert [arch.rope_of(layer) for layer in range(3)] == [Rope(base=1e4), None, Rope(base=1e4)]
    assert arch.ropes == [Rope(base=1e4)]
    assert [ARCH.window(layer) for layer in range(3)] == [None] * 3
    assert ARCH.ropes == [Rope()]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"family": "mamba"}, "'mamba'"),
        ({"layers": 0}, "layers is 0"),
        ({"vocab_size": True}, "vocab_size is True"),
        ({"width": 2**31}, "width is 2147483648"),
        ({"heads": 3}, "3 query heads cannot share 2"),
        ({"head_size": 7}, "7 numbers"),
        ({"windows": (4,)}, "1 layer types are given for 3"),
        ({"windows": (None, 0, 4)}, "at least 1, not 0"),
    ],
)  # fmt: skip
def test_shapes_that_cannot_be_are_named(change: dict[str, Any], named: str):
    with pytest.raises(ModelError, match=named):
        replace(ARCH, **change)
