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

from ponder.verify.number import MOST_CHARS, parse_number, plain_signs

_NAMED = re.compile(r"^\\?[A-Za-z]+(?:_\{?\w{1,3}\}?)?\s?=\s?([^=]+)$")
_SEVERAL = re.compile(r"\\pm|\\mp|±|\bor\b|\band\b|\\(?:lor|vee|text\s?\{\s?(?:or|and)\s?\})|[;|]|,\s|,\\")
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_DEGREES = re.compile(r"(?:\^\s?\{?\s?\\circ\s?\}?|\\degree|°|\\text\s?\{\s?degrees?\s?\}|\s?degrees?)$")
_POWER = r"(?:\s?\^\s?\{?[23]\}?)?"
_BEFORE_TEXT = r"\s?\\(?:text|mathrm|textrm|mbox|rm)\s?"
_TEXT_UNIT = re.compile(rf"^(.*?[\d}}.]){_BEFORE_TEXT}\{{\s*([^{{}}\\]{{1,60}})\}}{_POWER}$")
_WORD_UNIT = re.compile(rf"^([^A-Za-z\\]*\d[\d.,]*|.*\}})\s+([A-Za-z][A-Za-z' -]{{1,60}}){_POWER}$")
_ABBREVIATED = r"mm|cm|dm|km|kg|mg|ml|lbs?|hrs?|mins?|secs?|ft|m|g|s|h|km/h|mph"
_JOINED_UNIT = re.compile(rf"^([^A-Za-z\\]*\d)({_ABBREVIATED})$")
_NO_UNITS = frozenset(
    """or and to not no nor plus minus times over hundred hundreds thousand thousands million millions billion
    billions trillion dozen dozens score half halves third thirds quarter quarters squared cubed per percent k m
    b""".split()  # noqa: SIM905 - forty quoted words would say less
)
SEVERAL = re.compile(r"\\pm|\\mp|±|\bor\b|\band\b|\\(?:lor|vee|text\s?\{\s?(?:or|and)\s?\})|[;|]|,\s|,\\")
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_DEGREES = re.compile(r"(?:\^\s?\{?\s?\\circ\s?\}?|\\degree|°|\\text\s?\{\s?degrees?\s?\}|\s?degrees?)$")
_POWER = r"(?:\s?\^\s?\{?[23]\}?)?"
_TEXT_UNIT = re.compile(
    rf"^(.*?[\d}}.])\s?\\(?:text|mathrm|textrm|mbox|rm)\s?\{{\s*([^{{}}\\]{{1,60}})\}}{_POWER}$"
)
_WORD_UNIT = re.compile(rf"^([^A-Za-z\\]*\d[\d.,]*|.*\}})\s+([A-Za-z][A-Za-z' -]{{1,60}}){_POWER}$")
_JOINED_UNIT = re.compile(
    r"^([^A-Za-z\\]*\d)(mm|cm|dm|km|kg|mg|ml|lbs?|hrs?|mins?|secs?|ft|m|g|s|h|km/h|mph)$"
)
_NO_UNITS = frozenset(
    [
        "or",
        "and",
        "to",
        "not",
        "no",
        "nor",
        "plus",
        "minus",
        "times",
        "over",
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "millions",
        "billion",
        "billions",
        "trillion",
        "dozen",
        "dozens",
        "score",
        "half",
        "halves",
        "third",
        "thirds",
        "quarter",
        "quarters",
        "squared",
        "cubed",
        "per",
        "percent",
        "k",
        "m",
        "b",
    ]
)
SEVERAL = "several answers"


def final_number(text: str) -> Fraction | str:
    """The one number that an answer states, or why it states none."""
    number = parse_number(text)
    if number is not None:
        return number
    if len(text) > MOST_CHARS:
        return "longer than any number"
    bare = plain_signs(text).strip().strip("$").strip()
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
        if (found := pattern.match(text)) and not _NO_UNITS & set(re.findall(r"[a-z]+", found[2].lower())):
            return found[1]
    found = _JOINED_UNIT.match(text)
    return found[1] if found else text
