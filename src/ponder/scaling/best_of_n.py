"""Best of N: sample several chains and stand by the one that scores best (Cobbe et al., arXiv:2110.14168).

The scorer is a name (`scorers.py`), a function such as a reward model, or `judge`: the model itself is asked
which solution is right (LLM as a judge, Zheng et al., arXiv:2306.05685). `weighted=True` adds up the scores
of equal answers before choosing (weighted best-of-N, Li et al., arXiv:2206.02336).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ponder.protocols import Ask, Budget, Plan
from ponder.records import Completion, Message, Problem
from ponder.scaling.asking import Asking, Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.prompts import JUDGE
from ponder.scaling.scorers import Scorer, find_scorer
from ponder.scaling.single import stated_answer
from ponder.scaling.voting import hold_vote

JUDGE_TOKENS = 8
"""For yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOfN:
    temperature: float = 1.0
    chain: str | Chain = "think"
    scorer: str | Scorer = "bottom-window"
    weighted: bool = False
    name: str = "best-of-n"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse = find_chain(self.chain), Purse(budget)
        sampling = purse.sampling(n=budget.completions, temperature=self.temperature)
        completions = chain.read((yield from purse.sample(chain.prompt(problem), sampling)))
        if self.scorer == "judge":
            scores = yield from self._judged(problem, completions, purse)
        else:
            scorer = find_scorer(self.scorer)
            scores = [scorer(problem, completion) for completion in completions]
        shown = "scores " + ", ".join(f"{score:.3g}" for score in scores)
        if self.weighted:
            vote = hold_vote(completions, _positive(scores))
            return purse.attempt(completions, vote.chosen, vote.answer, shown, str(vote))
        answered = [index for index, each in enumerate(completions) if stated_answer(each) is not None]
        chosen = max(answered or range(len(completions)), key=scores.__getitem__)
        return purse.attempt(completions, chosen, stated_answer(completions[chosen]), shown)

    def _judged(
        self, problem: Problem, completions: Sequence[Completion], purse: Purse
    ) -> Asking[list[float]]:
        """1 where the model says yes to a solution of its own, else 0."""
        sampling = purse.sampling(temperature=0.0, max_tokens=JUDGE_TOKENS)
        asks = [
            Ask((Message("user", JUDGE.format(question=problem.question, solution=each.text)),), sampling)
            for each in completions
        ]
        replies = yield from purse.ask(asks)
        return [float((reply.answer or reply.text).strip().lower().startswith("yes")) for (reply,) in replies]


def _positive(scores: Sequence[float]) -> list[float]:
    """Scores as weights: as they are; of logprobs and other negative ones the exponential."""
    return list(scores) if min(scores) >= 0 else [math.exp(score) for score in scores]
