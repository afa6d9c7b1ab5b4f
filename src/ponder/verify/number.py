r"""Plain numbers, read exactly and at once: the path that most answers take.

Integers, decimals, `a/b`, `\frac{a}{b}` and its relatives, mixed numbers `1\frac{1}{2}`, scientific `1.5e3`
and `1.5\times10^{3}`, thousands separators, a currency sign in front, in any script's digits. One number and
nothing else: `10%`, `3 or 4`, `1=2=3` and `2+1` are none. Sizes are bounded before anything is computed, and
every pattern is linear. Does not know units, expressions or decimal commas: `1,5` is no number.
"""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

MOST_CHARS = 200
_WHOLE = r"\d{1,100}"
_BRACED = rf"\{{\s?([+-]?{_WHOLE})\s?\}}|(\d)"
_PLAIN = re.compile(rf"^[+-]?(?:{_WHOLE}(?:\.\d{{0,40}})?|\.\d{{1,40}})$")
_FRACTION = re.compile(rf"^([+-]?)\\[dtc]?frac\s?(?:{_BRACED})\s?(?:{_BRACED})$")
_MIXED = re.compile(rf"^([+-]?)({_WHOLE})\s?\\[dtc]?frac\s?(?:{_BRACED})\s?(?:{_BRACED})$")
_MIXED_PLAIN = re.compile(rf"^([+-]?)({_WHOLE}) ({_WHOLE})/({_WHOLE})$")
_RATIO = re.compile(rf"^([+-]?{_WHOLE})\s?/\s?({_WHOLE})$")
_SEPARATED = re.compile(r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d{0,100})?$")
_REPEATING = re.compile(r"^([+-]?)(\d{0,40})\.(\d{0,40})\\(?:overline|bar)\s?\{(\d{1,40})\}$")
_SCIENTIFIC = re.compile(
    r"^([+-]?\d{1,40}(?:\.\d{1,100})?)"
    r"(?:[eE]([+-]?\d{1,2})|\s?(?:\\times|\\cdot|[\u00d7\u00b7*])\s?10\^(?:\{([+-]?\d{1,2})\}|(\d)))$"
)
_CURRENCY = re.compile(r"^([+-]?)\s?(?:\\?\$|[€£¥])\s?(?=[+-]?[\d.])")
_SIGN_GAP = re.compile(r"^([+-])\s+(?=[\d.\\$])")
_WRAPPED = re.compile(r"^\\(?:text|textrm|textbf|textnormal|mathrm|mathbf|mbox)\s?\{([^{}]*)\}$")
_NOTHING = re.compile(r"\\!\s?|\\(?:left|right|displaystyle)(?![A-Za-z])")
_THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\[,;:]|~)(?=\d{3}(?!\d))")
_SPACING = re.compile(r"\\[,;: ]|(?<=.)~|\\q?quad(?![A-Za-z])")  # in front `~` may mean about
_OPERATORS = "\u2061\u2062\u2063\u2064"  # invisible: function application, times, comma, plus
_RAISED = re.compile("[\u2070-\u207f\u00b9\u00b2\u00b3]+")
_LOWERED = re.compile("[\u2080-\u209c]+")
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e\u2189]")
_SAME = {"\u2212": "-", "\u2013": "-", "\u2012": "-", "\u2044": "/", "\u2215": "/"}


def parse_number(text: str) -> Fraction | None:
    r"""One exact number, or None: `1,200`, `-3.50`, `$7`, `3/4`, `\frac{3}{4}`."""
    if len(text) > MOST_CHARS:
        return None
    bare = undress(text)
    if _SEPARATED.match(bare):
        bare = bare.replace(",", "")
    if _PLAIN.match(bare):
        return Fraction(bare)
    if found := _RATIO.match(bare):
        return _ratio(int(found[1]), int(found[2]))
    if found := _FRACTION.match(bare):
        sign, above, short_above, below, short_below = found.groups()
        return _signed(sign, _ratio(int(above or short_above), int(below or short_below)))
    if found := _MIXED.match(bare):
        sign, whole, above, short_above, below, short_below = found.groups()
        return _mixed(sign, int(whole), int(above or short_above), int(below or short_below))
    if found := _MIXED_PLAIN.match(bare):
        return _mixed(found[1], int(found[2]), int(found[3]), int(found[4]))
    if found := _SCIENTIFIC.match(bare):
        return Fraction(found[1]) * Fraction(10) ** int(found[2] or found[3] or found[4])
    if found := _REPEATING.match(bare):
        sign, whole, fixed, again = found.groups()
        once = Fraction(int(again), (10 ** len(again) - 1) * 10 ** len(fixed))
        return _signed(sign, Fraction(f"{whole or 0}.{fixed or 0}") + once)
    return None


def currency(text: str) -> str:
    """The sign of the currency that stands with the number, or nothing; a pair of `$` is LaTeX's."""
    plain = plain_signs(text)
    sign = next((sign for sign in "€£¥¢" if sign in plain), "")
    return sign or ("$" if "\\$" in plain or plain.count("$") % 2 else "")


def undress(text: str) -> str:
    r"""Without what says nothing: `$`, spacing, `\text{…}` around it all, a currency sign, a full stop."""
    bare = unwrapped(undelimited(plain_signs(text)))
    bare = plain_spacing(bare).strip().removesuffix(".").rstrip()
    return _CURRENCY.sub(r"\1", _SIGN_GAP.sub(r"\1", bare))


def undelimited(text: str) -> str:
    r"""Without the full stop behind, and `$…$`, `\(…\)` or `\[…\]` around it all."""
    bare = text.strip().removesuffix(".").rstrip().strip("$").strip()
    if bare[:2] + bare[-2:] in (r"\(\)", r"\[\]") and len(bare) >= 4:
        bare = bare[2:-2].strip()
    return bare


def unwrapped(text: str) -> str:
    r"""Out of a `\text{…}` or `\mathbf{…}` around it all."""
    wrapped = _WRAPPED.match(text)
    return wrapped[1].strip() if wrapped else text


def plain_spacing(text: str) -> str:
    r"""Thousands separated by a comma, other spacing of LaTeX as a space: `3\;4` is not 34."""
    return _SPACING.sub(" ", _THOUSANDS.sub(",", _NOTHING.sub("", text)))


def plain_signs(text: str) -> str:
    """Digits of every script as ASCII, raised ones as a power, one minus sign, no invisible characters."""
    if text.isascii():
        return text
    text = _RAISED.sub(r"^{\g<0>}", _LOWERED.sub(r"_{\g<0>}", _VULGAR.sub(r" \g<0>", text)))
    signs = list[str]()
    for sign in unicodedata.normalize("NFKC", text):
        if unicodedata.category(sign) == "Cf" and sign not in _OPERATORS:  # zero-width, direction marks
            continue
        decimal = unicodedata.decimal(sign, None)
        signs.append(str(decimal) if decimal is not None else _SAME.get(sign, sign))
    return "".join(signs)


def _mixed(sign: str, whole: int, above: int, below: int) -> Fraction | None:
    """`1 1/2`; the fraction must be a proper one, or nobody knows what was meant."""
    return _signed(sign, whole + Fraction(above, below)) if 0 < above < below else None


def _signed(sign: str, number: Fraction | None) -> Fraction | None:
    return -number if number is not None and sign == "-" else number


def _ratio(above: int, below: int) -> Fraction | None:
    return Fraction(above, below) if below else None
