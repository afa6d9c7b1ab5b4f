import torch

from ponder.training.losses import clipped_policy_gradient

MASK = torch.tensor([[True, True, False]])


def loss(logprobs: list[float], behaviour: list[float], advantage: float) -> float:
    result = clipped_policy_gradient(
        torch.tensor([logprobs]),
        torch.tensor([behaviour]),
        torch.tensor([advantage]),
        MASK,
        clip_low=0.2,
        clip_high=0.28,
    )
    return float(result.total)


def test_on_policy_the_loss_is_minus_the_advantage_per_token() -> None:
    assert loss([-1.0, -2.0, -9.0], [-1.0, -2.0, 0.0], 0.5) == -1.0


def test_on_policy_the_gradient_is_reinforce() -> None:
    logprobs = torch.tensor([[-1.0, -2.0, -3.0]], requires_grad=True)
    clipped_policy_gradient(
        logprobs, logprobs.detach(), torch.tensor([0.5]), MASK, clip_low=0.2, clip_high=0.2
    ).total.backward()
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [[-0.5, -0.5, 0.0]]


def test_gain_beyond_the_bounds_is_not_paid() -> None:
    up = torch.log(torch.tensor(2.0)).item()
    assert abs(loss([up, 0.0, 0.0], [0.0, 0.0, 0.0], 1.0) + 1.28 + 1.0) < 1e-6
    assert abs(loss([up, 0.0, 0.0], [0.0, 0.0, 0.0], -1.0) - 3.0) < 1e-6  # a loss is felt in full


def test_clipped_tokens_are_counted_inside_the_mask_only() -> None:
    result = clipped_policy_gradient(
        torch.tensor([[1.0, 0.0, 5.0]]), torch.zeros(1, 3), torch.ones(1), MASK, clip_low=0.2, clip_high=0.2
    )
    assert result.clipped_tokens == 1
