"""Chain of thought: one completion, asked to think first (Kojima et al., arXiv:2205.11916). `chain` also asks
for a plan first, or for a program, or shows worked examples (Wei et al., arXiv:2201.11903)."""

from __future__ import annotations

from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, FewShot, find_chain
from ponder.scaling.single import stated_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOfThought:
    temperature: float = 0.0
    chain: str | Chain = "think"
    thinking_budget: int | None = None
    name: str = "chain-of-thought"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse = find_chain(self.chain), Purse(budget)
        sampling = purse.sampling(temperature=self.temperature, thinking_budget=self.thinking_budget)
        completions = chain.read((yield from purse.sample(chain.prompt(problem), sampling)))
        return purse.attempt(completions, 0, stated_answer(completions[0]))


def few_shot(
    *, shots: int = 3, temperature: float = 0.0, thinking_budget: int | None = None, name: str = "few-shot"
) -> ChainOfThought:
    """A chain of thought after `shots` worked examples."""
    chain = FewShot(shots=shots)
    return ChainOfThought(temperature=temperature, chain=chain, thinking_budget=thinking_budget, name=name)
