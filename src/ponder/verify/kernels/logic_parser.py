"""Reads formulas: words or signs, in the usual precedence.

    ~ not, forall x. and exists x.   &   |   ->   <->            from tight to loose; -> groups to the right

A quantifier with a dot, comma or colon reaches as far as it can, one without binds like `~`. `p(x)` is a
predicate or a function by where it stands. A product has a number on one side: arithmetic is linear. Sizes
are bounded before anything is built, so no text makes this recurse deeply or take long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ponder.verify.kernels.logic import Node, joined, negation

MOST_CHARS = 4_000
DEEPEST = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[^\W\d]\w*'*)"
    r"|(?P<sign><->|<=>|->|=>|==>|-->|!=|<>|<=|>=|\|-|/\\|\\/|&&|\|\||[~!¬−&∧|∨→⇒⊃↔⇔≡∀∃⊥⊤⊢=≠<>≤≥+*·/(),.:;\[\]-]))"
)
_SPELLED = {
    "<=>": "<->", "↔": "<->", "⇔": "<->", "≡": "<->", "iff": "<->",
    "=>": "->", "==>": "->", "-->": "->", "→": "->", "⇒": "->", "⊃": "->", "implies": "->",
    "/\\": "&", "&&": "&", "∧": "&", "and": "&", "\\/": "|", "||": "|", "∨": "|", "or": "|",
    "!": "~", "¬": "~", "not": "~", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">=", "⊢": "|-",
    "∀": "forall", "∃": "exists", "⊥": "false", "⊤": "true", "−": "-", "·": "*", "[": "(", "]": ")",
    "False": "false", "True": "true", "all": "forall", "contradiction": "false",
}  # fmt: skip
_KEYWORDS = frozenset(("forall", "exists", "false", "true"))
_RELATIONS = frozenset(("=", "!=", "<", "<=", ">", ">="))


class Unreadable(ValueError):
    """A text that is no formula; says where it stops being one."""


def parse_formula(text: str) -> Node:
    """The formula that the whole text is. Raises `Unreadable`."""
    parser = _Parser(text)
    formula = parser.formula()
    parser.expect("")
    return formula


def parse_formulas(text: str) -> list[Node]:
    """Formulas separated by commas, semicolons or line ends; none where there is nothing."""
    found = list[Node]()
    for line in text.splitlines():
        parser = _Parser(line)
        while parser.peek:
            found.append(parser.formula())
            if parser.peek not in (",", ";", "."):
                break
            parser.take()
        parser.expect("")
    return found


def split_sequent(text: str) -> tuple[str, str] | None:
    """`premises |- goal` in two, or None where there is no turnstile."""
    parts = re.split(r"\|-|⊢|\btherefore\b|∴", text)
    return (parts[0], parts[1]) if len(parts) == 2 else None


class _Parser:
    """A cursor over tokens; `bound` holds the names of the quantifiers around it."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARS:
            raise Unreadable(f"longer than {MOST_CHARS} characters")
        self.tokens, self.place, self.depth = _tokens(text), 0, 0
        self.bound = list[str]()

    @property
    def peek(self) -> str:
        """The token at the cursor; empty at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek
        self.place += 1
        return token

    def expect(self, token: str) -> None:
        if self.peek != token:
            raise Unreadable(f"{self.peek or 'the end'!r} where {token or 'the end'!r} should be")
        self.place += 1

    def formula(self) -> Node:
        """The loosest level: `<->` of implications."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        left = self.implication()
        while self.peek == "<->":
            self.take()
            left = Node("iff", (left, self.implication()))
        self.depth -= 1
        return left

    def implication(self) -> Node:
        sides = [self.chain("|", "or")]
        while self.peek == "->":
            self.take()
            sides.append(self.chain("|", "or"))
        if len(sides) > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        result = sides.pop()
        while sides:
            result = Node("implies", (sides.pop(), result))
        return result

    def chain(self, sign: str, kind: str) -> Node:
        def part() -> Node:
            return self.chain("&", "and") if kind == "or" else self.unary()

        parts = [part()]
        while self.peek == sign:
            self.take()
            parts.append(part())
        return joined(kind, *parts)

    def unary(self) -> Node:
        self.depth += 1
        if self.depth > 2 * DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        try:
            if self.peek == "~":
                self.take()
                return negation(self.unary())
            if self.peek in ("forall", "exists"):
                return self.quantified()
            return self.atom()
        finally:
            self.depth -= 1

    def quantified(self) -> Node:
        kind, names = self.take(), list[str]()
        while self.peek and self.peek[0].isalpha() and self.peek not in _KEYWORDS:
            following = self.tokens[self.place + 1] if self.place + 1 < len(self.tokens) else ""
            if names and (following == "(" or following in _RELATIONS):
                break  # the body begins: `forall x P(x)`
            names.append(self.take())
            if (
                self.peek == ","
                and self.place + 2 < len(self.tokens)
                and self.tokens[self.place + 2] in ",.:"
            ):
                self.take()  # `forall x, y.`
        if not names:
            raise Unreadable(f"{self.peek or 'the end'!r} where a variable should be")
        self.bound += names
        far = self.peek in (".", ",", ":")
        if far:
            self.take()
        body = self.formula() if far else self.unary()
        del self.bound[-len(names) :]
        for name in reversed(names):
            body = Node(kind, (body,), hint=name)
        return body

    def atom(self) -> Node:
        """A comparison, a predicate, a truth value or a formula in brackets."""
        left = self.sum()
        if self.peek not in _RELATIONS:
            return _as_formula(left)
        sign = self.take()
        one, other = _as_term(left), _as_term(self.sum())
        if self.peek in _RELATIONS:
            raise Unreadable("a chain of comparisons: write each one")
        match sign:
            case "=":
                return Node("equal", (one, other))
            case "!=":
                return negation(Node("equal", (one, other)))
            case "<":
                return Node("less", (one, other))
            case ">":
                return Node("less", (other, one))
            case "<=":
                return Node("at_most", (one, other))
            case _:
                return Node("at_most", (other, one))

    def sum(self) -> Node:
        parts = [self.product()]
        while self.peek in ("+", "-"):
            sign = self.take()
            part = _as_term(self.product())
            parts.append(part if sign == "+" else _scaled(Fraction(-1), part))
        return parts[0] if len(parts) == 1 else Node("add", tuple(map(_as_term, parts)))

    def product(self) -> Node:
        left = self.primary()
        while self.peek in ("*", "/"):
            sign, right = self.take(), self.primary()
            if sign == "/":
                if right.kind != "number" or not right.value:
                    raise Unreadable("a division by what is no number")
                left = _scaled(1 / right.value, _as_term(left))
            elif left.kind == "number":
                left = _scaled(left.value, _as_term(right))
            elif right.kind == "number":
                left = _scaled(right.value, _as_term(left))
            else:
                raise Unreadable("a product of two terms: arithmetic is linear here")
        return left

    def primary(self) -> Node:
        token = self.take()
        if token == "-":
            return _scaled(Fraction(-1), _as_term(self.primary()))
        if token == "(":
            inside = self.formula()
            self.expect(")")
            return inside
        if token in ("true", "false"):
            return Node(token)
        if token and token[0].isdigit():
            number = Node("number", value=Fraction(token))
            return _scaled(number.value, _as_term(self.primary())) if self._names_follow() else number
        if token and token[0].isalpha() and token not in _KEYWORDS:
            return self.named(token)
        raise Unreadable(f"{token or 'the end'!r} where a formula should be")

    def named(self, name: str) -> Node:
        """A variable, a constant, or a name with arguments."""
        if self.peek == "(":
            if name in self.bound:
                raise Unreadable(f"the variable {name} is used as a function")
            self.take()
            return Node("apply", self.arguments(), name)
        if name in self.bound:
            return Node("bound", value=Fraction(self.bound[::-1].index(name)), hint=name)
        return Node("apply", name=name)

    def arguments(self) -> tuple[Node, ...]:
        parts = list[Node]()
        while True:
            parts.append(_as_term(self.sum()))
            if self.peek != ",":
                self.expect(")")
                return tuple(parts)
            self.take()

    def _names_follow(self) -> bool:
        """`2x` is a product."""
        return (
            bool(self.peek)
            and self.peek[0].isalpha()
            and self.peek not in _SPELLED
            and self.peek not in _KEYWORDS
        )


def _as_formula(node: Node) -> Node:
    """What stands where a formula should: a name is a predicate there."""
    if node.kind == "apply":
        return Node("atom", node.parts, node.name)
    if node.is_term:
        raise Unreadable("a term where a formula should be")
    return node


def _as_term(node: Node) -> Node:
    if node.kind == "atom":
        return Node("apply", node.parts, node.name)
    if not node.is_term:
        raise Unreadable("a formula where a term should be")
    return node


def _scaled(factor: Fraction, term: Node) -> Node:
    if term.kind == "number":
        return Node("number", value=factor * term.value)
    if term.kind == "scale":
        return Node("scale", term.parts, value=factor * term.value)
    return Node("scale", (term,), value=factor)


def _tokens(text: str) -> Sequence[str]:
    tokens, place, end = list[str](), 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise Unreadable(f"{text[place:].strip()[:1]!r} is no sign of the language")
        place = found.end()
        token = found[0].strip()
        tokens.append(_SPELLED.get(token, token))
    return tokens
