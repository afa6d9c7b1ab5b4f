"""A strategy of your own in a dozen lines: ask again, shorter, when the first answer was cut off.

python examples/own_strategy.py
"""

from dataclasses import replace

import ponder
from ponder.protocols import Ask, Budget, Plan
from ponder.records import Problem, Sampling
from ponder.scaling.drive import solve
from ponder.scaling.prompts import ANSWER_AT_ONCE, THINK_FIRST, ask_for
from ponder.scaling.single import single_attempt


class ThinkElseAnswer:
    """Think within the budget; if no answer came, answer at once."""

    name = "think-else-answer"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        sampling = Sampling(max_tokens=budget.per_completion, temperature=0.0, seed=budget.seed)
        thought = single_attempt((yield Ask(ask_for(problem, THINK_FIRST), sampling)))
        if thought.answer is not None:
            return thought
        answered = single_attempt((yield Ask(ask_for(problem, ANSWER_AT_ONCE), sampling)))
        return replace(answered, cost=thought.cost + answered.cost, trace=("thinking gave no answer",))


def main() -> None:
    problem = Problem(id="1", question="Compute 47-19+23.", answer="51", task="arithmetic")
    model = ponder.load("tiny")
    for tokens in (16, 64):
        attempt = solve(ThinkElseAnswer(), problem, model, Budget(tokens=tokens, per_completion=tokens))
        print(f"{tokens} tokens: {attempt.answer} for {attempt.cost.generated_tokens} tokens {attempt.trace}")


if __name__ == "__main__":
    main()
