"""The norm's own backward pass agrees with torch's, in both precisions."""

import pytest
import torch
import torch.nn.functional as F

from ponder.model.norm import RMSNorm


def norm() -> RMSNorm:
    made = RMSNorm(24, eps=1e-5)
    made.weight.data = torch.linspace(0.5, 2.0, 24)
    return made


@pytest.mark.parametrize("shape", [(24,), (3, 24), (2, 5, 3, 24)])
def test_it_agrees_with_torch(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    x, upstream = torch.randn(shape), torch.randn(shape)
    results = list[list[torch.Tensor]]()
    for ours in (True, False):
        made, given = norm(), x.clone().requires_grad_()
        out = made(given) if ours else F.rms_norm(given, (24,), made.weight, made.eps)
        out.backward(upstream)
        assert given.grad is not None and made.weight.grad is not None
        results.append([out.detach(), given.grad, made.weight.grad])
    for one, other in zip(*results, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    with torch.no_grad():
        assert torch.allclose(norm()(x), results[1][0], atol=1e-6)


def test_a_gradient_may_lie_in_any_order() -> None:
    x = torch.randn(2, 3, 5, 24, requires_grad=True)
    norm()(x).transpose(1, 2).contiguous().square().sum().backward()
    assert x.grad is not None and x.grad.isfinite().all()


def test_under_autocast_the_result_is_bfloat16_and_the_gradient_is_the_inputs() -> None:
    x = torch.randn(3, 24, requires_grad=True)
    made = norm()
    with torch.autocast("cpu", torch.bfloat16):
        out = made(x)
    assert out.dtype is torch.bfloat16
    out.float().sum().backward()
    assert x.grad is not None and x.grad.dtype is torch.float32
    exact = x.detach().clone().requires_grad_()
    F.rms_norm(exact, (24,), made.weight.detach(), made.eps).sum().backward()
    assert exact.grad is not None
    assert torch.allclose(x.grad, exact.grad, atol=0.02)


def test_frozen_weights_have_no_gradient() -> None:
    made = norm()
    made.weight.requires_grad_(False)
    x = torch.randn(3, 24, requires_grad=True)
    made(x).sum().backward()
    assert made.weight.grad is None and x.grad is not None
