r"""Text to formulas, by operator precedence with a bound on nesting.

From loose to tight: `<->`, `->` (both to the right), `|`, `&`, then `~` and quantifiers, comparisons, `+ -`,
`* /`, unary minus. `forall x. …` with a dot or colon reaches as far right as it can, `∀x …` without one as
far as `~` does. A name that a formula both binds and leaves free is refused, for it shows that the two
readings were mixed up; so are chains of comparisons and products of two unknowns. Does not know whether a
symbol is used the same way elsewhere (`sorts.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from ponder.verify.kernels.formula import (
    Apply,
    AtMost,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Formula,
    Iff,
    Implies,
    Less,
    Not,
    Number,
    Scaled,
    Sum,
    Term,
    Truth,
    conjunction,
    depth,
    disjunction,
    symbols,
)
from ponder.verify.kernels.formula_lexer import Unreadable, tokens
from ponder.verify.kernels.formula_printer import (
    AND,
    COMPARISON,
    IFF,
    IMPLIES,
    OR,
    PRODUCT,
    SUM,
    UNARY,
    WIDE,
    show,
)

DEEPEST = 100
"""Brackets, operators and quantifiers inside each other."""
MOST_CHARS = 20_000
MOST_BITS = 4_096
"""Of a number that is worked out while reading."""

_POWERS = {
    "<->": (IFF, IFF),
    "->": (IMPLIES, IMPLIES),
    "|": (OR, OR + 1),
    "&": (AND, AND + 1),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), (COMPARISON, COMPARISON + 1)),
    **dict.fromkeys(("+", "-"), (SUM, SUM + 1)),
    **dict.fromkeys(("*", "/"), (PRODUCT, PRODUCT + 1)),
}
"""How tightly each operator binds, and how tightly its right operand must."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Call:
    """A name and its arguments, before it is clear whether it is a term or a formula."""

    name: str
    args: tuple[Term, ...]


_Parsed = Formula | Term | _Call


def parse_formula(text: str) -> Formula:
    """The formula that is all of `text`. Raises `Unreadable`."""
    return _whole(text, lambda parser: parser.formula())


def parse_formulas(text: str) -> tuple[Formula, ...]:
    """Formulas parted by commas or semicolons, or none. Raises `Unreadable`."""
    return _whole(text, lambda parser: parser.formulas() if parser.peek() != "end" else ())


def parse_sequent(text: str) -> tuple[tuple[Formula, ...], Formula]:
    """The premises and the goal of `p -> q, p |- q`. Raises `Unreadable`."""

    def read(parser: _Parser) -> tuple[tuple[Formula, ...], Formula]:
        premises = parser.formulas() if parser.peek() != "|-" else ()
        parser.expect("|-")
        return premises, parser.formula()

    return _whole(text, read)


def _whole(text: str, read: Callable[[_Parser], _T]) -> _T:
    if len(text) > MOST_CHARS:
        raise Unreadable(f"longer than {MOST_CHARS} characters")
    parser = _Parser(text)
    found = read(parser)
    parser.expect("end")
    return found


class _Parser:
    """One pass over the tokens of one text. Every bracket, operator and quantifier counts as a level."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._place = 0
        self._level = 0
        self._variables = list[str]()
        self._bound = set[str]()

    def peek(self) -> str:
        """The kind of the next token."""
        return self._tokens[self._place].kind

    def take(self) -> str:
        text = self._tokens[self._place].text
        self._place += 1
        return text

    def expect(self, kind: str) -> None:
        if self.peek() != kind:
            here = "the end" if self.peek() == "end" else f"`{self._tokens[self._place].text[:20]}`"
            raise Unreadable(f"{here} stands where {'the end' if kind == 'end' else f'`{kind}`'} should")
        self._place += 1

    def formulas(self) -> tuple[Formula, ...]:
        found = [self.formula()]
        while self.peek() in (",", ";"):
            self.take()
            found.append(self.formula())
        return tuple(found)

    def formula(self) -> Formula:
        self._bound.clear()
        found = _formula(self._expression(WIDE))
        if depth(found) > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        if both := self._bound & symbols(found):
            raise Unreadable(
                f"`{min(both)}` is both bound and free in one formula: rename one, or use brackets"
            )
        return found

    def _expression(self, power: int) -> _Parsed:
        self._level += 1
        if self._level > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        left = self._operand()
        while (powers := _POWERS.get(self.peek())) and powers[0] >= power:
            operator = self.peek()
            self.take()
            left = _join(operator, left, self._expression(powers[1]))
        self._level -= 1
        return left

    def _operand(self) -> _Parsed:
        kind = self.peek()
        text = self.take() if kind != "end" else ""
        match kind:
            case "~":
                return Not(_formula(self._expression(COMPARISON)))
            case "forall" | "exists":
                return self._quantifier(ForAll if kind == "forall" else Exists)
            case "-":
                return _negative(_term(self._expression(UNARY)))
            case "(":
                inner = self._expression(WIDE)
                self.expect(")")
                return inner
            case "number":
                return Number(Fraction(text))
            case "true" | "false":
                return Truth(kind == "true")
            case "name":
                return self._name(text)
            case _:
                here = "the end" if kind == "end" else f"`{text[:20]}`"
                raise Unreadable(f"{here} stands where a formula or a term should")

    def _name(self, name: str) -> _Parsed:
        args = list[Term]()
        if self.peek() == "(":
            self.take()
            args.append(_term(self._expression(WIDE)))
            while self.peek() == ",":
                self.take()
                args.append(_term(self._expression(WIDE)))
            self.expect(")")
        if name not in self._variables:
            return _Call(name, tuple(args))
        if args:
            raise Unreadable(f"`{name}` is a variable there and takes no arguments")
        return Bound(self._variables[::-1].index(name))

    def _quantifier(self, form: type[ForAll | Exists]) -> Formula:
        names, power = self._quantified()
        self._variables += names
        self._bound.update(names)
        body = _formula(self._expression(power))
        del self._variables[-len(names) :]
        for name in reversed(names):
            body = form(body, hint=name)
        return body

    def _quantified(self) -> tuple[list[str], int]:
        """The variables of a quantifier, and how tightly its body binds: loosely after a dot or colon."""
        start, names = self._place, list[str]()
        while self.peek() == "name":
            names.append(self.take())
            if self.peek() == ",":
                self.take()
        if names and self.peek() in (".", ":"):
            self.take()
            return names, WIDE
        self._place = start
        self.expect("name")
        return names[:1], COMPARISON


def _formula(parsed: _Parsed) -> Formula:
    if isinstance(parsed, _Call):
        return Atom(parsed.name, parsed.args)
    if isinstance(parsed, Term):
        shown = "a variable" if isinstance(parsed, Bound) else f"`{_shown(parsed)}`"
        raise Unreadable(f"{shown} stands where a formula should")
    return parsed


def _term(parsed: _Parsed) -> Term:
    if isinstance(parsed, _Call):
        return Apply(parsed.name, parsed.args)
    if isinstance(parsed, Formula):
        raise Unreadable(f"the formula `{_shown(parsed)}` stands where a term should")
    return parsed


def _shown(node: Formula | Term) -> str:
    return show(node)[:40] if depth(node) <= DEEPEST else "…"


def _join(operator: str, left: _Parsed, right: _Parsed) -> Formula | Term:
    match operator:
        case "<->":
            return Iff(_formula(left), _formula(right))
        case "->":
            return Implies(_formula(left), _formula(right))
        case "|":
            return disjunction((_formula(left), _formula(right)))
        case "&":
            return conjunction((_formula(left), _formula(right)))
        case "+":
            return Sum(_term(left), _term(right))
        case "-":
            return Sum(_term(left), _negative(_term(right)))
        case "*" | "/":
            return _product(operator, _term(left), _term(right))
        case _:
            return _comparison(operator, _term(left), _term(right))


def _comparison(operator: str, left: Term, right: Term) -> Formula:
    match operator:
        case "=":
            return Equal(left, right)
        case "!=":
            return Not(Equal(left, right))
        case "<":
            return Less(left, right)
        case "<=":
            return AtMost(left, right)
        case ">":
            return Less(right, left)
        case _:
            return AtMost(right, left)


def _negative(term: Term) -> Term:
    match term:
        case Number(value=value):
            return Number(-value)
        case Scaled(factor=factor, term=inner) if factor != -1:
            return Scaled(-factor, inner)
        case Scaled(term=inner):
            return inner
        case _:
            return Scaled(Fraction(-1), term)


def _product(operator: str, left: Term, right: Term) -> Term:
    value = _value(right)
    if operator == "/":
        if value is None:
            raise Unreadable("a division by an unknown: arithmetic here is linear")
        if value == 0:
            raise Unreadable("a division by zero")
        return Number(_bounded(left.value / value)) if isinstance(left, Number) else Scaled(1 / value, left)
    if (factor := _value(left)) is not None:
        return Scaled(factor, right)
    if value is None:
        raise Unreadable("a product of two unknowns: arithmetic here is linear")
    return Scaled(value, left)


def _value(term: Term) -> Fraction | None:
    """The number that a term of numbers alone is. Keeps its own stack: depth is bounded later."""
    total, waiting = Fraction(0), [(term, Fraction(1))]
    while waiting:
        here, factor = waiting.pop()
        match here:
            case Number(value=value):
                total += factor * value
            case Sum(left=left, right=right):
                waiting += ((left, factor), (right, factor))
            case Scaled(factor=other, term=inner):
                waiting.append((inner, factor * other))
            case _:
                return None
    return _bounded(total)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
        raise Unreadable(f"a number of more than {MOST_BITS} bits")
    return value
