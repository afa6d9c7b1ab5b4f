"""Two arms on the same problems: the paired difference, its interval and its exact p-value.

Pairs are the problems that both arms ran and on which both were judged. They are `tied` when the
bootstrap interval of the difference includes 0, or when the exact test does not reject at 5%. A tie is
no proof of equality, so `n_needed` says how many problems a difference of this size would take.

Knows nothing of cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.power import problems_needed
from ponder.evaluation.statistics import Interval, mcnemar_p_value, paired_bootstrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """B against A."""

    a: str
    b: str
    n: int
    """Problems that both were judged on."""
    both: int
    only_a: int
    only_b: int
    interval: Interval
    p_value: float

    @property
    def accuracy_a(self) -> float:
        return (self.both + self.only_a) / self.n if self.n else math.nan

    @property
    def accuracy_b(self) -> float:
        return (self.both + self.only_b) / self.n if self.n else math.nan

    @property
    def delta(self) -> float:
        """Accuracy of B minus accuracy of A."""
        return (self.only_b - self.only_a) / self.n if self.n else math.nan

    @property
    def tied(self) -> bool:
        return self.interval.contains(0.0) or self.p_value > 0.05

    @property
    def n_needed(self) -> int | None:
        """Problems that would tell the two apart with 80% power, if they differed as here; None when they
        differ equally often both ways."""
        return problems_needed(self.only_a / self.n, self.only_b / self.n) if self.n else None

    @property
    def verdict(self) -> str:
        if not self.n:
            return f"{self.a} and {self.b} have no judged problem in common."
        interval = formatting.points_interval(self.interval)
        size = f"{formatting.points(self.delta)} points, 95% interval {interval}"
        if self.tied:
            return f"{self.b} is tied with {self.a} ({size}, n = {self.n})."
        return f"{self.b} is {'better' if self.delta > 0 else 'worse'} than {self.a} ({size}, n = {self.n})."

    def to_json(self) -> dict[str, Any]:
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            "accuracy_a": _or_none(self.accuracy_a),
            "accuracy_b": _or_none(self.accuracy_b),
            "delta": _or_none(self.delta),
            "interval": list(self.interval),
            "p_value": self.p_value,
            "n_needed": self.n_needed,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "verdict": self.verdict,
        }


def compare(a: ArmResult, b: ArmResult, *, seed: int) -> Comparison:
    """B against A over the problems they share."""
    right_by_id = {item.problem_id: item.judgement.correct for item in a.items if item.judged}
    shared = [item for item in b.items if item.judged and item.problem_id in right_by_id]
    right_a = [right_by_id[item.problem_id] for item in shared]
    right_b = [item.judgement.correct for item in shared]
    pairs = list(zip(right_a, right_b, strict=True))
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    return Comparison(
        a=a.name,
        b=b.name,
        n=len(pairs),
        both=pairs.count((True, True)),
        only_a=only_a,
        only_b=only_b,
        interval=paired_bootstrap(right_a, right_b, seed=seed),
        p_value=mcnemar_p_value(only_a, only_b),
    )


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
