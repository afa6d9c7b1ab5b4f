r"""Free text: the gold is a word or a few, and the answer must be the same ones.

Case, spacing, commas between items, `\text{…}` and a final full stop are folded away; order and all else
counts. Does not know synonyms: `two` is not `2`.
"""

from __future__ import annotations

import re

from ponder.records import Judgement, Verdict
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer
from ponder.verify.number import plain_signs

_WRAPPED = re.compile(r"\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox)\s?\{([^{}]*)\}")
_WORDY = re.compile(r"^[^\W\d_]{3,}\.?$|^[\w'\u2019.,:-]+(?:[\s,]+[\w'\u2019.:-]+)+$")


def verify_text(answer: str, gold: str) -> Judgement:
    """Judge words, bare or boxed, against the gold words."""
    wanted = fold((extract_answer(gold) if "\\boxed{" in gold else gold) or "")
    if not wanted:
        return Judgement(Verdict.ERROR, None, "the gold answer is empty")
    given = (extract_answer(answer) if "\\boxed{" in answer else answer.strip()) or ""
    if not given:
        return Judgement(Verdict.NO_ANSWER, None, "empty answer")
    if len(given) > MAX_ANSWER_CHARS:
        return Judgement(Verdict.UNPARSABLE, given[:80], "answer longer than any answer")
    same = fold(given) == wanted
    return Judgement(
        Verdict.CORRECT if same else Verdict.WRONG, given, "same text" if same else "different text"
    )


def is_wordy(gold: str) -> bool:
    """Whether a gold is words or a list of plain items rather than mathematics."""
    return bool(_WORDY.match(_unwrapped(gold)))


def fold(text: str) -> str:
    r"""Text with case, spacing, commas between items, `\text{…}` and a final full stop folded away."""
    return " ".join(_unwrapped(text).rstrip(".").lower().replace(",", " ").split())


def _unwrapped(text: str) -> str:
    return _WRAPPED.sub(r"\1", plain_signs(text)).strip().strip("$").strip()
