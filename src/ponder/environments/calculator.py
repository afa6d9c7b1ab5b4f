"""A calculator: `<calc>12*7</calc>` is followed by `<result>84</result>` (Cobbe et al., arXiv:2110.14168).

Exact, and safe on any text; what has no value gets a reason instead of one.
"""

from __future__ import annotations

from dataclasses import dataclass

from ponder.environments.exact_arithmetic import NotArithmetic, evaluate, written
from ponder.environments.tags import last_call, tagged
from ponder.records import Problem


@dataclass(frozen=True, slots=True)
class Calculator:
    """An `Environment`."""

    pause: tuple[str, ...] = ("</calc>",)
    instruction: str = "To compute something, write it like <calc>12*7</calc>; the result will follow."

    def respond(self, problem: Problem, text: str) -> str:
        call = last_call(text, "calc")
        try:
            result = written(evaluate(call or ""))
        except NotArithmetic as error:
            result = f"error: {error}"
        return tagged(result, "result")
