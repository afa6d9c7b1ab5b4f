"""Judges a router on outcomes it was not fitted to: accuracy against spend, beside what needs no router.

    never, always    the cheapest and the dearest action for every problem
    random           a coin that always takes the dearest with the probability that spends as much
    uniform          one action for all, or a mixture of two, whichever is right most often for the same spend
    oracle           each problem the cheapest action that is right, the cheapest of all where none is
    regret           the oracle's worth · right - spend, less the router's, a problem

Differences are paired over problems: a bootstrap interval, and a sign-flip test (Fisher 1935) with 10,000
draws. What measuring signals took counts as the router's spend. Knows nothing of how decisions are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ponder.evaluation.ratios import Estimate, share
from ponder.evaluation.statistics import Interval, paired_bootstrap
from ponder.routing.outcome_table import OutcomeTable, RoutedProblem
from ponder.routing.router import Prospect, Router

FLIPS = 10_000
SWEEP = tuple(2.0**step for step in range(-3, 6))
"""Multiples of the router's worth that make its curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one way of choosing came to."""

    name: str
    correct: tuple[float, ...]
    """By problem; between 0 and 1 where chance decides."""
    spend: tuple[float, ...]

    @property
    def accuracy(self) -> Estimate:
        return share(self.correct)

    @property
    def mean_spend(self) -> float:
        return math.fsum(self.spend) / len(self.spend)

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "accuracy": self.accuracy.to_json(), "spend": self.mean_spend}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The router's accuracy over another policy's at equal spend."""

    over: str
    difference: float
    interval: Interval
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A router on one table."""

    name: str
    unit: str
    worth: float
    router: Policy
    curve: tuple[Policy, ...]
    """The router at other worths, from little to much."""
    uniform: tuple[Policy, ...]
    oracle: Policy
    over_random: Gain
    over_uniform: Gain
    asked: float
    """What measuring signals took, a problem."""
    taken: tuple[float, ...]
    """The share of problems that got each action."""
    calibration_error: float
    """Mean distance of the probability expected for the action taken from how often it is right, over ten
    groups of problems by that probability."""

    @property
    def never(self) -> Policy:
        return self.uniform[0]

    @property
    def always(self) -> Policy:
        return max(self.uniform, key=lambda each: each.mean_spend)

    @property
    def kept(self) -> float:
        """Its accuracy over that of always taking the dearest; not a number where that is never right."""
        always = self.always.accuracy.value
        return self.router.accuracy.value / always if always else math.nan

    @property
    def spent(self) -> float:
        """Its spend over that of always taking the dearest."""
        return self.router.mean_spend / self.always.mean_spend

    @property
    def regret(self) -> float:
        gap = self.oracle.accuracy.value - self.router.accuracy.value
        return self.worth * gap - (self.oracle.mean_spend - self.router.mean_spend)

    @property
    def sentence(self) -> str:
        """Should one think here?"""
        return (
            f"{self.name}: the router is right on {100 * self.router.accuracy.value:.1f}% for "
            f"{self.router.mean_spend:.1f} {self.unit} a problem, where always thinking is on "
            f"{100 * self.always.accuracy.value:.1f}% for {self.always.mean_spend:.1f} and never on "
            f"{100 * self.never.accuracy.value:.1f}% for {self.never.mean_spend:.1f}."
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "problems": len(self.router.correct), "unit": self.unit, "worth": self.worth,
            "router": self.router.to_json(), "kept": None if math.isnan(self.kept) else self.kept,
            "spent": self.spent, "over_never": self.router.mean_spend / self.never.mean_spend
            if self.never.mean_spend else None,
            "asked": self.asked, "asked_share": self.asked / self.never.mean_spend
            if self.never.mean_spend else None,
            "taken": list(self.taken), "regret": self.regret, "calibration_error": self.calibration_error,
            "over_random": asdict(self.over_random), "over_uniform": asdict(self.over_uniform),
            "oracle": self.oracle.to_json(), "uniform": [each.to_json() for each in self.uniform],
            "curve": [each.to_json() for each in self.curve],
        }  # fmt: skip


def judge(
    decided: Sequence[tuple[RoutedProblem, Router]],
    table: OutcomeTable,
    *,
    name: str,
    worth: float,
    more: Sequence[Policy] = (),
    seed: int = 0,
) -> Judged:
    """Each problem with a router that has not seen it. `more` are further uniform policies on the same
    problems, say other budgets."""
    rows = [row for row, _ in decided]
    uniform = (*(_fixed(rows, at, action) for at, action in enumerate(table.actions)), *more)
    expecting = [(row, router, router.prospects(row.question, row.signals)) for row, router in decided]
    router, places, expected = _routed(expecting, worth)
    oracle = _oracle(rows)
    curve = tuple(_routed(expecting, worth * times)[0] for times in SWEEP) if worth else (router,)
    never, always = uniform[0], uniform[len(table.actions) - 1]
    return Judged(
        name=name, unit=table.unit, worth=worth, router=router, curve=curve, uniform=uniform, oracle=oracle,
        over_random=gain(router, mixture(never, always, router.mean_spend, "random"), seed=seed),
        over_uniform=gain(router, best_uniform(uniform, router.mean_spend), seed=seed),
        asked=math.fsum(row.asked for row in rows) / len(rows),
        taken=tuple(places.count(at) / len(places) for at in range(len(table.actions))),
        calibration_error=calibration_error(expected, router.correct),
    )  # fmt: skip


def mixture(cheap: Policy, dear: Policy, spend: float, name: str) -> Policy:
    """A coin between two policies, with the probability that spends `spend` where that lies between them."""
    width = dear.mean_spend - cheap.mean_spend
    q = min(1.0, max(0.0, (spend - cheap.mean_spend) / width)) if width else 0.0

    def mixed(a: Sequence[float], b: Sequence[float]) -> tuple[float, ...]:
        return tuple((1 - q) * x + q * y for x, y in zip(a, b, strict=True))

    return Policy(name=name, correct=mixed(cheap.correct, dear.correct), spend=mixed(cheap.spend, dear.spend))


def best_uniform(uniform: Sequence[Policy], spend: float) -> Policy:
    """The mixture of two uniform policies that is right most often for a spend: chosen on these very
    problems, which flatters it."""
    cheaper = [each for each in uniform if each.mean_spend <= spend] or [
        min(uniform, key=lambda each: each.mean_spend)
    ]
    dearer = [each for each in uniform if each.mean_spend > spend] or [
        max(cheaper, key=lambda each: each.accuracy.value)
    ]
    mixed = (
        mixture(low, high, spend, f"{low.name} or {high.name}" if low is not high else low.name)
        for low in cheaper
        for high in (*dearer, low)
    )
    return max(mixed, key=lambda each: math.fsum(each.correct))


def gain(router: Policy, other: Policy, *, seed: int) -> Gain:
    differences = np.asarray(router.correct) - np.asarray(other.correct)
    return Gain(
        over=other.name,
        difference=float(differences.mean()),
        interval=paired_bootstrap(other.correct, router.correct, seed=seed),
        p_value=sign_flip_p_value(differences.tolist(), seed=seed),
    )


def sign_flip_p_value(differences: Sequence[float], *, seed: int) -> float:
    """Two-sided: how often the mean would be as far from 0, were each difference as likely its opposite."""
    values = np.asarray(differences, dtype=float)
    rng = np.random.default_rng(seed)
    signs = rng.choice((-1.0, 1.0), size=(FLIPS, len(values)))
    beyond = np.abs(signs @ values) >= abs(values.sum()) - 1e-9
    return (1 + int(beyond.sum())) / (1 + FLIPS)


def calibration_error(expected: Sequence[float], correct: Sequence[float], groups: int = 10) -> float:
    order = np.argsort(np.asarray(expected), kind="stable")
    parts = np.array_split(order, min(groups, len(order)))
    p, right = np.asarray(expected), np.asarray(correct)
    return float(sum(len(part) * abs(p[part].mean() - right[part].mean()) for part in parts) / len(order))


def _fixed(rows: Sequence[RoutedProblem], at: int, name: str) -> Policy:
    return Policy(
        name=name,
        correct=tuple(float(row.correct[at]) for row in rows),
        spend=tuple(row.spend[at] for row in rows),
    )


def _routed(
    expecting: Sequence[tuple[RoutedProblem, Router, tuple[Prospect, ...]]], worth: float
) -> tuple[Policy, list[int], list[float]]:
    """The policy, the action of each problem, and how likely it was held to be right."""
    places = [router.place(prospects, worth) for _, router, prospects in expecting]
    rows = [row for row, _, _ in expecting]
    policy = Policy(
        name=f"router at {worth:.0f}",
        correct=tuple(float(row.correct[at]) for row, at in zip(rows, places, strict=True)),
        spend=tuple(row.spend[at] + row.asked for row, at in zip(rows, places, strict=True)),
    )
    return policy, places, [each[2][at].right for each, at in zip(expecting, places, strict=True)]


def _oracle(rows: Sequence[RoutedProblem]) -> Policy:
    best = [
        min(range(len(row.correct)), key=lambda at, row=row: (not row.correct[at], row.spend[at]))
        if any(row.correct)
        else min(range(len(row.correct)), key=lambda at, row=row: row.spend[at])
        for row in rows
    ]
    return Policy(
        name="oracle",
        correct=tuple(float(row.correct[at]) for row, at in zip(rows, best, strict=True)),
        spend=tuple(row.spend[at] for row, at in zip(rows, best, strict=True)),
    )
