r"""The strict gate where the gold is a plain number: the answer must be one too, in its final form.

Accepted around the number: `x =` in front, degrees, and a unit behind (`5\text{ cm}`, `5 apples`), since a
gold without a unit cannot contradict it. Refused: what still has to be worked out (`2+1`, `2^{10}`, `\sum`,
`\int`, `5!`, `\sqrt{4}`), because restating the question is not answering it; chains `1=2=3`; percentages
(10% is not 10); several candidates (`3 or 4`, `\pm 3`, `3, 4`), which are WRONG rather than unreadable; words
of magnitude (`5 million`). Does not know which unit was asked for.
"""

from __future__ import annotations

import re
from fractions import Fraction

from ponder.verify.number import MOST_CHARS, parse_number, plain_signs, plain_spacing, undelimited

SEVERAL = "several answers"
_NAMED = re.compile(
    r"^(?!(?:\\(?:pi|sqrt|frac|circ|neq?|leq?|geq?|lt|gt|approx|sim|pm|mp)|or|and|not)\b)"
    r"\\?[A-Za-z]+(?:_\{?\w{1,3}\}?)?\s?=\s?([^=]+)$"
)
_SEVERAL = re.compile(r"\\pm|\\mp|±|\bor\b|\band\b|\\(?:lor|vee|text\s?\{\s?(?:or|and)\s?\})|[;|]|,\s|,\\")
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_DEGREES = re.compile(
    r"\s?(?:\^\s?(?:\\circ|\{\s?\\circ\s?\})|\\degree|°|\\text\s?\{\s?degrees?\s?\}|degrees?)"
    r"(?:\s?(?:[CF]|\\text\s?\{\s?[CF]\s?\}))?$"
)
_POWER = r"(?:\s?\^\s?\{?[23]\}?)?"
_TEXT_UNIT = re.compile(
    rf"^(.*?[\d}}.])\s?\\(?:text|mathrm|textrm|mbox|rm)\s?\{{\s*([A-Za-z][A-Za-z' ()./-]{{0,60}})\}}{_POWER}$"
)
_WORD_UNIT = re.compile(rf"^([^A-Za-z\\]*\d[\d.,]*|.*\}})\s+([A-Za-z][A-Za-z' ./-]{{1,60}}){_POWER}$")
_SHORT_UNIT = re.compile(
    r"^([^A-Za-z\\]*\d|.*\})\s?"
    rf"(?:(?:mm|cm|dm|km|kg|mg|ml|lbs?|hrs?|mins?|secs?|ft|m|g|s|h|km/h|m/s|mph){_POWER}|[€£¥¢])$"
)
_ONE_LETTER_UNITS = "ACFJKLNVWdghlms"
_NO_UNIT = re.compile(
    r"""\b(?: or | and | to | not? | nor | plus | minus | times | over | by | than | out | divided | choose
    | multiplied | hundreds? | thousands? | millions? | billions? | trillions? | lakhs? | crores? | mille
    | dozens? | score | half | halves | thirds? | quarters? | (?: four | fif | six | seven | eigh | nin | ten
    | hundred | thousand | million )ths? | point | squared | cubed | factorial | root | sqrt | mod | modulo
    | base | binary | octal | negative | below | k | b | i | e | pi | theta | alpha | beta | phi | sin | cos
    | tan | ln | log | exp | inf | infinity | x[yz]{1,2} | yz | abc? | bc | ac )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def final_number(text: str) -> Fraction | str:
    """The one number that an answer states, or why it states none."""
    number = parse_number(text)
    if number is not None:
        return number
    if len(text) > MOST_CHARS:
        return "longer than any number"
    bare = plain_spacing(undelimited(plain_signs(text))).strip()
    if _PERCENT.search(bare):
        return "a percentage"
    if bare.count("=") > 1:
        return "a chain of equations"
    if named := _NAMED.match(bare):
        bare = named[1].strip()
    if _SEVERAL.search(bare):
        return SEVERAL
    number = parse_number(_without_unit(bare))
    return number if number is not None else "not a single number in its final form"


def _without_unit(text: str) -> str:
    bare = _DEGREES.sub("", text)
    if bare != text:
        return bare
    for pattern in (_TEXT_UNIT, _WORD_UNIT):
        if (found := pattern.match(text)) and _is_unit(found[2].strip()):
            return found[1]
    found = _SHORT_UNIT.match(text)
    return found[1] if found else text


def _is_unit(words: str) -> bool:
    """Whether the words after a number leave it what it is: not `million`, `factorial` or `pi`."""
    return words in _ONE_LETTER_UNITS if len(words) == 1 else not _NO_UNIT.search(words)
