"""Answer at once: one greedy completion, no thinking asked for. The arm all others are measured against."""

from dataclasses import dataclass

from ponder.protocols import Ask, Budget, Plan
from ponder.records import Problem, Sampling
from ponder.scaling.prompts import ANSWER_AT_ONCE, ask_for
from ponder.scaling.single import single_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    temperature: float = 0.0
    name: str = "direct"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        sampling = Sampling(max_tokens=budget.per_completion, temperature=self.temperature, seed=budget.seed)
        completions = yield Ask(ask_for(problem, ANSWER_AT_ONCE), sampling)
        return single_attempt(completions)
