"""Which arm to buy at which price: the Pareto front over one axis of cost, and where it changes hands.

With a budget of X per problem, an arm is affordable when it costs X or less. The arm to buy is the
cheapest one that nothing affordable is measurably better than, so walking up the front an arm takes over
only when the paired test separates it from the one that holds. Arms that the test does not separate from
the holder are named beside it as tied.

Being tied is not transitive: each arm is tested against the one that holds, not against its neighbour.
Knows nothing of the test, nor of how a cost was measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol, TypeVar

CostAxis = Literal["generated_tokens", "flops", "seconds"]
"""Names of `ArmResult.cost_per_problem`; any other name it holds would do as well."""


class Priced(Protocol):
    """What is asked of an arm here: its name, its accuracy and what it costs per problem."""

    @property
    def name(self) -> str: ...
    @property
    def accuracy(self) -> float: ...
    @property
    def cost_per_problem(self) -> Mapping[str, float]: ...


A = TypeVar("A", bound=Priced)


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedArm:
    """An arm that the paired test does not separate from the holder of its stretch."""

    name: str
    accuracy: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A range of budgets in which one arm is the one to buy."""

    name: str
    accuracy: float
    start: float
    """What the arm costs: the smallest budget in the range."""
    stop: float
    """Where the next arm takes over; infinite in the last stretch."""
    tied: tuple[TiedArm, ...]
    """Affordable somewhere in the range, cheapest first. Those dearer than `start` are so from their own
    cost on."""


def pareto_front(arms: Sequence[A], cost: CostAxis = "generated_tokens") -> tuple[A, ...]:
    """Arms that no other arm beats on both accuracy and cost, cheapest first."""
    front: list[A] = []
    for arm in _cheapest_first(arms, cost):
        if not front or arm.accuracy > front[-1].accuracy:
            front.append(arm)
    return tuple(front)


def crossovers(
    arms: Sequence[A], *, tied: Callable[[A, A], bool], cost: CostAxis = "generated_tokens"
) -> tuple[Stretch, ...]:
    """The stretches from the cheapest arm up; none when nothing was judged.

    `tied(a, b)` is the paired test: true when it does not separate the two.
    """
    holders: list[A] = []
    for arm in pareto_front(arms, cost):
        if not holders or not tied(holders[-1], arm):
            holders.append(arm)
    bounds = [*(arm.cost_per_problem[cost] for arm in holders), math.inf]
    ranked = _cheapest_first(arms, cost)
    return tuple(
        Stretch(
            name=holder.name,
            accuracy=holder.accuracy,
            start=start,
            stop=stop,
            tied=tuple(
                TiedArm(name=arm.name, accuracy=arm.accuracy, cost=arm.cost_per_problem[cost])
                for arm in ranked
                if arm is not holder and arm.cost_per_problem[cost] < stop and tied(holder, arm)
            ),
        )
        for holder, (start, stop) in zip(holders, pairwise(bounds), strict=True)
    )


def _cheapest_first(arms: Sequence[A], cost: CostAxis) -> list[A]:
    """Judged and priced arms; of equally dear ones the most accurate comes first."""
    judged = [arm for arm in arms if not math.isnan(arm.accuracy + arm.cost_per_problem[cost])]
    return sorted(judged, key=lambda arm: (arm.cost_per_problem[cost], -arm.accuracy))
