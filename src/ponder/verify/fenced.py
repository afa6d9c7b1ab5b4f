"""Answers that are texts of many lines, a program or a proof: the last fenced block, or all of the answer.

As with short answers the reasoning is cut off first. A completion that ran out of tokens counts only if its
last block had been closed by then. Does not know what the text says.
"""

from __future__ import annotations

import re

from ponder.protocols import Verifier
from ponder.records import Completion, FinishReason, Judgement, Verdict

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def judge_fenced(completion: Completion, gold: str, verify: Verifier) -> Judgement:
    """Take the answer out of a completion, then verify it against `gold`."""
    if not completion.reasoning_closed:
        return Judgement(Verdict.TRUNCATED, None, "the reasoning was never closed")
    cut_short = completion.finish_reason in (FinishReason.LENGTH, FinishReason.CANCELLED)
    if cut_short and not _FENCE.search(completion.answer):
        return Judgement(Verdict.TRUNCATED, None, "ran out of tokens inside the answer")
    block = last_block(completion.answer)
    if not block.strip():
        return Judgement(Verdict.NO_ANSWER, None, "no answer found")
    return verify(block, gold)


def last_block(answer: str) -> str:
    """The last fenced block, or the whole text where there is none."""
    blocks = _FENCE.findall(answer)
    return blocks[-1] if blocks else answer
