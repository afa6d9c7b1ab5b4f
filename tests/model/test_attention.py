"""Plain products, taken where they are quicker, agree with the fused kernel and with float32."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ponder.model.attention import FEW_KEYS, attend


def inputs(tokens: int, keys: int, dtype: torch.dtype) -> list[Tensor]:
    """Two sequences, four query heads over two key-value heads."""
    generator = torch.Generator().manual_seed(keys)
    shapes = ((2, 4, tokens, 16), (2, 2, keys, 16), (2, 2, keys, 16))
    made = [torch.randn(shape, generator=generator) for shape in shapes]
    return [each.bfloat16().to(dtype).requires_grad_() for each in made]


def result(dtype: torch.dtype, mask: Tensor | None, *, tokens: int, keys: int) -> list[Tensor]:
    """The output and the gradients of its sum of squares."""
    made = inputs(tokens, keys, dtype)
    out = attend(*made, mask, scale=0.25)
    out.float().square().sum().backward()
    return [out.detach(), *(each.grad for each in made if each.grad is not None)]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("keys", [5, FEW_KEYS, FEW_KEYS + 1])
def test_bfloat16_has_the_gradients_of_float32(masked: bool, keys: int) -> None:
    tokens = 3 if masked else keys
    mask = torch.ones(2, 1, tokens, keys, dtype=torch.bool).tril(keys - tokens) if masked else None
    ours = result(torch.bfloat16, mask, tokens=tokens, keys=keys)
    exact = result(torch.float32, mask, tokens=tokens, keys=keys)
    for one, other in zip(ours, exact, strict=True):
        assert one.dtype is torch.bfloat16
        assert (one.float() - other).norm() < 0.02 * other.norm()


def test_products_and_the_kernel_agree_in_the_forward_pass() -> None:
    made = inputs(7, 7, torch.bfloat16)
    with torch.no_grad():  # the kernel
        fused = attend(*made, None, scale=0.25)
    assert (attend(*made, None, scale=0.25) - fused).abs().max() < 0.02
