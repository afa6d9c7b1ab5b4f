"""Policy-gradient losses over completion tokens.

B sequences, T tokens; `mask_BT` is True on completion tokens. Each function returns a *sum* over tokens,
so that a batch may be cut into pieces and divided once by its number of tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class PolicyLoss:
    total: Tensor
    clipped_tokens: float
    ratio_sum: float


def clipped_policy_gradient(
    logprobs_BT: Tensor,
    behaviour_BT: Tensor,
    advantages_B: Tensor,
    mask_BT: Tensor,
    *,
    clip_low: float,
    clip_high: float,
) -> PolicyLoss:
    """-min(ratio * A, clip(ratio) * A) per token (PPO, Schulman et al., arXiv:1707.06347), with the upper
    bound apart from the lower as in DAPO (Yu et al., arXiv:2503.14476)."""
    ratio_BT = (logprobs_BT - behaviour_BT).masked_fill(~mask_BT, 0.0).exp()
    bounded_BT = ratio_BT.clamp(1 - clip_low, 1 + clip_high)
    gain_BT = torch.minimum(ratio_BT * advantages_B[:, None], bounded_BT * advantages_B[:, None])
    with torch.no_grad():
        clipped = ((ratio_BT != bounded_BT) & mask_BT).sum()
        ratio_sum = ratio_BT.masked_fill(~mask_BT, 0.0).sum()
    return PolicyLoss(-(gain_BT * mask_BT).sum(), float(clipped), float(ratio_sum))
