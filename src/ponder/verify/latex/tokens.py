r"""Text into tokens, or a refusal at the first thing that is not known.

`\dfrac` is `\frac`, `\leqslant` and `<=` are one sign, `\left` and spacing vanish, `1{,}234` and `1,\!234`
are one number, `0.1\overline{6}` is 1/6. A comma in `1,234` separates thousands only in a text without
brackets: `(1,234)` is a pair. `\text{km}` is a unit, unless it holds one letter or a word that joins answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ponder.verify.latex.spelling import FUNCTIONS, LETTERS, PLAIN_SIGNS, SIGNS, SKIPPED, STYLES, respell
from ponder.verify.latex.tree import Unreadable

MOST_CHARS = 1_000
MOST_DIGITS = 300
LONGEST_PRODUCT = 4
"""Letters in a row that may be factors; a longer run is a word."""
_TOKEN = re.compile(
    rf"""
    (?P<space>\s+)
  | (?P<repeating>(?P<whole>\d*)\.(?P<fixed>\d*)\\(?:overline|bar)\s?\{{(?P<again>\d+)\}})
  | (?P<number>\d+(?:\.\d+)?|\.\d+)
  | \\(?:text|textrm|textbf|textit|textnormal|mbox|mathrm|rm)\s?\{{(?P<text>[^{{}}]*)\}}
  | \\operatorname\*?\s?\{{(?P<operator>[A-Za-z]+)\}}
  | \\mathbb\s?\{{?\s?(?P<board>[A-Z])\s?\}}?
  | \\(?P<style>{"|".join(STYLES)})\s?
    (?:\{{\s?(?P<styled>[A-Za-z0-9']+)\s?\}}|(?P<letter>[A-Za-z])(?![A-Za-z]))
  | \\begin\s?\{{(?P<begin>[a-z]+)\}}(?:\{{[clr|]*\}})?
  | \\end\s?\{{(?P<end>[a-z]+)\}}
  | \\(?P<command>[A-Za-z]+|.)
  | (?P<word>[A-Za-z]+)
  | (?P<sign>\*\*|<=|>=|!=|[-+*/^_=<>(){{}}\[\]|,;:!%&'~])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, letter, function, text, board, begin, end or sign; `text` has one spelling only."""

    kind: str
    text: str


def tokenize(text: str) -> list[Token]:
    """Raises `Unreadable` at the first thing that is not known."""
    if len(text) > MOST_CHARS:
        raise Unreadable(f"longer than {MOST_CHARS} characters")
    text = respell(text)
    found, place = list[Token](), 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unreadable(f"the character {text[place]!r}")
        place = match.end()
        if match["space"] is None and match["command"] not in SKIPPED and match["sign"] != "~":
            found += _read(match)
    return found


def _read(match: re.Match[str]) -> list[Token]:
    if match["repeating"] is not None:
        return [Token("number", str(_repeating(match["whole"], match["fixed"], match["again"])))]
    if (number := match["number"]) is not None:
        _check_digits(number)
        return [Token("number", number)]
    if (text := match["text"]) is not None:
        return [_text(text.strip(" ~"))]
    if (name := match["operator"] or match["command"]) is not None:
        return [_command(name)]
    if match["board"] is not None:
        return [Token("board", match["board"])]
    if (style := match["style"]) is not None:
        return [Token("letter", f"{STYLES[style]} {match['styled'] or match['letter']}")]
    if (name := match["begin"] or match["end"]) is not None:
        return [Token("begin" if match["begin"] else "end", name)]
    if (word := match["word"]) is not None:
        return _word(word)
    return [Token("sign", "^" if match["sign"] == "**" else match["sign"])]


def _command(name: str) -> Token:
    if name in FUNCTIONS:
        return Token("function", FUNCTIONS[name])
    if name in LETTERS:
        return Token("letter", name)
    if name not in SIGNS:
        raise Unreadable(f"the command \\{name[:30]}")
    return Token("sign", SIGNS[name])


def _word(word: str) -> list[Token]:
    """A name written without a backslash, or letters side by side, which are factors."""
    if word in FUNCTIONS:
        return [Token("function", FUNCTIONS[word])]
    if word in PLAIN_SIGNS:
        return [Token("sign", PLAIN_SIGNS[word])]
    if len(word) > LONGEST_PRODUCT:
        raise Unreadable(f"the word {word[:30]!r}")
    return [Token("letter", letter) for letter in word]


def _text(text: str) -> Token:
    if text in ("and", "or", ","):
        return Token("sign", text)
    if text.isascii() and text.isdigit():
        _check_digits(text)
        return Token("number", text)
    return Token("letter" if len(text) == 1 and text.isascii() and text.isalpha() else "text", text)


def _repeating(whole: str, fixed: str, again: str) -> Fraction:
    _check_digits(whole + fixed + again)
    once, forever = int((whole + fixed) or "0"), int(whole + fixed + again)
    return Fraction(forever - once, (10 ** len(again) - 1) * 10 ** len(fixed))


def _check_digits(number: str) -> None:
    if len(number) > MOST_DIGITS:
        raise Unreadable(f"a number of more than {MOST_DIGITS} digits")
