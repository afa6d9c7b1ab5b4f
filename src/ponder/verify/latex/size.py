"""How large the numbers in a tree can get, estimated before anyone computes one of them.

Two estimates, upwards, in decimal digits: of the value, for what stands in an exponent, and of the numerator
and denominator, for what has to be stored. A power has the exponent's value times the base's digits, and so
on. A symbol stands for a number up to 3, as `sampling.py` draws them. Does not bound time: an answer of
modest size can still be slow to simplify, and is then killed.
"""

from __future__ import annotations

from math import log10
from typing import NamedTuple

from ponder.verify.latex.tree import Node, Unreadable, as_fraction

MOST_DIGITS = 8_000
MOST_FACTORIAL = 2_500
_LARGEST_EXPONENT_DIGITS = 6.0
_EXPONENTIAL = frozenset(("sinh", "cosh", "tanh", "coth"))


class Size(NamedTuple):
    """Decimal digits: of the value's whole part, and of all that is written to store it."""

    value: float
    stored: float


_SMALL = Size(0.5, 0.5)


def check_size(node: Node) -> None:
    """Raises `Unreadable` for a tree with a number of more than `MOST_DIGITS` digits."""
    if node.is_scalar:
        _size(node)
    else:
        for part in node.parts:
            check_size(part)


def _size(node: Node) -> Size:
    if (number := as_fraction(node)) is not None:
        written = max(log10(abs(number.numerator) or 1), log10(number.denominator))
        return _checked(Size(max(0.0, log10(abs(number) or 1)), written))
    sizes = [_size(part) for part in node.parts]
    values, stored = [size.value for size in sizes], [size.stored for size in sizes]
    match node.kind:
        case "pow":
            times = _number(values[1])
            return _checked(Size(stored[0] * times, stored[0] * times))
        case "factorial":
            return _checked(_factorial(_number(values[0])))
        case "binomial":
            return _checked(_factorial(_number(max(values))))
        case "call" if node.text in _EXPONENTIAL:
            return _checked(Size(_number(values[0]) / 2, _number(values[0]) / 2))
        case "mul":
            return _checked(Size(sum(values), sum(stored)))
        case "div":
            return _checked(Size(values[0] + stored[1], sum(stored)))
        case "add":
            return _checked(Size(max(values) + log10(len(sizes)), max(stored) + log10(len(sizes))))
        case _:
            return Size(max(values, default=_SMALL.value), max(stored, default=_SMALL.stored))


def _checked(size: Size) -> Size:
    if max(size) > MOST_DIGITS:
        raise Unreadable(f"a number of more than {MOST_DIGITS} digits")
    return size


def _number(digits: float) -> float:
    """The largest number of that many digits."""
    if digits > _LARGEST_EXPONENT_DIGITS:
        raise Unreadable("an exponent or a factorial too large to compute")
    return 10.0**digits


def _factorial(number: float) -> Size:
    if number > MOST_FACTORIAL:
        raise Unreadable(f"a factorial or a binomial of a number above {MOST_FACTORIAL}")
    return Size(number * log10(number + 1), number * log10(number + 1))
