r"""Finds the answer in a completion, before anyone asks whether it is right.

Rules, in order: reasoning is cut off first, and an answer inside unclosed reasoning is no answer; the
last `\boxed{…}` counts; without a box, a last line `#### …` counts, then `the answer is …`. A completion
that ran out of tokens before its answer is TRUNCATED, one that ended without is NO_ANSWER.
"""

from __future__ import annotations

import re

from ponder.protocols import Verifier
from ponder.records import Completion, FinishReason, Judgement, Verdict

MAX_ANSWER_CHARS = 2_000
# Runs of spacing are bounded and the rest of the line is taken whole, so that no text takes quadratic time.
_HASHES = re.compile(r"^####\s{0,4}([^\n]+)$", re.MULTILINE)
_PHRASE = re.compile(r"^.*answer\s{0,4}(?:is|:|=)\s{0,4}:?\s{0,4}([^\n]+)$", re.IGNORECASE | re.MULTILINE)


def judge_completion(completion: Completion, gold: str, verify: Verifier) -> Judgement:
    """Extract, then verify. `gold` is the bare gold answer."""
    cut_short = completion.finish_reason in (FinishReason.LENGTH, FinishReason.CANCELLED)
    answer = extract_answer(completion.answer) if completion.reasoning_closed else None
    if answer is None:
        if cut_short:
            return Judgement(Verdict.TRUNCATED, None, "ran out of tokens before an answer")
        reason = "no answer found" if completion.reasoning_closed else "the reasoning was never closed"
        return Judgement(Verdict.NO_ANSWER, None, reason)
    if cut_short and not _ends_boxed(completion.answer):
        return Judgement(Verdict.TRUNCATED, answer, "ran out of tokens inside the answer")
    return verify(answer, gold)


def extract_answer(text: str) -> str | None:
    """The stated final answer in `text` (which holds no reasoning), or None."""
    tail = text[-4 * MAX_ANSWER_CHARS :]
    boxes = [box for box in boxed(tail) if box.strip()]  # an empty box states nothing
    if boxes:
        return boxes[-1].strip() or None
    for pattern in (_HASHES, _PHRASE):
        found = pattern.findall(tail)
        if found:
            return found[-1].strip().rstrip(".").strip("$* ") or None
    return None


def boxed(text: str) -> list[str]:
    r"""The contents of every closed `\boxed{…}` in order, braces balanced."""
    contents, start = list[str](), text.find("\\boxed{")
    while start != -1:
        begin = start + len("\\boxed{")
        end = _closing_brace(text, begin)
        if end is None:
            break
        contents.append(text[begin:end])
        start = text.find("\\boxed{", end)
    return contents


def _ends_boxed(text: str) -> bool:
    """Whether the last box that was opened was also closed."""
    start = text.rfind("\\boxed{")
    return start != -1 and _closing_brace(text, start + len("\\boxed{")) is not None


def _closing_brace(text: str, begin: int) -> int | None:
    depth = 1
    for position in range(begin, len(text)):
        match text[position]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if depth == 0:
                    return position
            case _:
                pass
    return None
