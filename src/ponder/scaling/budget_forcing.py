"""Budget forcing (Muennighoff et al., s1, arXiv:2501.19393): a chain of thought of a chosen length.

Thinking that runs past `most` tokens is closed, and an answer follows. Thinking that would end before
`least` tokens is not allowed to: what it had written goes on after "Wait", up to `waits` times. Needs a
model that marks its reasoning; where there is none to extend, the answer stands as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ponder.protocols import Begun, Budget, Plan
from ponder.records import Completion, Problem
from ponder.scaling.asking import Purse
from ponder.scaling.chains import Chain, find_chain
from ponder.scaling.single import stated_answer
from ponder.text.chat_format import unclosed


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetForcing:
    temperature: float = 0.0
    chain: str | Chain = "think"
    most: int | None = None
    """Thinking tokens; by default all but a quarter of the budget of one completion."""
    least: int = 0
    waits: int = 2
    word: str = "Wait"
    name: str = "budget-forcing"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        chain, purse = find_chain(self.chain), Purse(budget)
        prompt = chain.prompt(problem)
        most = self.most if self.most is not None else budget.per_completion * 3 // 4
        sampling = purse.sampling(temperature=self.temperature, thinking_budget=most)
        (completion,) = yield from purse.sample(prompt, sampling)
        written: list[Completion] = [completion]
        for _ in range(self.waits):
            thought = purse.cost.reasoning_tokens
            begun = unclosed(written[-1].text)
            if thought >= self.least or begun is None or purse.left < 1:
                break
            begun = f"{begun.rstrip()}\n{self.word}"
            sampling = replace(sampling, max_tokens=purse.room(0), thinking_budget=max(0, most - thought))
            (more,) = yield from purse.sample(Begun(prompt, begun), sampling)
            written.append(replace(more, text=begun + more.text))
        whole = chain.read([written[-1]])
        trace = f"{purse.cost.reasoning_tokens} tokens of thinking, {len(written) - 1} times {self.word}"
        return purse.attempt(whole, 0, stated_answer(whole[0]), trace)
