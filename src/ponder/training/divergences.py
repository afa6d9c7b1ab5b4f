"""How far a student's next-token distribution q lies from a teacher's p, per token, from logits.

Forward, over the teacher's k likeliest tokens and one bucket for all the rest (Hinton et al.,
arXiv:1503.02531, for the idea of soft targets):

    KL(p || q) = sum over the k of p (log p - log q)  +  p_rest (log p_rest - log q_rest)

With k = V it is the whole; with less it is never more than that, since merging outcomes hides differences.
Reverse, over the whole vocabulary (Agarwal et al., arXiv:2306.13649; Gu et al., arXiv:2306.08543):

    KL(q || p) = sum of q (log q - log p)

Knows nothing of models, files or where tokens come from.

Shapes: N tokens, V vocabulary, K the likeliest of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ponder.training.batch import LOGITS_AT_ONCE
from ponder.training.memory import recomputed


class TopLogprobs(NamedTuple):
    """A teacher's likeliest tokens and their log-probabilities."""

    ids_NK: Tensor
    """int32"""
    logprobs_NK: Tensor
    """float32"""


def top_logprobs(logits_NV: Tensor, k: int, *, temperature: float = 1.0) -> TopLogprobs:
    logprobs_NV = (logits_NV.float() / temperature).log_softmax(dim=-1)
    top = logprobs_NV.topk(min(k, logits_NV.shape[-1]), dim=-1)
    return TopLogprobs(top.indices.int(), top.values)


def top_forward_kl(logits_NV: Tensor, teacher: TopLogprobs, *, temperature: float = 1.0) -> Tensor:
    """KL(p || q) per token; `teacher` was made at the same temperature."""
    logits_NV = logits_NV.float() / temperature
    ids_NK = teacher.ids_NK.long()
    total_N = logits_NV.logsumexp(dim=-1)
    p_NK = teacher.logprobs_NK.exp()
    kl_N = (p_NK * (teacher.logprobs_NK - logits_NV.gather(1, ids_NK) + total_N[:, None])).sum(dim=-1)
    if ids_NK.shape[1] == logits_NV.shape[1]:
        return kl_N
    # The student's rest as a sum of its own: 1 - q would round to nothing where the student is sure.
    rest_N = logits_NV.scatter(1, ids_NK, -torch.inf).logsumexp(dim=-1) - total_N
    p_rest_N = (1 - p_NK.sum(dim=-1)).clamp_min(0)
    return kl_N + torch.xlogy(p_rest_N, p_rest_N) - p_rest_N * rest_N


def reverse_kl(student_NV: Tensor, teacher_NV: Tensor) -> Tensor:
    """KL(q || p) per token, exactly."""
    q_NV = student_NV.float().log_softmax(dim=-1)
    return (q_NV.exp() * (q_NV - teacher_NV.float().log_softmax(dim=-1))).sum(dim=-1)


def in_runs(function: Callable[..., Tensor], vocabulary: int, *tensors: Tensor) -> Tensor:
    """`function` of rows that become logits, a run of them at a time where there are many; each run is
    computed again when gradients are taken, so that only one run's logits are ever held."""
    rows, count = max(1, LOGITS_AT_ONCE // vocabulary), len(tensors[0])
    if count <= rows:
        return function(*tensors)
    again = recomputed if torch.is_grad_enabled() else _called
    begins = range(0, count, rows)
    return torch.cat([again(function, *(each[b : b + rows] for each in tensors)) for b in begins])


def _called(function: Callable[..., Tensor], *arguments: Tensor) -> Tensor:
    return function(*arguments)
