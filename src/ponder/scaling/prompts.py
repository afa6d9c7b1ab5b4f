"""The words in which a strategy puts a problem to a model. One place, so that arms differ in nothing else.

A problem says in `meta["answer_form"]` what its answer looks like, if it is not a short one to be boxed:
"code" or "letter".
"""

from __future__ import annotations

from collections.abc import Mapping

from ponder.records import Message, Problem

ANSWER_AT_ONCE = "Give only the final answer in \\boxed{}."
THINK_FIRST = "Think step by step, then give the final answer in \\boxed{}."
PLAN_FIRST = (
    "First write a short plan, then carry it out step by step, then give the final answer in \\boxed{}."
)
WRITE_A_PROGRAM = "Write a Python program that computes the answer and prints it, in a ```python block."
CHECK_IT = "Check your solution step by step and correct it, then give the final answer in \\boxed{}."
JUDGE = "{question}\n\nA proposed solution:\n{solution}\n\nIs it correct? Answer yes or no."

BOXED = "the final answer in \\boxed{}"
FORMS: Mapping[str, str] = {
    "code": "the whole program in a ```python block",
    "letter": "the letter of the right choice in \\boxed{}",
}


def ask_for(problem: Problem, instruction: str) -> tuple[Message, ...]:
    return (Message("user", worded(problem, instruction)),)


def worded(problem: Problem, instruction: str) -> str:
    """The question and the instruction, in the form that the problem's answer has."""
    return f"{problem.question}\n{in_form(problem, instruction)}"


def in_form(problem: Problem, instruction: str) -> str:
    return instruction.replace(BOXED, FORMS.get(problem.meta.get("answer_form", ""), BOXED))
