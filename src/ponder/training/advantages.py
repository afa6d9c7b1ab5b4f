"""Rewards of a group of samples to advantages, one function per estimator.

All take `rewards_PG` (P problems, G samples each) and return advantages of the same shape. A group in
which every sample earned the same carries no signal and gets zeros.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def grpo(rewards_PG: Tensor) -> Tensor:
    """(r - mean) / deviation within the group (Shao et al., arXiv:2402.03300)."""
    centred_PG = dr_grpo(rewards_PG)
    deviation_P1 = rewards_PG.std(dim=1, keepdim=True, unbiased=False)
    return torch.where(deviation_P1 > 1e-6, centred_PG / deviation_P1.clamp(min=1e-6), 0.0)


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


ADVANTAGES: dict[str, Callable[[Tensor], Tensor]] = {"grpo": grpo, "dr-grpo": dr_grpo, "rloo": rloo}
