"""Windows and ropes of layers, and what an architecture refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ponder.errors import ModelError
from ponder.model.architecture import Architecture
from ponder.model.rope import Rope

ARCH = Architecture(
    family="llama", vocab_size=50, width=16, layers=3, heads=4, kv_heads=2, head_size=6, mlp_width=24,
    context=64,
)  # fmt: skip


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
