"""Solve one question three ways and see what each cost: python examples/solve_one.py"""

import ponder

QUESTION = "Mia has 12 pens. Mia buys 30 more. Mia gives 7 to Tom. How many pens does Mia have?"


def main() -> None:
    model = ponder.load("tiny")
    for strategy in ("direct", "chain-of-thought", "self-consistency"):
        attempt = ponder.solve(QUESTION, model, strategy=strategy, samples=8)
        cost = attempt.cost
        print(f"{strategy:<17} {attempt.answer}   {cost.generated_tokens} tokens, {cost.seconds:.2f} s")
        if attempt.chosen is not None:
            print(attempt.completions[attempt.chosen].reasoning)


if __name__ == "__main__":
    main()
