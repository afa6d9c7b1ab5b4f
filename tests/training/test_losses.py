"""Losses against numbers worked out by hand. Two completions: of two tokens, and of one."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from ponder.training.losses import (
    LOSSES,
    Terms,
    Worth,
    k3,
    mismatch_weight,
    sequence_weights,
    token_worth,
)

MASK = torch.tensor([[True, True], [True, False]])
LOG2 = math.log(2)


def terms(
    logprobs: list[list[float]], old: list[list[float]], advantages: list[float], low: float = 0.2
) -> Terms:
    return Terms(torch.tensor(logprobs), torch.tensor(old), torch.tensor(advantages), MASK, low, 0.28)


def seen(values: Tensor) -> list[float]:
    """Inside the mask, row by row."""
    return values[MASK].tolist()


# The first token twice as likely as before, the second as likely, the third half as likely.
OLD = [[-1.0, -2.0], [-3.0, 0.0]]
NOW = [[-1.0 + LOG2, -2.0], [-3.0 - LOG2, 9.0]]
WORTH = {
    # -min(ratio A, clip(ratio, 0.8, 1.28) A) with A = 1 and -1
    "grpo": [-1.28, -1.0, 0.8],
    "dapo": [-1.28, -1.0, 0.8],
    "dr-grpo": [-1.28, -1.0, 0.8],
    # ratios of the sequences: sqrt(2) -> 1.28, and 1/2 -> 0.8
    "gspo": [-1.28, -1.28, 0.8],
    # -min(ratio, 1.28) A logprob
    "cispo": [-1.28 * (-1 + LOG2), 2.0, 0.5 * (-3 - LOG2)],
    "reinforce": [1 - LOG2, 2.0, -3 - LOG2],
}
CLIPPED = {"gspo": [1, 1, 1], "cispo": [1, 0, 0], "reinforce": [0, 0, 0]}


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_token_is_worth(name: str) -> None:
    worth = token_worth(name, terms(NOW, OLD, [1.0, -1.0]))
    assert seen(worth.loss_BT) == pytest.approx(WORTH[name], abs=1e-6)
    assert seen(worth.clipped_BT) == CLIPPED.get(name, [1, 0, 1])


@pytest.mark.parametrize("name", LOSSES)
def test_a_good_token_that_grew_rarer_is_still_pulled_up(name: str) -> None:
    """And a bad one that grew likelier is felt in full: clipping only ever forgoes gain."""
    if name in ("cispo", "reinforce"):
        return
    worth = token_worth(name, terms([[-1 - LOG2, -2 - LOG2], [-3 + LOG2, 0.0]], OLD, [1.0, -1.0]))
    assert seen(worth.loss_BT) == pytest.approx([-0.5, -0.5, 2.0], abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_on_policy_every_loss_has_the_gradient_of_reinforce(name: str) -> None:
    """Up to how tokens are averaged: A for each token, GSPO's spread evenly over the sequence."""
    logprobs = torch.tensor([[-1.0, -2.0], [-3.0, -4.0]], requires_grad=True)
    worth = token_worth(name, Terms(logprobs, logprobs.detach(), torch.tensor([0.5, -2.0]), MASK, 0.2, 0.28))
    worth.loss_BT.masked_fill(~MASK, 0.0).sum().backward()
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == [[-0.5, -0.5], [2.0, 0.0]]
    assert seen(worth.ratio_BT) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("name", ["grpo", "gspo"])
def test_what_is_clipped_has_no_gradient(name: str) -> None:
    logprobs = torch.tensor(NOW, requires_grad=True)
    worth = token_worth(name, Terms(logprobs, torch.tensor(OLD), torch.tensor([1.0, -1.0]), MASK, 0.2, 0.28))
    worth.loss_BT.masked_fill(~MASK, 0.0).sum().backward()
    assert logprobs.grad is not None
    kept = [0.0, -1.0, 0.0] if name == "grpo" else [0.0, 0.0, 0.0]
    assert seen(logprobs.grad) == kept


def test_cispo_keeps_the_gradient_of_what_it_clips() -> None:
    logprobs = torch.tensor(NOW, requires_grad=True)
    worth = token_worth("cispo", Terms(logprobs, torch.tensor(OLD), torch.tensor([1.0, -1.0]), MASK, 0, 0.28))
    worth.loss_BT.masked_fill(~MASK, 0.0).sum().backward()
    assert logprobs.grad is not None
    assert seen(logprobs.grad) == pytest.approx([-1.28, -1.0, 0.5])


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("grpo", [1 / 2 / 2, 1 / 2 / 6]),
        ("dapo", [1 / 8, 1 / 8]),
        ("dr-grpo", [1 / 2 / 10, 1 / 2 / 10]),
        ("gspo", [1 / 2 / 2, 1 / 2 / 6]),
        ("cispo", [1 / 8, 1 / 8]),
        ("reinforce", [1 / 8, 1 / 8]),
    ],
)
def test_how_tokens_are_averaged(name: str, weights: list[float]) -> None:
    """Sequences of two and six tokens where ten are allowed."""
    found = sequence_weights(name, torch.tensor([2.0, 6.0]), max_tokens=10)
    assert found.tolist() == pytest.approx(weights)


def test_k3_by_hand() -> None:
    assert float(k3(torch.tensor(-1.0), torch.tensor(-1.0 + LOG2))) == pytest.approx(2 - LOG2 - 1)
    assert float(k3(torch.tensor(-1.0), torch.tensor(-1.0))) == 0.0


@given(st.floats(-20, 0), st.floats(-20, 0))
def test_k3_is_never_negative(policy: float, reference: float) -> None:
    assert float(k3(torch.tensor(policy), torch.tensor(reference))) >= -1e-6


def test_k3_is_the_divergence_on_average() -> None:
    policy, reference = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.3, 0.3, 0.4])
    divergence = (policy * (policy / reference).log()).sum()
    assert float((policy * k3(policy.log(), reference.log())).sum()) == pytest.approx(float(divergence))


def test_a_sampler_that_was_surer_than_the_trainer_counts_less() -> None:
    weights = mismatch_weight(torch.tensor([-1.0, -1.0, -1.0]), torch.tensor([-1.0, -1 + LOG2, -9.0]), 2.0)
    assert weights.tolist() == pytest.approx([1.0, 0.5, 2.0])


@given(st.sampled_from(sorted(LOSSES)), st.floats(-30, 30), st.floats(-30, 30))
def test_nothing_outside_the_mask_is_counted(name: str, logprob: float, old: float) -> None:
    """Whatever stands in the padding, the worth of real tokens stays as it is."""
    now = [NOW[0], [NOW[1][0], logprob]]
    before = [OLD[0], [OLD[1][0], old]]
    worth: Worth = token_worth(name, terms(now, before, [1.0, -1.0]))
    assert seen(worth.loss_BT) == pytest.approx(WORTH[name], abs=1e-6)
