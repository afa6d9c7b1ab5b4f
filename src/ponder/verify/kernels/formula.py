"""The language of the natural deduction kernel: first-order formulas with equality and linear arithmetic.

Trees are locally nameless (de Bruijn, Indagationes Mathematicae 34, 1972): a bound variable is the number of
quantifiers between it and its own, so two formulas that differ in the names of bound variables are equal and
substitution captures nothing. Every other name is a symbol: a constant, a function or a predicate. Chains of
`&` and of `|` are flat, `a > b` is `b < a`, `a != b` is `~(a = b)`, `a - b` is `a + -b`, and a product has a
number on one side. Does not know text (`formula_parser.py`, `formula_printer.py`), which sort a symbol has
(`sorts.py`), or what follows from what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from typing import Any, cast


class Sort(StrEnum):
    """What a term stands for. The two domains share nothing, and each has a member."""

    OBJECT = "object"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Bound:
    """A variable of the quantifier that `index` other quantifiers stand between."""

    index: int


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of its arguments; without arguments a constant. `sort` is None until sorts are known."""

    name: str
    args: tuple[Term, ...] = ()
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Scaled:
    factor: Fraction
    term: Term


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Atom:
    """A predicate of its arguments; without arguments a proposition."""

    name: str
    args: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Equal:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Less:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class AtMost:
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    body: Formula


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Implies:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Iff:
    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class ForAll:
    body: Formula
    sort: Sort | None = None
    hint: str = field(default="x", compare=False)
    """What the variable was called."""


@dataclass(frozen=True, slots=True)
class Exists:
    body: Formula
    sort: Sort | None = None
    hint: str = field(default="x", compare=False)


Term = Bound | Number | Apply | Sum | Scaled
Comparison = Equal | Less | AtMost
Formula = Truth | Atom | Equal | Less | AtMost | Not | And | Or | Implies | Iff | ForAll | Exists
Node = Term | Formula

TERMS = (Bound, Number, Apply, Sum, Scaled)
FALSE = Truth(False)


def conjunction(parts: Iterable[Formula]) -> Formula:
    """`a & b & c`, flat. One part is itself."""
    flat = tuple(chain.from_iterable(map(conjuncts, parts)))
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(parts: Iterable[Formula]) -> Formula:
    """`a | b | c`, flat. One part is itself."""
    flat = tuple(chain.from_iterable(map(disjuncts, parts)))
    return flat[0] if len(flat) == 1 else Or(flat)


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if isinstance(formula, And) else (formula,)


def disjuncts(formula: Formula) -> tuple[Formula, ...]:
    return formula.parts if isinstance(formula, Or) else (formula,)


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in their order; that of a quantifier lies under one binder more."""
    match node:
        case Bound() | Number() | Truth():
            return ()
        case Apply(args=args) | Atom(args=args):
            return args
        case Scaled(term=term):
            return (term,)
        case Not(body=body) | ForAll(body=body) | Exists(body=body):
            return (body,)
        case And(parts=parts) | Or(parts=parts):
            return parts
        case _:
            return (node.left, node.right)


def head(node: Node) -> tuple[object, ...]:
    """All of a node but its parts: equal heads and equal parts make equal nodes."""
    match node:
        case Bound(index=own) | Number(value=own) | Truth(value=own) | Scaled(factor=own) | Atom(name=own):
            return (type(node), own, len(children(node)))
        case ForAll(sort=sort) | Exists(sort=sort):
            return (type(node), sort)
        case Apply(name=name, args=args, sort=sort):
            return (Apply, name, sort, len(args))
        case _:
            return (type(node), len(children(node)))


def depth(node: Node) -> int:
    """Nodes on the longest way down. Keeps its own stack, so any tree will do; the rest here recurses."""
    deepest, waiting = 0, [(node, 1)]
    while waiting:
        here, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += ((child, level + 1) for child in children(here))
    return deepest


def symbols(node: Node) -> frozenset[str]:
    """The names of the constants, functions and predicates in it."""
    return frozenset(here.name for here in _walk(node) if isinstance(here, Apply | Atom))


def is_closed(term: Term) -> bool:
    """Whether no bound variable occurs in it. A term binds nothing itself."""
    return not any(isinstance(part, Bound) for part in _walk(term))


def sort_of(term: Term) -> Sort | None:
    """The sort of a closed term, None where it is not known."""
    return term.sort if isinstance(term, Apply) else Sort.NUMBER


def sort_of_constant(node: Node, name: str) -> Sort | None:
    """The sort that the constant `name` has in `node`, None where it does not occur."""
    found = (here.sort for here in _walk(node) if isinstance(here, Apply) and here.name == name)
    return next(found, None)


def instantiate(body: Formula, term: Term) -> Formula:
    """The body of a quantifier with the closed `term` for its variable."""
    return _replace(body, lambda node, level: term if node == Bound(level) else None)


def abstract(formula: Formula, name: str) -> Formula:
    """The body of a quantifier over the constant `name`: `instantiate` makes the formula of it."""
    constant = (name, ())
    return _replace(
        formula,
        lambda node, level: (
            Bound(level) if isinstance(node, Apply) and (node.name, node.args) == constant else None
        ),
    )


def with_children(node: Node, parts: Sequence[Any]) -> Any:
    """The same node with other parts, as many as it had."""
    match node:
        case Bound() | Number() | Truth():
            return node
        case Apply():
            return Apply(node.name, tuple(parts), node.sort)
        case Atom():
            return Atom(node.name, tuple(parts))
        case Scaled():
            return Scaled(node.factor, parts[0])
        case ForAll() | Exists():
            return type(node)(parts[0], node.sort, node.hint)
        case And() | Or():
            return type(node)(tuple(parts))
        case _:
            return type(node)(*parts)


def _replace(formula: Formula, found: Callable[[Node, int], Node | None]) -> Formula:
    """`formula` with each part that `found` has another for, which gets the part and the binders above it."""

    def rebuilt(node: Node, level: int) -> Node:
        if (other := found(node, level)) is not None:
            return other
        inner = level + isinstance(node, ForAll | Exists)
        return with_children(node, [rebuilt(child, inner) for child in children(node)])

    return cast(Formula, rebuilt(formula, 0))


def _walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        yield (here := waiting.pop())
        waiting += children(here)
