r"""What an answer says, as a tree; plain data, no algebra.

    number "25/2" · symbol "x_1" · constant pi e i infinity degree · unit "km"
    add · mul · div · neg · pow · root(radicand, index) · log(argument, base) · call "sin"
    abs · floor · ceil · factorial · binomial · choose(+, -): the two readings of a \pm
    percent(value) · numeral "101_2" · ratio(parts) · words "no solution"
    bracket "[)"(items): a tuple or an interval · set(items) · builder(variable, condition)
    everything "R" · empty · union · intersection · difference · matrix(rows) · row(items)
    relation "< <="(sides) · list "," "or" "and"(items)

Every kind of the first three lines is a scalar: one number, or one expression in symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

_LEAVES = ("number", "symbol", "constant", "unit")
_OPERATIONS = ("add", "mul", "div", "neg", "pow", "root", "log", "call")
_ENCLOSED = ("abs", "floor", "ceil", "factorial", "binomial")
SCALARS = frozenset((*_LEAVES, *_OPERATIONS, *_ENCLOSED))


class Unreadable(ValueError):
    """A text that is no answer in this notation, can be read in two ways, or is too large; says which."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `text` is what the kind needs besides its parts."""

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()

    @property
    def is_scalar(self) -> bool:
        return self.kind in SCALARS

    def mentions(self, kind: str) -> bool:
        """Whether a node of that kind is anywhere in this tree."""
        return self.kind == kind or any(part.mentions(kind) for part in self.parts)


def make(kind: str, *parts: Node, text: str = "") -> Node:
    return Node(kind, text, parts)


def scalar(node: Node) -> Node:
    """The node as an operand of arithmetic, where `[x+1]` is a group. Raises `Unreadable` if it is none."""
    if node.kind == "bracket" and node.text == "[]" and len(node.parts) == 1:
        return scalar(node.parts[0])
    if not (node.is_scalar or node.kind == "choose"):
        raise Unreadable(f"arithmetic with a {node.kind}")
    return node


def as_fraction(node: Node) -> Fraction | None:
    """The value of a written number, or of a fraction of two whole ones, with or without a minus sign."""
    if node.kind == "number":
        return Fraction(node.text)
    if node.kind == "neg":
        value = as_fraction(node.parts[0])
        return None if value is None else -value
    if node.kind == "div":
        above, below = map(as_fraction, node.parts)
        if above is not None and below and above.denominator == below.denominator == 1:
            return above / below
    return None
