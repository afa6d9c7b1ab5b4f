"""Self-consistency: sample several chains of thought and take the answer most of them reach
(Wang et al., arXiv:2203.11171).

Answers that are equal as numbers or as folded text are one vote. A tie goes to the answer whose first
chain was sampled first, which is a fixed order and not a second opinion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ponder.protocols import Ask, Budget, Plan
from ponder.records import Attempt, Completion, Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.scaling.single import stated_answer, total_cost
from ponder.verify.math import answer_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfConsistency:
    temperature: float = 1.0
    name: str = "self-consistency"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        sampling = Sampling(
            n=budget.completions,
            max_tokens=budget.per_completion,
            temperature=self.temperature,
            seed=budget.seed,
        )
        completions = yield Ask(ask_for(problem, THINK_FIRST), sampling)
        return majority(completions)


def majority(completions: Sequence[Completion]) -> Attempt:
    """The attempt that stands by the most frequent answer; completions without one do not vote."""
    answers = [stated_answer(completion) for completion in completions]
    keys = [None if answer is None else answer_key(answer) for answer in answers]
    votes = Counter(key for key in keys if key is not None)
    winner = votes.most_common(1)[0][0] if votes else None
    chosen = keys.index(winner) if winner is not None else 0
    tally = ", ".join(f"{key}: {count}" for key, count in votes.most_common(5))
    return Attempt(
        answer=answers[chosen],
        chosen=chosen,
        completions=tuple(completions),
        cost=total_cost(completions),
        trace=(f"votes {tally or 'none'} of {len(completions)}",),
    )
