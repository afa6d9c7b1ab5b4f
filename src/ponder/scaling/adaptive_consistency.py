"""Adaptive self-consistency: sample 2, 4, 8, … chains and stop when the vote is sure enough.

With `weighting="majority"` sure means that the winner would also win among endlessly many votes with a
probability of `confidence` (Aggarwal et al., arXiv:2305.11860). With `"confidence"` chains weigh as in
`self_consistency.py`, and sure means that two of them agree and hold the share `share` of all weight.

Samples are numbered, so those taken are the first ones of the fixed vote over the whole budget: the two
can be compared pair by pair, and share what is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Completion, Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.voting import Vote, Weighting, decided, hold_vote, sure, weigh


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveConsistency:
    temperature: float = 1.0
    chain: str | Chain = "think"
    weighting: Weighting = "majority"
    confidence: float = 0.95
    share: float = 0.8
    start: int = 2
    name: str = "adaptive-consistency"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse, total = find_chain(self.chain), Purse(budget), budget.completions
        prompt = chain.prompt(problem)
        completions: list[Completion] = []
        rounds: list[str] = []
        vote = hold_vote(completions)
        while len(completions) < total:
            count = min(len(completions) or self.start, total - len(completions))
            sampling = purse.sampling(n=count, first=len(completions), temperature=self.temperature)
            completions += chain.read((yield from purse.sample(prompt, sampling)))
            vote = hold_vote(completions, weigh(completions, self.weighting))
            rounds.append(f"{vote} of {len(completions)}")
            if self._enough(vote, completions, total - len(completions)):
                break
        return purse.attempt(completions, vote.chosen, vote.answer, *rounds)

    def _enough(self, vote: Vote, completions: Sequence[Completion], remaining: int) -> bool:
        if self.weighting == "majority":
            return sure(vote, self.confidence) or decided(vote, remaining)
        agreeing = dict(hold_vote(completions).tally).get(vote.winner or "", 0)
        return agreeing >= 2 and vote.share >= self.share
