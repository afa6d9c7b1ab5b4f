r"""The strict gate where the gold is a plain number: the answer must be one too, in its final form.

Accepted around the number: `x =` in front, degrees, and a unit behind (`5\text{ cm}`, `5 apples`), since a
gold without a unit cannot contradict it. Refused: what still has to be worked out (`2+1`, `2^{10}`, `\sum`,
`\int`, `5!`, `\sqrt{4}`), because restating the question is not answering it; chains `1=2=3`; percentages
(10% is not 10); several candidates (`3 or 4`, `\pm 3`, `3, 4`), which are WRONG rather than unreadable; words
behind that make it another number or name a second one (`5 million`, `5 tenths`, `5 maybe six`, `5 xy`).

The gold may be a quantity itself: `5\text{ km}`, `90^\circ`, `10\%`, `x = 2`. Does not convert units, and
does not know which one was asked for.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from ponder.verify.number import (
    MOST_CHARS,
    currency,
    parse_number,
    plain_signs,
    plain_spacing,
    undelimited,
    unwrapped,
)

SEVERAL = "several answers"
_NAMED = re.compile(
    r"^(?!(?:\\(?:pi|sqrt|frac|circ|neq?|leq?|geq?|lt|gt|approx|sim|pm|mp)|or|and|not)\b)"
    r"\\?[A-Za-z]+(?:_\{?\w{1,3}\}?)?\s?=\s?([^=]+)$"
)
_SEVERAL = re.compile(r"\\pm|\\mp|±|\bor\b|\band\b|\\(?:lor|vee|text\s?\{\s?(?:or|and)\s?\})|[;|]|,\s|,\\")
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_PERCENT_BEHIND = re.compile(
    r"^(.*?[\d}.])\s?(?:\\?%|per\s?cent|\\text\s?\{\s?per\s?cent\s?\})$", re.IGNORECASE
)
_DEGREES = re.compile(
    r"\s?(?:\^\s?(?:\\circ|\{\s?\\circ\s?\})|\\degree|°|\\text\s?\{\s?degrees?\s?\}|degrees?)"
    r"(?:\s?(?:([CF])|\\text\s?\{\s?([CF])\s?\}))?$"
)
_POWER = r"(?:\s?\^\s?\{?([23])\}?)?"
_TEXT_UNIT = re.compile(
    r"^(.*?[\d}.])\s?\\(?:text|textrm|textbf|textit|textnormal|mathrm|mathbf|mbox|rm)\s?"
    rf"\{{\s*([A-Za-z][A-Za-z' ()./-]{{0,60}})\}}{_POWER}$"
)
_WORD_UNIT = re.compile(rf"^([^A-Za-z\\]*\d[\d.,]*|.*\}})\s+([A-Za-z][A-Za-z' ./-]{{1,60}}){_POWER}$")
_SHORT_UNIT = re.compile(
    r"^([^A-Za-z\\]*\d|.*\})\s?"
    rf"(mm|cm|dm|km|kg|mg|ml|lbs?|hrs?|mins?|secs?|ft|m|g|s|h|km/h|m/s|mph|[€£¥¢]){_POWER}$"
)
_ONE_LETTER_UNITS = "ACFJKLNVWdghlms"
_TWO_LETTER_UNITS = frozenset(
    """mm cm dm km nm um kg mg cg dg ml cl dl kl ft in yd mi oz lb pt qt hr ms ns hp hz kw mw gw kj mj kn pa
    kv mv ma kb mb gb tb ha sq cu au ly am pm db tv cd""".split()  # noqa: SIM905 - fifty quoted words would say less
)
_COUNT = r"""zero | nil | one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve
    | (?: thir | four | fif | six | seven | eigh | nine )teen
    | (?: twen | thir | for | fif | six | seven | eigh | nine )ty"""
_NUMBER_WORD = re.compile(rf"(?: {_COUNT} | hundred | thousand | million )", re.IGNORECASE | re.VERBOSE)
_NO_UNIT = re.compile(
    r"""\b(?: or | and | to | not? | nor | plus | minus | times | over | by | than | out | divided | choose
    | multiplied | squared | cubed | factorial | root | sqrt | remainder | fold | doubled | tripled | twice
    | thrice | point | dot | negative | below | least | most | mod | modulo | base | binary | octal | hex
    | hexadecimal | k | b | i | e | th | st | nd | rd
    | tens? | hundreds? | thousands? | (?: m | b | tr )illions? | mil | mill | mn | bn | tn | thou | grand
    | gross | myriads? | lakhs? | lacs? | crores? | dozens? | score | half | halves | thirds? | quarters?
    | (?: four | fif | six | seven | eigh | nin | ten | eleven | twelf | hundred | thousand | million
        | billion | \w+teen | \w+tie )ths?
    | mille | per\ ?mille | promille | pct | bps | basis\ points? | ppm | ppb
    | """
    + _COUNT
    + r"""
    | maybe | perhaps | possibly | probably | alternatively | either | else | otherwise | instead | versus
    | vs | approx | approximately | roughly | nearly | almost
    | alpha | beta | gamma | delta | epsilon | zeta | eta | theta | iota | kappa | lambda | mu | nu | xi | pi
    | rho | sigma | tau | upsilon | phi | chi | psi | omega | sin | cos | tan | cot | csc | ln | log | exp
    | inf | infinity | x[yz]{1,2} | abc
    | january | february | march | april | may | june | july | august | september | october | november
    | december )\b | (?:^|\s)-(?:\s|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_CURRENCIES = {
    **dict.fromkeys(("dollar", "dollars", "usd", "bucks"), "$"),
    **dict.fromkeys(("euro", "euros", "eur"), "€"),
    **dict.fromkeys(("gbp",), "£"),
    **dict.fromkeys(("yen", "jpy"), "¥"),
    **dict.fromkeys(("cent", "cents"), "¢"),
}
"""By the words that may open a unit: `dollars per hour`."""


class Quantity(NamedTuple):
    """A number with what stands around it; either text may be empty."""

    number: Fraction
    unit: str
    """`km`, `cm^2`, `$`, `%`, `°`: in one spelling, but not converted."""
    name: str
    """Of the variable in front: `x` of `x = 2`."""


def final_number(text: str) -> Fraction | str:
    """The one number that an answer states, or why it states none."""
    number = parse_number(text)
    if number is not None:
        return number
    quantity = final_quantity(text)
    if isinstance(quantity, str):
        return quantity
    return "a percentage" if quantity.unit == "%" else quantity.number


def final_quantity(text: str) -> Quantity | str:
    """The one number that an answer states and its unit, or why it states none."""
    number = parse_number(text)
    if number is not None:
        return Quantity(number, currency(text), "")
    if len(text) > MOST_CHARS:
        return "longer than any number"
    bare = plain_spacing(unwrapped(undelimited(plain_signs(text)))).strip()
    if _SEVERAL.search(bare):
        return SEVERAL
    if bare.count("=") > 1:
        return "a chain of equations"
    name, named = "", _NAMED.match(bare)
    if named:
        name, bare = bare.partition("=")[0].strip(), named[1].strip()
        if _NUMBER_WORD.fullmatch(name):
            return SEVERAL
    if _PERCENT.search(bare):
        found = _PERCENT_BEHIND.match(bare)
        number, unit = (parse_number(found[1]) if found else None), "%"
        return Quantity(number, unit, name) if number is not None else "a percentage"
    rest, unit = _split_unit(bare)
    number = parse_number(rest)
    if number is None:
        return "not a single number in its final form"
    return Quantity(number, currency(rest) or unit, name)


def _split_unit(text: str) -> tuple[str, str]:
    """What is left without the unit behind, and that unit."""
    if found := _DEGREES.search(text):
        return text[: found.start()], "°" + (found[1] or found[2] or "")
    for pattern in (_TEXT_UNIT, _WORD_UNIT):
        if (found := pattern.match(text)) and _is_unit(found[2].strip()):
            return found[1], _plain_unit(found[2], found[3])
    found = _SHORT_UNIT.match(text)
    return (found[1], _plain_unit(found[2], found[3])) if found else (text, "")


def _plain_unit(words: str, power: str | None) -> str:
    bare = " ".join(words.split()).rstrip(".")
    sign = _CURRENCIES.get(bare.partition(" ")[0].lower())
    return sign or (f"{bare}^{power}" if power else bare)


def _is_unit(words: str) -> bool:
    """Whether the words after a number leave it what it is: not `million`, `factorial`, `pi` or `x y`."""
    if len(words) == 1:
        return words in _ONE_LETTER_UNITS
    if len(words) == 2 and words.isalpha():
        return words.lower() in _TWO_LETTER_UNITS
    pieces = re.findall(r"[A-Za-z.']+", words)
    letters = [piece for piece in pieces if len(piece) == 1]
    if any(letter not in "a" + _ONE_LETTER_UNITS for letter in letters):
        return False
    if len(letters) == len(pieces) and "/" not in words:  # a product of variables
        return False
    return not _NO_UNIT.search(words)
