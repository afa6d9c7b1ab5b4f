r"""Multiple choice: the gold is a letter, and so must the answer be.

`B`, `(B)`, `b.`, `\text{B}`, `Option B`, `B) 42 m` and `**B**` all choose B. Two letters, `not B` or a word
that begins with one choose nothing. The text of the choices may be given as well; without it, does not know
which letters the question offered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ponder.records import Judgement, Verdict
from ponder.verify.extract import MAX_ANSWER_CHARS, extract_answer
from ponder.verify.number import parse_number, plain_signs
from ponder.verify.words import fold

_LETTER = re.compile(r"^\(?([A-Ja-j])\)?$")
_DRESSED = re.compile(
    r"^(?:the\s)?(?:(?:correct\s)?(?:answer|option|choice)\s?(?:is|:)?\s?)?[(\[]?([A-Ja-j])(?:[)\].:]|$)(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ANOTHER = re.compile(
    r"(?<![A-Za-z\d\\])[(\[]?[A-J](?:[)\].:,;]|\s?$)"
    r"|(?<![A-Za-z\d\\])[(\[]?[a-j][)\].:,;]|(?<![A-Za-z\d\\])(?<!\d\s)[a-j]\s?$"
    r"|\b(?:or|and|not|neither|nor)\b"
)
_WRAPPED = re.compile(r"\\(?:text|textbf|textrm|mathrm|mathbf|mbox)\s?\{([^{}]*)\}")


def verify_choice(answer: str, gold: str, choices: Mapping[str, str] | None = None) -> Judgement:
    """Judge a chosen letter, bare or boxed, against the gold letter.

    `choices`, from letter to text, lets an answer be the text of exactly one of them. An answer with the
    letter of one and the text of another chooses nothing.
    """
    wanted = chosen_letter(gold)
    if wanted is None:
        return Judgement(Verdict.ERROR, None, f"the gold {gold!r:.40} is not a choice")
    given = extract_answer(answer) or answer.strip()
    if not given:
        return Judgement(Verdict.NO_ANSWER, None, "empty answer")
    letter = _letter_among(given, choices) if choices else chosen_letter(given)
    if letter is None:
        return Judgement(Verdict.UNPARSABLE, given[:MAX_ANSWER_CHARS], "not one choice")
    same = letter == wanted
    return Judgement(
        Verdict.CORRECT if same else Verdict.WRONG, letter, "same choice" if same else "another choice"
    )


def is_choice(gold: str) -> bool:
    r"""Whether a gold is a capital letter of a choice: `B`, `(B)`, `\text{(B)}`."""
    bare = _bare(gold)
    return bool(_LETTER.match(bare)) and bare.strip("()").isupper()


def chosen_letter(text: str) -> str | None:
    """The one letter that is chosen, as a capital, or None."""
    if len(text) > MAX_ANSWER_CHARS:
        return None
    found = _DRESSED.match(_bare(text))
    if found is None or _ANOTHER.search(found[2]):
        return None
    return found[1].upper()


def _letter_among(text: str, choices: Mapping[str, str]) -> str | None:
    """The letter that is chosen by itself or by its text; None for another's letter, or none's."""
    if len(text) > MAX_ANSWER_CHARS:
        return None
    dressed = _DRESSED.match(_bare(text))
    said = dressed[2] if dressed else text
    meant = {letter.upper() for letter, choice in choices.items() if _same_text(said, choice)}
    if dressed is None:
        return meant.pop() if len(meant) == 1 else None
    if meant:  # letter and text, which may itself hold a `not` or an `or`
        return dressed[1].upper() if dressed[1].upper() in meant else None
    letter = chosen_letter(text)
    return letter if letter in {choice.upper() for choice in choices} else None


def _same_text(one: str, other: str) -> bool:
    number = parse_number(one)
    return (
        number == parse_number(other) if number is not None else bool(fold(one)) and fold(one) == fold(other)
    )


def _bare(text: str) -> str:
    unwrapped = _WRAPPED.sub(r"\1", plain_signs(text))
    return unwrapped.strip().strip("$*").strip()
