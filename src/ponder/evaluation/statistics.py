"""How sure a count can make us: intervals and tests for right-or-wrong results.

    Wilson       (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)              Wilson 1927
    clustered    Wilson, with n' = n / (w (1 + 3v/n)) for n, w = σ² / p(1-p)    Kish 1965, Dean & Pagano 2015
    paired       2.5% and 97.5% quantiles of the mean difference over resamples Efron 1979, Agresti & Min 2005
    McNemar      p = min(1, 2 P[Bin(b + c, ½) ≤ min(b, c)]), b and c the discordant pairs, exact
    Holm         p₍ᵢ₎ → max over j ≤ i of (m - j + 1) p₍ⱼ₎, at most 1              Holm 1979

Problems are drawn from a population and samples from a problem, so n counts problems; p and σ² are the
mean and the variance over problems of xᵢ, the share of problem i's samples that are right. A problem is
worth 1/w independent samples. That is measured too, with relative variance v/n, where v is the mean of
((xᵢ - p)² - w (1 - 2p) (xᵢ - p) - σ²)² / σ⁴: 0 for one sample a problem, 2 - 2/m for m independent ones,
and large where a few problems decide. One v/n would match Student's t; the weight 3 was found by
simulation. The paired bootstrap draws n - 3 times, which gives its means the variance of Student's t, and
from the problems and half a problem more on either side, so that it does not take what did not happen for
impossible. `benchmarks/statistics_coverage.py` measures what each interval covers.

Knows nothing of problems' texts, verdicts or costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""97.5% quantile of the standard normal distribution."""
NOISE_WEIGHT = 3
"""How much the noise in the spread between problems widens an interval."""
MOST_COUNTS = 1_000_000
"""Counts held at once while resampling."""


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
    return _wilson(correct / total, total) if total else Interval(0.0, 1.0)


def clustered_bootstrap(right_by_problem: Sequence[Sequence[bool]]) -> Interval:
    """95% interval of the accuracy when each problem was sampled several times; problems weigh the same.

    The bootstrap resamples problems, never samples. Its standard error of a mean has a closed form, the
    limit of ever more resamples (Efron & Tibshirani 1993, section 5), so nothing is drawn and no seed is
    needed. It enters Wilson's formula as an effective number of samples, because quantiles of resampled
    means cover too little where accuracies are near 0 or 1. With one sample a problem it is Wilson's.
    """
    return mean_interval(shares_right(right_by_problem))


def mean_interval(shares: Sequence[float]) -> Interval:
    """95% interval of the mean of one number in [0, 1] per problem; all of [0, 1] without problems."""
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError("shares must lie in [0, 1]")
    n = len(shares)
    if n == 0:
        return Interval(0.0, 1.0)
    mean = math.fsum(shares) / n
    if n <= 3 or min(shares) == max(shares):
        # No spread to go by is no proof that there is none: each problem counts as one sample.
        return _wilson(mean, n)
    deviations = [share - mean for share in shares]
    spread = math.fsum(d**2 for d in deviations) / n
    inverse_worth = spread / (mean * (1 - mean))
    tilt = inverse_worth * (1 - 2 * mean)
    noise = math.fsum((d**2 - tilt * d - spread) ** 2 for d in deviations) / (n * spread**2)
    # Independent samples would show this much, so problems that happen to look alike show it too.
    noise = max(noise, 2 * (1 - inverse_worth))
    return _wilson(mean, n / inverse_worth / (1 + NOISE_WEIGHT * noise / n))


def shares_right(right_by_problem: Sequence[Sequence[bool]]) -> list[float]:
    """The share of each problem's samples that are right."""
    for index, right in enumerate(right_by_problem):
        if not right:
            raise ValueError(f"problem {index} has no samples")
    return [sum(right) / len(right) for right in right_by_problem]


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
    right_a: Sequence[float], right_b: Sequence[float], *, seed: int, resamples: int = 10_000
) -> Interval:
    """95% interval of accuracy(B) - accuracy(A) over the same problems; [-1, 1] without problems.

    Each problem is right or wrong, or the share of its samples that are right. Half a problem is added
    on either side, as far from no difference as the problems that differ typically are.
    """
    if len(right_a) != len(right_b):
        raise ValueError(f"pairs need equal lengths, got {len(right_a)} and {len(right_b)}")
    total = len(right_a)
    if total == 0:
        return Interval(-1.0, 1.0)
    differences = np.asarray(right_b, dtype=float) - np.asarray(right_a, dtype=float)
    size = float((differences**2).sum() / np.abs(differences).sum()) if differences.any() else 1.0
    values, counts = np.unique(differences, return_counts=True)
    values = np.concatenate((values, (-size, size)))
    weights = np.concatenate((counts, (0.5, 0.5))) / (total + 1)
    means = _resampled_means(values, weights, max(1, total - 3), seed=seed, resamples=resamples)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(low), float(high))


def paired_clustered_bootstrap(
    right_a: Sequence[Sequence[bool]],
    right_b: Sequence[Sequence[bool]],
    *,
    seed: int,
    resamples: int = 10_000,
) -> Interval:
    """`paired_bootstrap` when each arm sampled each problem several times, not always equally often."""
    return paired_bootstrap(shares_right(right_a), shares_right(right_b), seed=seed, resamples=resamples)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are, in the order given."""
    corrected = [0.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = running
    return corrected


def _wilson(p: float, n: float) -> Interval:
    z2 = Z_95**2
    centre = p + z2 / (2 * n)
    spread = Z_95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
    scale = 1 + z2 / n
    # At the ends the formula gives 0 and 1 exactly, but not in floating point.
    low = 0.0 if p == 0 else (centre - spread) / scale
    high = 1.0 if p == 1 else (centre + spread) / scale
    return Interval(low, high)


def _resampled_means(
    values: NDArray[np.float64], weights: NDArray[np.float64], draws: int, *, seed: int, resamples: int
) -> NDArray[np.float64]:
    """Means of `draws` values, drawn by weight with replacement.

    How often each value is drawn is multinomial: the same distribution as drawing indices, without a
    resamples by problems table.
    """
    rng = np.random.default_rng(seed)
    block = max(1, MOST_COUNTS // len(values))
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    return np.concatenate([rng.multinomial(draws, weights, size=size) @ values / draws for size in sizes])
