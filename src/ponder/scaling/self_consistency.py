"""Self-consistency: sample several chains of thought and take the answer most of them reach
(Wang et al., arXiv:2203.11171).

`weighting="confidence"` lets a chain weigh as much as the model was sure of its tokens (CISC, Taubenfeld et
al., arXiv:2502.06233, asks the model itself how sure it is). `early=True` samples in rounds of doubling size
and stops as soon as no further vote can change the winner: the same answer for fewer tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Completion, Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.voting import Weighting, decided, hold_vote, weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfConsistency:
    temperature: float = 1.0
    chain: str | Chain = "think"
    weighting: Weighting = "majority"
    early: bool = False
    """Stop when the vote is decided."""
    name: str = "self-consistency"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse, total = find_chain(self.chain), Purse(budget), budget.completions
        prompt = chain.prompt(problem)
        completions: list[Completion] = []
        vote = hold_vote(completions)
        while len(completions) < total and not (completions and decided(vote, total - len(completions))):
            count = min(max(2, len(completions)), total - len(completions)) if self.early else total
            sampling = purse.sampling(n=count, first=len(completions), temperature=self.temperature)
            completions += chain.read((yield from purse.sample(prompt, sampling)))
            vote = hold_vote(completions, weigh(completions, self.weighting))
        return purse.attempt(completions, vote.chosen, vote.answer, f"{vote} of {len(completions)}")
