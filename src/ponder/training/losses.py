"""Policy-gradient losses. Each is two choices: what a token is worth, and how tokens are averaged.

    loss  =  sum over sequences b of  w_b * sum over tokens t of  l_bt

`OBJECTIVES` give l from the ratio of the policy to the one that sampled, `AVERAGES` give w from the lengths
of all sequences of a step, so that a step may be cut into pieces and still divide once. `LOSSES` are the
pairs the field has names for. KL and the correction for a sampler that computes otherwise than the trainer
come on top. Knows nothing of models or rewards.

B sequences, T completion tokens; `mask_BT` is True on tokens that the policy wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Terms:
    """What an objective reads. `old_BT` are logprobs of the policy before the first update on a batch."""

    logprobs_BT: Tensor
    old_BT: Tensor
    advantages_B: Tensor
    mask_BT: Tensor
    clip_low: float
    clip_high: float

    @property
    def log_ratio_BT(self) -> Tensor:
        return (self.logprobs_BT - self.old_BT).masked_fill(~self.mask_BT, 0.0)


@dataclass(frozen=True, slots=True)
class Worth:
    """Of each token: its loss, its importance ratio, and whether the ratio lay outside the bounds."""

    loss_BT: Tensor
    ratio_BT: Tensor
    clipped_BT: Tensor


def clipped(terms: Terms) -> Worth:
    """-min(ratio * A, clip(ratio) * A), as in PPO (Schulman et al., arXiv:1707.06347). An upper bound further
    off than the lower is DAPO's clip-higher (Yu et al., arXiv:2503.14476)."""
    return _clipped(terms, terms.log_ratio_BT.exp())


def sequence_clipped(terms: Terms) -> Worth:
    """GSPO (Zheng et al., arXiv:2507.18071): one ratio per sequence, the geometric mean of its tokens'. Such
    means lie closer to 1: the paper's bounds are 3e-4 and 4e-4."""
    lengths_B1 = terms.mask_BT.sum(dim=1, keepdim=True).clamp(min=1)
    mean_B1 = terms.log_ratio_BT.sum(dim=1, keepdim=True) / lengths_B1
    return _clipped(terms, mean_B1.exp().expand_as(terms.mask_BT))


def _clipped(terms: Terms, ratio_BT: Tensor) -> Worth:
    bounded_BT = ratio_BT.clamp(1 - terms.clip_low, 1 + terms.clip_high)
    advantages_B1 = terms.advantages_B[:, None]
    loss_BT = -torch.minimum(ratio_BT * advantages_B1, bounded_BT * advantages_B1)
    return Worth(loss_BT, ratio_BT.detach(), ratio_BT.detach() != bounded_BT.detach())


def clipped_weight(terms: Terms) -> Worth:
    """CISPO (MiniMax, arXiv:2506.13585): -min(ratio, bound) * A * logprob with the weight held constant, so
    that no token loses its gradient. Has no lower bound."""
    ratio_BT = terms.log_ratio_BT.detach().exp()
    weight_BT = ratio_BT.clamp(max=1 + terms.clip_high)
    return Worth(
        -weight_BT * terms.advantages_B[:, None] * terms.logprobs_BT, ratio_BT, ratio_BT != weight_BT
    )


def score_function(terms: Terms) -> Worth:
    """REINFORCE (Williams, 1992): -A * logprob. Only right on policy: there is no ratio in it."""
    loss_BT = -terms.advantages_B[:, None] * terms.logprobs_BT
    return Worth(loss_BT, terms.log_ratio_BT.detach().exp(), torch.zeros_like(terms.mask_BT))


OBJECTIVES: dict[str, Callable[[Terms], Worth]] = {
    "clipped": clipped,
    "sequence-clipped": sequence_clipped,
    "clipped-weight": clipped_weight,
    "score-function": score_function,
}


def token_mean(lengths_B: Tensor, max_tokens: int) -> Tensor:
    """1 / all tokens: every token counts alike (DAPO)."""
    return torch.full_like(lengths_B, 1.0) / lengths_B.sum().clamp(min=1)


def sequence_mean(lengths_B: Tensor, max_tokens: int) -> Tensor:
    """1 / (sequences * own length): every sequence counts alike, so long mistakes cost little per token
    (GRPO, Shao et al., arXiv:2402.03300)."""
    return 1 / (len(lengths_B) * lengths_B.clamp(min=1))


def constant_length(lengths_B: Tensor, max_tokens: int) -> Tensor:
    """1 / (sequences * the limit): no length is favoured (Dr. GRPO, Liu et al., arXiv:2503.20783)."""
    return torch.full_like(lengths_B, 1 / (len(lengths_B) * max_tokens))


AVERAGES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "token-mean": token_mean,
    "sequence-mean": sequence_mean,
    "constant-length": constant_length,
}

LOSSES: dict[str, tuple[str, str]] = {
    "grpo": ("clipped", "sequence-mean"),
    "dapo": ("clipped", "token-mean"),
    "dr-grpo": ("clipped", "constant-length"),
    "gspo": ("sequence-clipped", "sequence-mean"),
    "cispo": ("clipped-weight", "token-mean"),
    "reinforce": ("score-function", "token-mean"),
}
"""The names the field knows, as an objective and an average."""


def sequence_weights(loss: str, lengths_B: Tensor, *, max_tokens: int) -> Tensor:
    """w_B of a named loss for the sequences of a whole step, of these lengths in tokens (float)."""
    return AVERAGES[LOSSES[loss][1]](lengths_B, max_tokens)


def token_worth(loss: str, terms: Terms) -> Worth:
    """l_BT of a named loss."""
    return OBJECTIVES[LOSSES[loss][0]](terms)


def k3(logprobs_BT: Tensor, reference_BT: Tensor) -> Tensor:
    """KL(policy || reference) per sampled token: r - log r - 1 with r = reference / policy, never negative
    (Schulman, "Approximating KL divergence", 2020)."""
    log_ratio_BT = reference_BT - logprobs_BT
    return log_ratio_BT.exp() - log_ratio_BT - 1


def mismatch_weight(old_BT: Tensor, sampled_BT: Tensor, cap: float) -> Tensor:
    """Truncated importance sampling: min(trainer / sampler, cap), for a sampler whose logprobs are not quite
    the trainer's own, as with 8-bit weights (Espeholt et al., arXiv:1802.01561; Yao et al., 2025)."""
    return (old_BT - sampled_BT).detach().exp().clamp(max=cap)
