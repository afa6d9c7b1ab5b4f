"""The words in which a strategy puts a problem to a model. One place, so that arms differ in nothing else."""

from ponder.records import Message, Problem

ANSWER_AT_ONCE = "Give only the final answer in \\boxed{}."
THINK_FIRST = "Think step by step, then give the final answer in \\boxed{}."


def ask_for(problem: Problem, instruction: str) -> tuple[Message, ...]:
    return (Message("user", f"{problem.question}\n{instruction}"),)
