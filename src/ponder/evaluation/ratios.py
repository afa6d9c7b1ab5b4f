"""Ratios of sums over problems, with intervals: tokens per solved problem, the share of all tokens.

    ratio      Σ aᵢ / Σ bᵢ                                                         over problems
    interval   2.5% and 97.5% quantiles of the ratio over resampled problems       Efron 1979

Problems are resampled with replacement, the same draws for every ratio of a group. A percentile bootstrap
covers a little too little where problems are few, and knows no spread that it has not seen: with fewer than
`FEW` problems there is no interval. Knows nothing of budgets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ponder.evaluation.statistics import Interval, mean_interval

FEW = 5
RESAMPLES = 2_000


class Estimate(NamedTuple):
    """A figure and its 95% interval; not a number where there is nothing to measure."""

    value: float
    interval: Interval

    def to_json(self) -> dict[str, float | None]:
        low, high = self.interval
        shown = {"value": self.value, "low": low, "high": high}
        return {key: value if math.isfinite(value) else None for key, value in shown.items()}


UNKNOWN = Estimate(math.nan, Interval(math.nan, math.nan))


class Resampled:
    """Draws of `problems` problems, to estimate any number of ratios from."""

    def __init__(self, problems: int, *, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        weights = np.full(max(1, problems), 1 / max(1, problems))
        self.problems = problems
        self._counts_RP = rng.multinomial(problems, weights, size=RESAMPLES) if problems >= FEW else None

    def ratio(self, above: Sequence[float], below: Sequence[float]) -> Estimate:
        """Σ above / Σ below, one number each a problem; resamples without anything below do not count."""
        top, bottom = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
        if not bottom.sum() > 0:
            return UNKNOWN
        value = float(top.sum() / bottom.sum())
        if self._counts_RP is None or int((bottom > 0).sum()) < FEW:
            return Estimate(value, UNKNOWN.interval)
        tops_R, bottoms_R = self._counts_RP @ top, self._counts_RP @ bottom
        low, high = np.quantile(tops_R[bottoms_R > 0] / bottoms_R[bottoms_R > 0], (0.025, 0.975))
        return Estimate(value, Interval(float(low), float(high)))


def share(shares: Sequence[float]) -> Estimate:
    """The mean of one number in [0, 1] a problem, by Wilson's formula."""
    if not shares:
        return UNKNOWN
    return Estimate(math.fsum(shares) / len(shares), mean_interval(shares))
