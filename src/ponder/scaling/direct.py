"""Answer at once: one greedy completion, no thinking asked for. The arm all others are measured against."""

from __future__ import annotations

from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Problem
from ponder.scaling.chain_of_thought import ChainOfThought


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    temperature: float = 0.0
    name: str = "direct"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        return ChainOfThought(chain="direct", temperature=self.temperature).solve(problem, budget)
