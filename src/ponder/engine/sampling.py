"""Draw one token per row: temperature, then top-k, top-p and min-p, then the inverse of the cumulative sum.

Each row draws from a stream of its own: u = splitmix64(key + position * golden ratio), where the key hashes
(seed, prompt ids, sample index). No state is kept, so a sample is the same alone and in any batch, up to
the rounding of the logits themselves. splitmix64: Steele, Lea and Flood, OOPSLA 2014; top-p: Holtzman et
al., arXiv:1904.09751; min-p: Nguyen et al., arXiv:2407.01082. Knows nothing of caches or text.

Shapes: B rows, V vocabulary, N likeliest tokens in falling order.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ponder.records import Sampling

GREEDY_BELOW = 1e-5
"""A temperature under this is greedy: dividing by it would overflow."""
RANKED_FIRST = 1024
"""How many tokens top-p ranks before it falls back on sorting the whole vocabulary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSampling:
    """Sampling parameters as one tensor per field, and which of them are on at all."""

    temperature_B: Tensor
    top_k_B: Tensor
    top_p_B: Tensor
    min_p_B: Tensor
    greedy_B: Tensor
    all_greedy: bool
    any_greedy: bool
    widest_top_k: int
    """0 when some row keeps all."""
    any_ranked: bool
    any_min_p: bool

    @classmethod
    def of(cls, rows: Sequence[Sampling], *, device: torch.device) -> RowSampling:
        def tensor(values: list[float], dtype: torch.dtype = torch.float64) -> Tensor:
            return torch.tensor(values, dtype=dtype, device=device)

        greedy = [row.temperature < GREEDY_BELOW for row in rows]
        top_k = [row.top_k for row in rows]
        return cls(
            temperature_B=tensor(
                [1.0 if cold else row.temperature for row, cold in zip(rows, greedy, strict=True)],
                torch.float32,
            ),
            top_k_B=tensor([float(k or 2**31) for k in top_k], torch.int64),
            top_p_B=tensor([math.inf if row.top_p >= 1 else row.top_p for row in rows]),
            min_p_B=tensor([row.min_p for row in rows], torch.float32),
            greedy_B=torch.tensor(greedy, device=device),
            all_greedy=all(greedy),
            any_greedy=any(greedy),
            widest_top_k=max(top_k) if all(top_k) else 0,
            any_ranked=any(row.top_k or row.top_p < 1 for row in rows),
            any_min_p=any(row.min_p > 0 for row in rows),
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Tokens, with log softmax(logits / temperature) of each before any filter, and how far that softmax is
    from uniform: KL(uniform || softmax) = logsumexp - mean - log V of the scaled logits."""

    tokens_B: Tensor
    logprobs_B: Tensor
    certainties_B: Tensor


def sample(
    logits_BV: Tensor, sampling: RowSampling, uniform_B: Tensor, *, forced_B: Tensor | None = None
) -> Drawn:
    """One token per row; where `forced_B` is not negative that token is taken instead of a draw."""
    scaled_BV = logits_BV.float() / sampling.temperature_B[:, None]
    peak_B = scaled_BV.amax(dim=-1)
    weights_BV = (scaled_BV - peak_B[:, None]).exp_()
    total_B = weights_BV.sum(dim=-1)
    if sampling.all_greedy:
        tokens_B = scaled_BV.argmax(dim=-1)
    else:
        tokens_B = _invert(kept_weights(weights_BV, sampling), uniform_B)
        if sampling.any_greedy:
            tokens_B = torch.where(sampling.greedy_B, scaled_BV.argmax(dim=-1), tokens_B)
    if forced_B is not None:
        tokens_B = torch.where(forced_B >= 0, forced_B, tokens_B)
    chosen_B = scaled_BV.gather(1, tokens_B[:, None])[:, 0]
    certainties_B = (total_B / logits_BV.shape[-1]).log() + peak_B - scaled_BV.mean(dim=-1)
    return Drawn(tokens_B, chosen_B - peak_B - total_B.log(), certainties_B)


def _invert(weights_BV: Tensor, uniform_B: Tensor) -> Tensor:
    """The first token whose cumulative weight exceeds uniform times the total; never one of weight 0."""
    cumulative_BV = weights_BV.cumsum(dim=-1, dtype=torch.float64)
    target_B = uniform_B * cumulative_BV[:, -1]
    return torch.searchsorted(cumulative_BV, target_B[:, None], right=True)[:, 0]


def kept_weights(weights_BV: Tensor, sampling: RowSampling) -> Tensor:
    """Weights (the likeliest token's is 1) with those zeroed that the filters drop."""
    kept_BV = weights_BV
    if sampling.any_ranked:
        kept_BV = kept_BV * _kept_by_rank(weights_BV, sampling)
    if sampling.any_min_p:
        kept_BV = kept_BV * (weights_BV >= sampling.min_p_B[:, None])
    return kept_BV


def _kept_by_rank(weights_BV: Tensor, sampling: RowSampling) -> Tensor:
    """Top-k, then top-p of what top-k left. Ranks only as many tokens as may be kept."""
    vocabulary = weights_BV.shape[1]
    total_B = weights_BV.sum(dim=-1, dtype=torch.float64)
    width = sampling.widest_top_k or RANKED_FIRST
    if width < vocabulary and vocabulary > RANKED_FIRST:
        ranked_BN, order_BN = weights_BV.topk(width, dim=-1)
        enough_B = (sampling.top_k_B <= width) | (ranked_BN.sum(-1) >= sampling.top_p_B * total_B)
        if not bool(enough_B.all()):
            ranked_BN, order_BN = weights_BV.sort(dim=-1, descending=True, stable=True)
    else:
        ranked_BN, order_BN = weights_BV.sort(dim=-1, descending=True, stable=True)
    within_BN = torch.arange(ranked_BN.shape[1], device=weights_BV.device) < sampling.top_k_B[:, None]
    sums_BN = (ranked_BN * within_BN).cumsum(dim=-1, dtype=torch.float64)
    total_B = torch.where(sampling.top_k_B <= ranked_BN.shape[1], sums_BN[:, -1], total_B)
    before_BN = torch.cat([torch.zeros_like(sums_BN[:, :1]), sums_BN[:, :-1]], dim=-1)
    within_BN &= before_BN < (sampling.top_p_B * total_B)[:, None]
    return torch.zeros_like(weights_BV, dtype=torch.bool).scatter_(1, order_BN, within_BN)


def stream_key(seed: int, prompt_ids: Sequence[int], sample_index: int) -> int:
    """A signed 64-bit hash of what names a sample."""
    head = struct.pack("<qq", _signed(seed), sample_index)
    digest = hashlib.blake2b(head + struct.pack(f"<{len(prompt_ids)}q", *prompt_ids), digest_size=8)
    return int.from_bytes(digest.digest(), "little", signed=True)


def uniforms(keys_B: Tensor, positions_B: Tensor) -> Tensor:
    """A double in [0, 1) for each row's position; 64-bit products wrap, as splitmix64 wants."""
    state = keys_B + (positions_B + 1) * _signed(0x9E3779B97F4A7C15)
    state = (state ^ _shift_right(state, 30)) * _signed(0xBF58476D1CE4E5B9)
    state = (state ^ _shift_right(state, 27)) * _signed(0x94D049BB133111EB)
    state = state ^ _shift_right(state, 31)
    # 52 bits, so that uniform times a total rounds to less than the total.
    return _shift_right(state, 12).double() * 2.0**-52


def _shift_right(state: Tensor, bits: int) -> Tensor:
    """A logical shift: torch's own keeps the sign."""
    return (state >> bits) & ((1 << (64 - bits)) - 1)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
