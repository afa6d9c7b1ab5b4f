"""Zero-shot chain of thought: one completion, asked to think first (Kojima et al., arXiv:2205.11916)."""

from dataclasses import dataclass

from ponder.protocols import Ask, Budget, Plan
from ponder.records import Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.scaling.single import single_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOfThought:
    temperature: float = 0.0
    thinking_budget: int | None = None
    name: str = "chain-of-thought"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        sampling = Sampling(
            max_tokens=budget.per_completion,
            temperature=self.temperature,
            seed=budget.seed,
            thinking_budget=self.thinking_budget,
        )
        completions = yield Ask(ask_for(problem, THINK_FIRST), sampling)
        return single_attempt(completions)
