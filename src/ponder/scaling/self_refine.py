"""Self-refinement: answer, then look at the answer again (Madaan et al., Self-Refine, arXiv:2303.17651).

Models often talk themselves out of right answers (Huang et al., arXiv:2310.01798). So only answers below a
confidence are looked at again, and it ends as soon as a revision repeats the answer before it. The draft is
the first completion of the attempt: judged beside the chosen one it says what was fixed and what was harmed.
"""

from __future__ import annotations

from dataclasses import dataclass

from ponder.protocols import Budget, Plan
from ponder.records import Message, Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.prompts import CHECK_IT, in_form
from ponder.scaling.scorers import bottom_window
from ponder.scaling.single import stated_answer
from ponder.verify.math import answer_key


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfRefine:
    temperature: float = 0.0
    chain: str | Chain = "think"
    confident: float = -0.5
    """Drafts whose worst stretch has a mean logprob above this are left alone; infinity looks at all again.
    Where a sampler sends no logprobs, all are."""
    rounds: int = 4
    name: str = "self-refine"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse = find_chain(self.chain), Purse(budget)
        prompt = chain.prompt(problem)
        sampling = purse.sampling(temperature=self.temperature)
        completions = chain.read((yield from purse.sample(prompt, sampling)))
        answers = [stated_answer(completions[0])]
        worst = bottom_window(completions[0]) if completions[0].logprobs else None
        if worst is not None and worst > self.confident and answers[0] is not None:
            return purse.attempt(completions, 0, answers[0], f"left alone: worst stretch {worst:.2f}")
        trace = ["looked at again" if worst is None else f"looked at again: worst stretch {worst:.2f}"]
        check = Message("user", in_form(problem, CHECK_IT))
        while len(answers) <= self.rounds and purse.left >= budget.per_completion:
            said = Message("assistant", completions[-1].answer or completions[-1].text)
            reply = yield from purse.sample((*prompt, said, check), sampling)
            completions += chain.read(reply)
            answers.append(stated_answer(completions[-1]))
            if _same(answers[-2], answers[-1]):
                trace.append(f"stable after {len(answers) - 1} revisions")
                break
        given = [index for index, answer in enumerate(answers) if answer is not None]
        chosen = given[-1] if given else 0
        return purse.attempt(completions, chosen, answers[chosen], *trace)


def _same(a: str | None, b: str | None) -> bool:
    return a is not None and b is not None and answer_key(a) == answer_key(b)
