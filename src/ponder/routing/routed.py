"""A strategy that lets a router decide how each problem is answered: `--think auto`.

What its signals take is part of the attempt's cost, and why it decided is the first line of the attempt's
trace. Does not know how the router was fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ponder.protocols import Budget, Plan, Strategy
from ponder.records import Problem
from ponder.routing.router import Decision, Router
from ponder.routing.signals import SIGNALS
from ponder.scaling.asking import Asking, Purse
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.direct import Direct


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    router: Router
    worth: float | None = None
    """Instead of the router's own."""
    name: str = "auto"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        purse = Purse(budget)
        decision = yield from self.decide(problem, purse)
        left = replace(budget, tokens=max(1, purse.left))
        attempt = yield from self.strategy(decision).solve(problem, left)
        return replace(attempt, cost=purse.cost + attempt.cost, trace=(decision.sentence, *attempt.trace))

    def decide(self, problem: Problem, purse: Purse) -> Asking[Decision]:
        shown = dict[str, float]()
        for name in self.router.signals:
            signal = SIGNALS[name]
            (group,) = yield from purse.ask([signal.ask(problem)])
            shown |= signal.read(group)
        return self.router.decide(problem.question, shown, worth=self.worth)

    def strategy(self, decision: Decision) -> Strategy:
        """The last action thinks as long as it likes: the largest budget is where its outcomes ended."""
        if decision.place == 0:
            return Direct()
        whole = decision.place == len(self.router.actions) - 1
        return ChainOfThought(thinking_budget=None if whole else decision.budget)
