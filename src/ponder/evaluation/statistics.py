"""How sure a count can make us: intervals and tests for right-or-wrong results.

    Wilson       (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)               Wilson 1927
    McNemar      p = min(1, 2 P[Bin(b + c, ½) ≤ min(b, c)]), b and c the discordant pairs, exact
    bootstrap    2.5% and 97.5% quantiles of the mean difference over resampled pairs   Efron 1979
    Holm         p₍ᵢ₎ → max over j ≤ i of (m - j + 1) p₍ⱼ₎, at most 1               Holm 1979

Knows nothing of problems, verdicts or costs. A percentile bootstrap cannot see what did not happen:
where all pairs agree its interval is a single point, so read it together with the exact test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Z_95 = 1.959963984540054
"""97.5% quantile of the standard normal distribution."""


class Interval(NamedTuple):
    """A closed interval."""

    low: float
    high: float

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


def wilson_interval(correct: int, total: int) -> Interval:
    """95% interval of a proportion; all of [0, 1] when nothing was counted."""
    if not 0 <= correct <= total:
        raise ValueError(f"correct must be in [0, {total}], got {correct}")
    if total == 0:
        return Interval(0.0, 1.0)
    p, z2 = correct / total, Z_95**2
    centre = p + z2 / (2 * total)
    spread = Z_95 * math.sqrt(p * (1 - p) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    # At the ends the formula gives 0 and 1 exactly, but not in floating point.
    low = 0.0 if correct == 0 else (centre - spread) / scale
    high = 1.0 if correct == total else (centre + spread) / scale
    return Interval(low, high)


def mcnemar_p_value(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value that A and B are right equally often.

    `only_a` and `only_b` count the pairs that just one of them got right; pairs on which they agree
    carry no information.
    """
    if min(only_a, only_b) < 0:
        raise ValueError("counts must not be negative")
    discordant = only_a + only_b
    tail = sum(math.comb(discordant, k) for k in range(min(only_a, only_b) + 1))
    # Whole numbers up to the last division: no underflow however many pairs there are.
    return min(1.0, 2 * tail / 2**discordant)


def paired_bootstrap(
    right_a: Sequence[bool], right_b: Sequence[bool], *, seed: int, resamples: int = 10_000
) -> Interval:
    """95% interval of accuracy(B) - accuracy(A) over the same problems; [-1, 1] without problems."""
    if len(right_a) != len(right_b):
        raise ValueError(f"pairs need equal lengths, got {len(right_a)} and {len(right_b)}")
    total = len(right_a)
    if total == 0:
        return Interval(-1.0, 1.0)
    only_a = sum(a and not b for a, b in zip(right_a, right_b, strict=True))
    only_b = sum(b and not a for a, b in zip(right_a, right_b, strict=True))
    # A pair's difference is -1, 0 or +1, so how often each is redrawn is multinomial: the same
    # distribution as drawing indices, without a resamples by problems table.
    shares = (only_a / total, (total - only_a - only_b) / total, only_b / total)
    draws = np.random.default_rng(seed).multinomial(total, shares, size=resamples)
    low, high = np.quantile((draws[:, 2] - draws[:, 0]) / total, (0.025, 0.975))
    return Interval(float(low), float(high))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are, in the order given."""
    corrected = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = running
    return corrected
