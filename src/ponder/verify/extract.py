r"""Finds the answer in a completion, before anyone asks whether it is right.

Rules, in order:
- reasoning is cut off first; an answer inside reasoning that was never closed is none (TRUNCATED)
- the last `\boxed{…}` counts; without one a last line `#### …`, then `the answer is …`
- boxes with nothing but punctuation, list marks or words such as `or`, `and`, `maybe` between them, and
  `####` lines that follow each other, are one answer that lists them, so naming every candidate is naming
  none; a number written once more is no second candidate; a box further up is a step left behind
- a completion that ran out of tokens counts only if its last box had been closed, else it is TRUNCATED;
  one that ended by itself without an answer is NO_ANSWER

Does not know what an answer means, nor the markers of thinking: completions come already split.
"""

from __future__ import annotations

import re

from ponder.protocols import Verifier
from ponder.records import Completion, FinishReason, Judgement, Verdict
from ponder.verify.number import parse_number

MAX_ANSWER_CHARS = 2_000
# Runs of spacing are bounded and the rest of the line is taken whole, so that no text takes quadratic time.
_HASHES = re.compile(r"^####\s{0,4}([^\n]+)$", re.MULTILINE)
_PHRASE = re.compile(r"^.*answer\s{0,4}(?:is|:|=)\s{0,4}:?\s{0,4}([^\n]+)$", re.IGNORECASE | re.MULTILINE)
_JOINED = re.compile(
    r"^(?:[\s,;:.$&|/*_{}()\[\]\u2013\u2014\u2022-]|\\[\\,;:! ()\[\]]|\\q?quad"
    r"|\\(?:text|item|or|and|lor|vee)\b|(?:or|and|also|else|either|both|maybe|perhaps|possibly|vs)\b|(?:\d{1,2}|[a-h])[.):])*$",
    re.IGNORECASE,
)
_LONGEST_JOINT = 40


def judge_completion(completion: Completion, gold: str, verify: Verifier) -> Judgement:
    """Extract, then verify. `gold` is the bare gold answer."""
    if not completion.reasoning_closed:
        return Judgement(Verdict.TRUNCATED, None, "the reasoning was never closed")
    cut_short = completion.finish_reason in (FinishReason.LENGTH, FinishReason.CANCELLED)
    answer = extract_answer(completion.answer)
    if answer is None:
        if cut_short:
            return Judgement(Verdict.TRUNCATED, None, "ran out of tokens before an answer")
        return Judgement(Verdict.NO_ANSWER, None, "no answer found")
    if cut_short and not _ends_boxed(completion.answer):
        return Judgement(Verdict.TRUNCATED, answer, "ran out of tokens inside the answer")
    return verify(answer, gold)


def extract_answer(text: str) -> str | None:
    """The stated final answer in `text` (which holds no reasoning), or None.

    Several candidates come back as one list, `7, 8`, which no single gold equals.
    """
    tail = text[-4 * MAX_ANSWER_CHARS :]
    boxes = [span for span in _box_spans(tail) if tail[slice(*span)].strip()]  # an empty box states nothing
    if boxes:
        return _listed([_unnested(tail[slice(*span)].strip()) for span in _last_run(tail, boxes)])
    lines = list(_HASHES.finditer(tail))
    if lines:
        return _listed([_tidy(line[1]) for line in _last_lines(tail, lines)])
    found = _PHRASE.findall(tail)
    return _tidy(found[-1]) or None if found else None


def boxed(text: str) -> list[str]:
    r"""The contents of every closed `\boxed{…}` in order, braces balanced."""
    return [text[slice(*span)] for span in _box_spans(text)]


def _box_spans(text: str) -> list[tuple[int, int]]:
    """Where the contents of the closed boxes begin and end."""
    spans, start = list[tuple[int, int]](), text.find("\\boxed{")
    while start != -1:
        begin = start + len("\\boxed{")
        end = _closing_brace(text, begin)
        if end is None:
            break
        spans.append((begin, end))
        start = text.find("\\boxed{", end)
    return spans


def _last_run(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last box and those before it that are joined to it."""
    run = [spans[-1]]
    for span in reversed(spans[:-1]):
        between = text[span[1] + 1 : run[0][0] - len("\\boxed{")]
        if len(between) > _LONGEST_JOINT or not _JOINED.match(between):
            break
        run.insert(0, span)
    return run


def _last_lines(text: str, lines: list[re.Match[str]]) -> list[re.Match[str]]:
    """The last marked line and those right before it."""
    run = [lines[-1]]
    for line in reversed(lines[:-1]):
        if text[line.end() : run[0].start()].strip():
            break
        run.insert(0, line)
    return run


def _listed(candidates: list[str]) -> str | None:
    """One answer, or all the different ones as a list; of equal numbers the last."""
    different = dict[object, str]()
    for candidate in filter(None, candidates):
        number = parse_number(candidate)
        different[candidate if number is None else number] = candidate
    return ", ".join(different.values()) or None


def _unnested(text: str) -> str:
    """Out of a second box that holds all of the first."""
    spans = _box_spans(text) if text.startswith("\\boxed{") else []
    whole = len(spans) == 1 and spans[0][1] == len(text) - 1
    return text[slice(*spans[0])].strip() if whole else text


def _tidy(text: str) -> str:
    return text.strip().rstrip(".").strip("$* ")


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
