r"""The words of formulas: each token in its one canonical spelling, however it was written.

`∧`, `&&`, `and` and `\land` are all `&`. Words are read in any case, names are not: `AND` is `&`, but `P` is
not `p`. A number that a name or a bracket follows without a gap is a factor: `2x` is `2*x`. Knows no grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_DIGITS = 40
"""Of one number."""

_SPELLINGS = {
    "~": ("¬", "!", "not", r"\neg", r"\lnot"),
    "&": ("∧", "&&", "/\\", "and", r"\land", r"\wedge"),
    "|": ("\N{LOGICAL OR}", "||", "\\/", "or", r"\lor", r"\vee"),
    "->": ("→", "⇒", "⟹", "⊃", "=>", "==>", "implies", r"\to", r"\rightarrow", r"\Rightarrow", r"\implies"),
    "<->": ("↔", "⇔", "⟺", "≡", "<=>", "<==>", "iff", "if and only if", r"\leftrightarrow", r"\iff"),
    "forall": ("∀", "for all", r"\forall"),
    "exists": ("∃", "there exists", r"\exists"),
    "true": ("⊤", r"\top"),
    "false": ("⊥", r"\bot"),
    "=": ("==",),
    "!=": ("≠", r"\neq", r"\ne"),
    "<": (r"\lt",),
    "<=": ("≤", r"\leq", r"\le"),
    ">": (r"\gt",),
    ">=": ("≥", r"\geq", r"\ge"),
    "*": ("·", "\N{MULTIPLICATION SIGN}", r"\cdot", r"\times"),
    "-": ("\N{MINUS SIGN}",),
    "|-": ("⊢", r"\vdash"),
    "(": ("[",),
    ")": ("]",),
    **dict.fromkeys(("+", "/", ",", ";", ".", ":"), ()),
}
_CANONICAL = {other: token for token, others in _SPELLINGS.items() for other in (token, *others)}
_SIGNS = [spelled for spelled in _CANONICAL if not re.match(r"\\?[a-z]", spelled)]
_TOKEN = re.compile(
    r"(?P<space>(?:[\s$]|\\[,;! ]|\\(?:left|right)(?![a-zA-Z]))+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<word>(?i:if\s+and\s+only\s+if|for\s+all|there\s+exists)\b|[^\W\d]\w*'*|\\[a-zA-Z]+)"
    rf"|(?P<sign>{'|'.join(map(re.escape, sorted(_SIGNS, key=len, reverse=True)))})"
    r"|(?P<unknown>.)",
    re.DOTALL,
)


class Unreadable(ValueError):
    """A text that is no formula; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is the canonical spelling, or `name`, `number` or `end`; `text` is what was written."""

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """The tokens of a text, the last of kind `end`. Raises `Unreadable`."""
    found = list[Token]()
    after_number = -1
    for match in _TOKEN.finditer(text):
        kind, written = match.lastgroup, match[0]
        if kind == "space":
            continue
        token = _token(kind, written)
        if match.start() == after_number and token.kind in ("name", "("):
            if len(found) > 1 and found[-2].kind == "/":
                raise Unreadable(
                    f"`{found[-1].text}{written}` after `/` can be read in two ways: use brackets"
                )
            found.append(Token("*", ""))
        after_number = match.end() if token.kind == "number" else -1
        found.append(token)
    return [*found, Token("end", "")]


def _token(kind: str | None, written: str) -> Token:
    if kind == "number":
        if len(written) > MOST_DIGITS:
            raise Unreadable(f"a number of more than {MOST_DIGITS} digits")
        return Token("number", written)
    spelled = " ".join(written.lower().split()) if kind == "word" and written[0] != "\\" else written
    if canonical := _CANONICAL.get(spelled):
        return Token(canonical, written)
    if kind == "unknown" or written[0] == "\\":
        raise Unreadable(f"`{written[:20]}` means nothing in a formula")
    return Token("name", written)
