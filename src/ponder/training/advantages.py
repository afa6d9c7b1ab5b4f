"""Rewards of a group of samples to advantages, one function per estimator.

All take `rewards_PG` (P problems, G samples each) and return advantages of the same shape. Where a group is
its own baseline, one in which every sample earned the same carries no signal and gets zeros.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TINY = 1e-6
"""A deviation below it is rounding."""


def grpo(rewards_PG: Tensor) -> Tensor:
    """(r - mean) / deviation within the group (Shao et al., arXiv:2402.03300)."""
    deviation_P1 = rewards_PG.std(dim=1, keepdim=True, unbiased=False)
    return _divided(dr_grpo(rewards_PG), deviation_P1)


def dr_grpo(rewards_PG: Tensor) -> Tensor:
    """r - mean, without dividing, which favours no difficulty (Liu et al., arXiv:2503.20783)."""
    centred_PG = rewards_PG - rewards_PG.mean(dim=1, keepdim=True)
    # The mean of equal rewards may be off by a rounding, and that is no signal.
    uniform_P1 = (rewards_PG == rewards_PG[:, :1]).all(dim=1, keepdim=True)
    return centred_PG.masked_fill(uniform_P1, 0.0)


def rloo(rewards_PG: Tensor) -> Tensor:
    """r minus the mean of the *other* samples (Ahmadian et al., arXiv:2402.14740)."""
    group = rewards_PG.shape[1]
    return dr_grpo(rewards_PG) * group / (group - 1)


def reinforce_plus_plus(rewards_PG: Tensor) -> Tensor:
    """(r - mean) / deviation over the whole batch, no group needed (REINFORCE++, Hu et al.,
    arXiv:2501.03262). A group that earned the same still counts against the others."""
    if bool((rewards_PG == rewards_PG[0, 0]).all()):
        return torch.zeros_like(rewards_PG)
    return _divided(rewards_PG - rewards_PG.mean(), rewards_PG.std(unbiased=False))


def reinforce_plus_plus_baseline(rewards_PG: Tensor) -> Tensor:
    """The group's mean as baseline, the batch's deviation as scale (the same paper, its second form)."""
    centred_PG = dr_grpo(rewards_PG)
    return _divided(centred_PG, centred_PG.std(unbiased=False))


def _divided(centred_PG: Tensor, deviation: Tensor) -> Tensor:
    return torch.where(deviation > TINY, centred_PG / deviation.clamp(min=TINY), 0.0)


ADVANTAGES: dict[str, Callable[[Tensor], Tensor]] = {
    "grpo": grpo,
    "dr-grpo": dr_grpo,
    "rloo": rloo,
    "reinforce++": reinforce_plus_plus,
    "reinforce++-baseline": reinforce_plus_plus_baseline,
}
