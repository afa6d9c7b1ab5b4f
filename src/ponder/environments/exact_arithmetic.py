"""Arithmetic on exact numbers, safe on any text: + - * / // % ** and parentheses, nothing else.

Decimals are fractions of ten, so that 0.1 + 0.2 is 0.3. A text is read only if it holds nothing but digits
and these signs, and every size is bounded *before* anything is computed, so that 9**9**9 is refused at once.
Knows no names, functions, roots or percentages.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from ponder.verify.number import parse_number

MOST_CHARS = 200
MOST_BITS = 512
"""Of numerator and denominator, each, also on the way."""
MOST_PLACES = 12
"""Decimals of a result; one that needs more is written as a ratio."""
_SIGNS = str.maketrans({"\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2212": "-", "\u2013": "-", "^": "**"})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_READABLE = re.compile(r"^[0-9.+\-*/%() ]+$")


class NotArithmetic(ValueError):
    """The text has no value, and why."""


def evaluate(text: str) -> Fraction:
    """The value of an expression. Raises `NotArithmetic`, and nothing else, on any other text."""
    if len(text) > MOST_CHARS:
        raise NotArithmetic(f"longer than {MOST_CHARS} characters")
    plain = _THOUSANDS.sub("", text.translate(_SIGNS).strip())
    if not _READABLE.match(plain):
        raise NotArithmetic("not arithmetic")
    try:
        tree = ast.parse(plain, mode="eval")
    except (SyntaxError, RecursionError, MemoryError):
        raise NotArithmetic("not arithmetic") from None
    return _value(tree.body, plain)


def written(value: Fraction) -> str:
    """An exact number as a whole number, a short decimal, or else a ratio; `verify.number` reads each."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10**MOST_PLACES
    if scaled.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    whole, places = divmod(abs(scaled.numerator), 10**MOST_PLACES)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{places:0{MOST_PLACES}d}".rstrip("0")


def _value(node: ast.expr, text: str) -> Fraction:
    match node:
        case ast.Constant():
            number = parse_number(ast.get_source_segment(text, node) or "")
            if number is None:
                raise NotArithmetic("a number cannot be read")
            return number
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, text)
        case ast.UnaryOp(op=ast.UAdd()):
            return _value(node.operand, text)
        case ast.BinOp() if type(node.op) in _OPERATIONS:
            return _combined(type(node.op), _value(node.left, text), _value(node.right, text))
        case _:
            raise NotArithmetic("not arithmetic")


def _combined(kind: type[ast.operator], left: Fraction, right: Fraction) -> Fraction:
    try:
        return _bounded(_OPERATIONS[kind](left, right))
    except ZeroDivisionError:
        raise NotArithmetic("division by zero") from None


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise NotArithmetic("a power that is not whole")
    if _bits(base) * abs(exponent.numerator) > 2 * MOST_BITS:
        raise NotArithmetic("too large")
    return base**exponent.numerator


def _floor(left: Fraction, right: Fraction) -> Fraction:
    return Fraction(left // right)


def _bounded(value: Fraction) -> Fraction:
    if _bits(value) > MOST_BITS:
        raise NotArithmetic("too large")
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: _floor,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
