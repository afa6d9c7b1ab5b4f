"""Formulas as text that `formula_parser.py` reads back to the same tree.

ASCII notation, with brackets only where the parser needs them and before every connective whose operand is a
quantifier. A bound variable keeps its own name unless that name is taken there. Does not shorten.
"""

from __future__ import annotations

from fractions import Fraction

from ponder.verify.kernels.formula import (
    And,
    Apply,
    AtMost,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Iff,
    Implies,
    Less,
    Node,
    Not,
    Number,
    Or,
    Scaled,
    Sum,
    Term,
    Truth,
    symbols,
)

# How tightly each form binds; an operand that binds less is bracketed.
WIDE, IFF, IMPLIES, OR, AND, PREFIX, COMPARISON, SUM, PRODUCT, UNARY, PRIMARY = range(11)


def show(node: Node) -> str:
    """The text of a formula or a term.

    >>> from ponder.verify.kernels.formula_parser import parse_formula
    >>> show(parse_formula("∀x (P(x) ∧ x ≠ a → ∃y. y ≥ 2x - 1)"))
    'forall x. P(x) & x != a -> (exists y. 2*x - 1 <= y)'
    """
    return _show(node, (), WIDE)


def _show(node: Node, names: tuple[str, ...], power: int) -> str:
    own, text = _text(node, names)
    return f"({text})" if own < power else text


def _text(node: Node, names: tuple[str, ...]) -> tuple[int, str]:
    match node:
        case Bound(index=index):
            return PRIMARY, names[-1 - index] if index < len(names) else f"?{index - len(names)}"
        case Apply(name=name, args=args) | Atom(name=name, args=args):
            inside = ", ".join(_show(arg, names, SUM) for arg in args)
            return PRIMARY, f"{name}({inside})" if args else name
        case Number() | Sum() | Scaled():
            return _arithmetic(node, names)
        case Truth(value=value):
            return PRIMARY, "true" if value else "false"
        case Not(body=Equal(left=left, right=right)):
            return COMPARISON, f"{_show(left, names, SUM)} != {_show(right, names, SUM)}"
        case Not(body=body):
            own, text = _text(body, names)
            return PREFIX, f"~{text}" if own in (PREFIX, PRIMARY) else f"~({text})"
        case ForAll(body=body, hint=hint) | Exists(body=body, hint=hint):
            word = "forall" if isinstance(node, ForAll) else "exists"
            name = _free_name(hint, symbols(body) | set(names))
            return WIDE, f"{word} {name}. {_show(body, (*names, name), WIDE)}"
        case And(parts=parts):
            return AND, " & ".join(_show(part, names, AND + 1) for part in parts)
        case Or(parts=parts):
            return OR, " | ".join(_show(part, names, OR + 1) for part in parts)
        case Implies(left=left, right=right):
            return IMPLIES, f"{_show(left, names, IMPLIES + 1)} -> {_show(right, names, IMPLIES)}"
        case Iff(left=left, right=right):
            return IFF, f"{_show(left, names, IFF + 1)} <-> {_show(right, names, IFF)}"
        case Equal(left=left, right=right):
            return COMPARISON, f"{_show(left, names, SUM)} = {_show(right, names, SUM)}"
        case Less(left=left, right=right):
            return COMPARISON, f"{_show(left, names, SUM)} < {_show(right, names, SUM)}"
        case AtMost(left=left, right=right):
            return COMPARISON, f"{_show(left, names, SUM)} <= {_show(right, names, SUM)}"


def _arithmetic(node: Number | Sum | Scaled, names: tuple[str, ...]) -> tuple[int, str]:
    match node:
        case Number(value=value):
            return (UNARY if value.denominator == 1 else PRODUCT), str(value)
        case Scaled(factor=Fraction(numerator=-1, denominator=1), term=term) if _negates(term):
            return UNARY, f"-{_show(term, names, PRIMARY)}"
        case Scaled(factor=factor, term=term):
            return PRODUCT, f"{factor}*{_show(term, names, UNARY)}"
        case Sum(left=left, right=right):
            sign, right = _signed(right)
            return SUM, f"{_show(left, names, SUM)} {sign} {_show(right, names, PRODUCT)}"


def _signed(term: Term) -> tuple[str, Term]:
    """A summand as its sign and the rest."""
    match term:
        case Number(value=value) if value < 0:
            return "-", Number(-value)
        case Scaled(factor=factor, term=inner) if factor == -1 and _negates(inner):
            return "-", inner
        case Scaled(factor=factor, term=inner) if factor < 0 and factor != -1:
            return "-", Scaled(-factor, inner)
        case _:
            return "+", term


def _negates(term: Term) -> bool:
    """Whether a minus sign before it is read as a factor of its own: it joins a number or a factor."""
    return not isinstance(term, Number | Scaled)


def _free_name(hint: str, taken: frozenset[str] | set[str]) -> str:
    name, number = hint, 0
    while name in taken:
        number += 1
        name = f"{hint}{number}"
    return name
