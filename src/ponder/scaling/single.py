"""The attempt of a strategy that samples one completion and stands by it."""

from collections.abc import Sequence

from ponder.records import Attempt, Completion, Cost
from ponder.verify.extract import extract_answer


def stated_answer(completion: Completion) -> str | None:
    """What a completion answers; unclosed reasoning answers nothing."""
    return extract_answer(completion.answer) if completion.reasoning_closed else None


def single_attempt(completions: Sequence[Completion]) -> Attempt:
    (completion,) = completions
    return Attempt(
        answer=stated_answer(completion), chosen=0, completions=(completion,), cost=completion.cost
    )


def total_cost(completions: Sequence[Completion]) -> Cost:
    return sum((completion.cost for completion in completions), Cost())
