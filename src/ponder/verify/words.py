r"""Free text: the gold is a word or a few, and the answer must be the same ones.

Case, spacing, commas between items, `\text{…}` and a final full stop are folded away; order and all else
counts. Where both are a number before words, `5 km`, the number may be written in any form. Does not know
synonyms: `two` is not `2`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ponder.records import Judgement, Verdict
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer
from ponder.verify.number import parse_number, plain_signs, plain_spacing

_WRAPPED = re.compile(r"\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox)\s?\{([^{}]*)\}")
_WORD = re.compile(r"(?:[^\W\d_]{3,}|no)\.?", re.IGNORECASE)
_ITEM = re.compile(r"['\u2019.:-]*\w[\w'\u2019.:-]*")
_MEGA = re.compile(r"(?<=\d)\s?M(?=(?:m|g|s|l|L|J|W|V|A|N|Hz|Pa)\.?$)")
_QUANTITY = re.compile(r"(.*[\d}]) ?([a-z][a-z ]*)")


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
    same = fold(given) == wanted or (_quantity(given) is not None and _quantity(given) == _quantity(wanted))
    return Judgement(
        Verdict.CORRECT if same else Verdict.WRONG, given, "same text" if same else "different text"
    )


def is_wordy(gold: str) -> bool:
    """Whether a gold is words or a list of plain items rather than mathematics."""
    bare = _unwrapped(gold)
    items = bare.replace(",", " ").split()
    if "," in bare and all(parse_number(item) is not None for item in items):
        return False  # a list of numbers, whose order is free
    if len(items) == 1:
        return bool(_WORD.fullmatch(items[0]))
    return len(items) > 1 and all(_ITEM.fullmatch(item) for item in items)


def fold(text: str) -> str:
    r"""Text with case, spacing, commas between items, `\text{…}` and a final full stop folded away."""
    bare = _MEGA.sub(" mega", _unwrapped(text))  # `5 Mm` is not `5 mm`
    return " ".join(bare.rstrip(".").lower().replace(",", " ").split())


def _quantity(text: str) -> tuple[Fraction, str] | None:
    """The number and the words after it."""
    found = _QUANTITY.fullmatch(fold(text))
    number = parse_number(found[1].strip()) if found else None
    return None if found is None or number is None else (number, found[2])


def _unwrapped(text: str) -> str:
    return plain_spacing(_WRAPPED.sub(r"\1", plain_signs(text))).strip().strip("$").strip()
