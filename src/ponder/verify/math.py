r"""Compares a short answer with its gold: exact numbers first, then words.

Numbers are compared as exact fractions: integers, decimals, `a/b`, `\frac{a}{b}`, a leading currency
sign, thousands separators. Where the gold is a number the answer must be one number and nothing else:
`10` is not `10%`, `1=2=3` is nothing. Anything else is compared as text with case and spacing folded.
Does not know algebra: `2x` and `x+x` differ here.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ponder.records import Judgement, Verdict
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer

_PART = r"(?:\{([+-]?\d{1,40})\}|(\d))"
_FRACTION = re.compile(rf"^([+-]?)\\[dt]?frac ?{_PART}{_PART}$")
_PLAIN = re.compile(r"^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})$")
_CURRENCY = re.compile(r"^([+-]?)\\?\$(?=[+-]?[\d.])")
_RATIO = re.compile(r"^([+-]?\d{1,40})/(\d{1,40})$")
_SEPARATED = re.compile(r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$")


def verify_math(answer: str, gold: str) -> Judgement:
    r"""Judge `answer`, bare or inside `\boxed{…}`, against the bare or boxed `gold`.

    >>> verify_math("\\boxed{\\frac12}", gold="0.5").verdict
    <Verdict.CORRECT: 'correct'>
    """
    given = extract_answer(answer) if "\\boxed{" in answer else answer.strip()
    wanted = (extract_answer(gold) if "\\boxed{" in gold else gold.strip()) or ""
    if not wanted:
        return Judgement(Verdict.ERROR, given, "the gold answer is empty")
    if not given:
        return Judgement(Verdict.NO_ANSWER, None, "empty answer")
    if len(given) > MAX_ANSWER_CHARS:
        return Judgement(Verdict.UNPARSABLE, given[:80], "answer longer than any answer")
    wanted_number = parse_number(wanted)
    if wanted_number is None:
        same = fold(given) == fold(wanted)
        return Judgement(
            Verdict.CORRECT if same else Verdict.WRONG, given, "same text" if same else "different text"
        )
    number = parse_number(given)
    if number is None:
        return Judgement(Verdict.UNPARSABLE, given, "not a single number")
    same = number == wanted_number
    return Judgement(Verdict.CORRECT if same else Verdict.WRONG, given, "equal" if same else "not equal")


def parse_number(text: str) -> Fraction | None:
    r"""One exact number, or None: `1,200`, `-3.50`, `$7`, `3/4`, `\frac{3}{4}`."""
    bare = _strip_dressing(text)
    if _SEPARATED.match(bare):
        bare = bare.replace(",", "")
    if _PLAIN.match(bare):
        return Fraction(bare)
    if found := _FRACTION.match(bare):
        sign, above, short_above, below, short_below = found.groups()
        ratio = _ratio(int(above or short_above), int(below or short_below))
        return -ratio if ratio is not None and sign == "-" else ratio
    if found := _RATIO.match(bare):
        return _ratio(int(found[1]), int(found[2]))
    return None


def answer_key(answer: str) -> str:
    """Equal for two answers that count as the same vote: `1/2` and `0.5`, `Red` and `red`."""
    number = parse_number(answer)
    return str(number) if number is not None else fold(answer)


def fold(text: str) -> str:
    r"""Text with case, spacing, commas between items, `\text{…}` and a final full stop folded away."""
    bare = re.sub(r"\\(?:text|mathrm|mathbf)\{([^{}]*)\}", r"\1", text.strip().strip("$"))
    return " ".join(bare.rstrip(".").lower().replace(",", " ").split())


def _strip_dressing(text: str) -> str:
    bare = text.strip().strip("$").replace("\\!", "").replace("\\,", ",").replace("{,}", ",").strip()
    bare = bare.removesuffix(".").strip().replace("\N{MINUS SIGN}", "-")
    return _CURRENCY.sub(r"\1", bare)


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None
