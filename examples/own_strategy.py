"""A strategy of your own in a dozen lines: ask again, shorter, when the first answer was cut off.

python examples/own_strategy.py
"""

import ponder
from ponder.protocols import Budget, Plan
from ponder.records import Problem
from ponder.scaling.asking import Purse
from ponder.scaling.drive import solve
from ponder.scaling.prompts import ANSWER_AT_ONCE, THINK_FIRST, ask_for
from ponder.scaling.single import stated_answer


class ThinkElseAnswer:
    """Think within the budget; if no answer came, answer at once."""

    name = "think-else-answer"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        purse = Purse(budget)  # asks, and adds up what it costs
        sampling = purse.sampling(temperature=0.0)
        thought = yield from purse.sample(ask_for(problem, THINK_FIRST), sampling)
        answer = stated_answer(thought[0])
        if answer is not None:
            return purse.attempt(thought, 0, answer)
        answered = yield from purse.sample(ask_for(problem, ANSWER_AT_ONCE), sampling)
        return purse.attempt(answered, 0, stated_answer(answered[0]), "thinking gave no answer")


def main() -> None:
    problem = Problem(id="1", question="Compute 47-19+23.", answer="51", task="arithmetic")
    model = ponder.load("tiny")
    for tokens in (16, 64):
        attempt = solve(ThinkElseAnswer(), problem, model, Budget(tokens=tokens, per_completion=tokens))
        print(f"{tokens} tokens: {attempt.answer} for {attempt.cost.generated_tokens} tokens {attempt.trace}")


if __name__ == "__main__":
    main()
