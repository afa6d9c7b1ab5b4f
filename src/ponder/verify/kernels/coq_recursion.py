r"""A guard condition of our own for recursive functions in Coq answers, far simpler than Coq's.

Coq 8.16 to 9.2 accept some functions that do not end (rocq-prover/rocq issues 20413, 20455, 20555, 21839),
coqchk accepts the same ones, and each gives a proof of False without an axiom. So a `Fixpoint` in an answer
has to be plain: some parameter is such that every call of the function passes, in its place, a variable that
a pattern has taken out of that parameter, or out of such a variable. The pattern has to be of a `match` on
the bare name, and the variable's name may be bound in no other way.

What is read is the kernel's own term, as a trusted file prints it under `Printing All`: every argument is
there, no notation is, and each pattern is a constructor with names. Not a replacement for Coq's check, which
is made as well; it knows no types, mutual functions, or functions passed to others (`map f`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"[^\W\d][\w']*(?:\.[^\W\d][\w']*)*|\d+|:=|=>|[(){}\[\],|:@]|[^\s\w(){}\[\],|:@]+|\S")
_NAME = re.compile(r"[^\W\d][\w']*")
LONGEST, DEEPEST = 10_000, 40
"""Characters of a function, and matches and binders inside one another, that are looked at."""
_OPEN, _CLOSE = {"(", "[", "{"}, {")", "]", "}"}
_BINDERS = {"fun": "=>", "forall": ",", "let": ":="}
_KEYWORDS = frozenset(
    ("match", "with", "end", "as", "in", "return", "fun", "forall", "let", "fix", "cofix", "for", "if",
     "then", "else", "Type", "Prop", "Set", "SProp")
)  # fmt: skip


@dataclass(slots=True)
class _Names:
    """Which names are taken out of which, and which are bound in any other way."""

    out_of: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    otherwise: set[str] = field(default_factory=set[str])

    def smaller(self, parameter: str) -> set[str]:
        """Those taken out of the parameter, and of nothing else."""
        found, before = {parameter}, 0
        while len(found) != before:
            before = len(found)
            found |= {name for name, sources in self.out_of.items() if sources <= found} - self.otherwise
        return found - {parameter}


def is_plain(printed: str, name: str) -> bool:
    """Whether `Print name.` under `Printing All` shows one function that recurs as described above."""
    defined, equals, rest = printed.strip().partition("=")
    if not equals or defined.strip().rpartition(".")[2] != name or len(rest) > LONGEST:
        return False
    tokens = _TOKEN.findall(rest.partition("\n     : ")[0])
    if tokens.count("fix") != 1 or "cofix" in tokens:
        return False
    begin = tokens.index("fix") + 2
    function, body = tokens[begin - 1], _find(tokens, ":=", begin)
    names = _Names(otherwise={function})
    parameters, struct = _read_parameters(tokens[begin:])
    if body is None or function in tokens[begin:body] or len(set(parameters)) != len(parameters):
        return False
    names.otherwise.update(parameters)
    if (
        not (_read(tokens[: begin - 2], names) and _read(tokens[body + 1 :], names))
        or function in names.out_of
    ):
        return False
    calls = [_arguments(tokens, at) for at in range(body, len(tokens)) if tokens[at] == function]
    for place, parameter in enumerate(parameters):
        smaller = names.smaller(parameter) if struct in (None, parameter) else set[str]()
        if all(len(call) > place and call[place] in smaller for call in calls):
            return True
    return False


def _read_parameters(tokens: Sequence[str]) -> tuple[list[str], str | None]:
    """The names in `(x y : T) (z : U) {struct x}`, and the one that recursion goes by."""
    names, at = list[str](), 0
    while at < len(tokens) and tokens[at] == "(":
        end = _closing(tokens, at)
        inside = tokens[at + 1 : end]
        names += inside[: inside.index(":")] if ":" in inside else inside
        at = end + 1
    struct = tokens[at + 2] if list(tokens[at : at + 2]) == ["{", "struct"] else None
    return names, struct


def _read(tokens: Sequence[str], names: _Names, depth: int = 0) -> bool:
    """Note every binding in a term; False where it is not built as expected."""
    at = 0
    if depth > DEEPEST:
        return False
    while at < len(tokens):
        token = tokens[at]
        if token == "match":
            end = _end_of_match(tokens, at)
            if end is None or not _read_match(tokens[at + 1 : end], names, depth + 1):
                return False
            at = end
        elif token in _BINDERS:
            stop = _find(tokens, _BINDERS[token], at + 1)
            if stop is None or not _read(tokens[at + 1 : stop], names, depth + 1):
                return False
            names.otherwise.update(filter(_NAME.fullmatch, tokens[at + 1 : stop]))
            at = stop
        elif token in ("with", "end", "return", "for"):
            return False
        at += 1
    return True


def _read_match(tokens: Sequence[str], names: _Names, depth: int) -> bool:
    """`term as x in T y return P with | C a b => branch ...`, the outer words gone."""
    begin = _find(tokens, "with", 0)
    if begin is None:
        return False
    head = list(tokens[:begin])
    clauses = next((place for place, token in enumerate(head) if token in ("as", "in", "return")), begin)
    returned = head.index("return") if "return" in head else begin
    names.otherwise.update(filter(_NAME.fullmatch, head[clauses:returned]))
    if not (_read(head[:clauses], names, depth) and _read(head[returned + 1 :], names, depth)):
        return False
    source = head[0] if clauses == 1 and _NAME.fullmatch(head[0]) else None
    at = begin + 1
    while at < len(tokens):
        arrow = _find(tokens, "=>", at)
        if tokens[at] != "|" or arrow is None:
            return False
        taken = [token for token in tokens[at + 2 : arrow] if token != "_"]
        if not all(map(_NAME.fullmatch, taken)):
            return False
        if source is None:
            names.otherwise.update(taken)
        for name in taken:
            names.out_of.setdefault(name, set()).add(source or "")
        at = _find(tokens, "|", arrow + 1) or len(tokens)
        if not _read(tokens[arrow + 1 : at], names, depth):
            return False
    return True


def _arguments(tokens: Sequence[str], at: int) -> list[str]:
    """What the function at `at` is called with, a name or a bracket each; nothing where it is not called."""
    before = tokens[at - 1]
    if before in _CLOSE or before == "@" or _is_atom(before):
        return []
    arguments, at = list[str](), at + 1
    while at < len(tokens):
        if tokens[at] == "(":
            arguments.append("(")
            at = _closing(tokens, at) + 1
        elif _is_atom(tokens[at]):
            arguments.append(tokens[at])
            at += 1
        else:
            break
    return arguments


def _is_atom(token: str) -> bool:
    return (token[0].isalnum() or token[0] == "_") and token not in _KEYWORDS


def _find(tokens: Sequence[str], wanted: str, at: int) -> int | None:
    """Where `wanted` next stands outside brackets and inner matches."""
    depth = 0
    while at < len(tokens):
        token = tokens[at]
        if depth == 0 and token == wanted:
            return at
        depth += (token in _OPEN or token == "match") - (token in _CLOSE or token == "end")
        at += 1
    return None


def _closing(tokens: Sequence[str], at: int) -> int:
    """The bracket that closes the one at `at`; the end where there is none."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] in _OPEN) - (tokens[place] in _CLOSE)
        if depth == 0:
            return place
    return len(tokens) - 1


def _end_of_match(tokens: Sequence[str], at: int) -> int | None:
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] == "match") - (tokens[place] == "end")
        if depth == 0:
            return place
    return None
