"""What a single completion answers, and what several cost together."""

from collections.abc import Sequence

from ponder.records import Completion, Cost
from ponder.verify.extract import extract_answer


def stated_answer(completion: Completion) -> str | None:
    """What a completion answers; unclosed reasoning answers nothing."""
    return extract_answer(completion.answer) if completion.reasoning_closed else None


def total_cost(completions: Sequence[Completion]) -> Cost:
    return sum((completion.cost for completion in completions), Cost())
