r"""A tree's value at a point, to a chosen precision: the quick way to see that two expressions differ.

Both trees are computed with mpmath at two precisions; the change from one to the other bounds the error, and
only a difference far above it counts. So this can tell "different" and never "equal". Points where a value,
or one on the way to it, is not real are outside the domain and skipped, unless the imaginary unit is written.
An odd root of a negative number is its real root.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from fractions import Fraction
from random import Random
from typing import Any

from ponder.verify.latex.spelling import FUNCTIONS
from ponder.verify.latex.tree import Node

_LOW, _HIGH = 50, 100
"""Decimal digits."""
_SIGNS = ((1, 1), (1, 1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Of the first, third, … and the second, fourth, … name, point by point."""
_FAR = 10**6
"""How many times the error a difference must be."""
_SNAP = 40
_MPMATH_NAMES = {
    name: name.replace("arc", "a") if name.startswith("arc") else name.replace("ar", "a")
    for name in set(FUNCTIONS.values()) - {"ln", "log", "exp", "max", "min"}
}


def _mpmath() -> Any:
    """Imported when needed; it has no types of its own."""
    return importlib.import_module("mpmath")


def differ(one: Node, other: Node) -> bool:
    """Whether the scalars certainly differ somewhere in their common domain."""
    names = sorted({*symbols(one), *symbols(other)})
    imaginary = Node("constant", "i") in _leaves(one) | _leaves(other)
    return any(_differ_at(one, other, point, bool(names) and not imaginary) for point in _points(names))


def symbols(node: Node) -> set[str]:
    """Names of all symbols and units."""
    return {f"{leaf.kind} {leaf.text}" for leaf in _leaves(node) if leaf.kind in ("symbol", "unit")}


def sign(node: Node) -> int | None:
    """Of a constant: -1 or 1; None when it is not real, or too near to zero to tell."""
    low, high = (_value_at(node, {}, digits, False) for digits in (_LOW, _HIGH))
    if low is None or high is None or high.imag != 0 or abs(high) <= _FAR * abs(high - low):
        return None
    return 1 if high.real > 0 else -1


def _leaves(node: Node) -> set[Node]:
    if not node.parts:
        return {node}
    return set[Node]().union(*(_leaves(part) for part in node.parts))


def _points(names: list[str]) -> list[dict[str, Fraction]]:
    """First positive ones, as most letters are lengths or counts, then of mixed signs, then negative ones."""
    if not names:
        return [{}]
    rng = Random(7)
    points = list[dict[str, Fraction]]()
    for even, odd in _SIGNS:
        drawn = [Fraction(rng.randrange(200_003, 2_999_999), 1_000_003) for _ in names]
        points.append(
            {
                name: value * (even, odd)[i % 2]
                for i, (name, value) in enumerate(zip(names, drawn, strict=True))
            }
        )
    return points


def _differ_at(one: Node, other: Node, point: Mapping[str, Fraction], real: bool) -> bool:
    values = list[Any]()
    for node in (one, other):
        for digits in (_LOW, _HIGH):
            values.append(_value_at(node, point, digits, real))
            if values[-1] is None:
                return False
    one_low, one_high, other_low, other_high = values
    error = abs(one_high - one_low) + abs(other_high - other_low)
    scale = max(abs(one_high), abs(other_high))
    return bool(abs(one_high - other_high) > _FAR * error + scale * 10 ** (5 - _HIGH))


def _value_at(node: Node, point: Mapping[str, Fraction], digits: int, real: bool) -> Any:
    """An mpmath complex number, or None where there is no value."""
    with _mpmath().workdps(digits):
        try:
            value = _mpmath().mpc(_Evaluator(point, real).value(node))
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, _mpmath().libmp.NoConvergence):
            return None
        if not _mpmath().isfinite(value):
            return None
        if abs(value.imag) <= abs(value) * _mpmath().mpf(10) ** -_SNAP:
            value = _mpmath().mpc(value.real)
        return value


class _Evaluator:
    """Computes at the precision that mpmath is set to."""

    def __init__(self, point: Mapping[str, Fraction], real: bool) -> None:
        self.point, self.real = point, real

    def value(self, node: Node) -> Any:
        """Raises `ValueError` where there is none, or none among the reals."""
        value = self.computed(node)
        if self.real and value.imag:
            raise ValueError("not real")
        return value

    def computed(self, node: Node) -> Any:
        match node.kind:
            case "number":
                return _exact(Fraction(node.text))
            case "symbol" | "unit":
                return _exact(self.point[f"{node.kind} {node.text}"])
            case "constant":
                return self.constant(node.text)
            case "root":
                return _root(*map(self.value, node.parts))
            case "call":
                return self.call(node)
            case _:
                parts = [self.value(part) for part in node.parts]
        match node.kind:
            case "add":
                return _mpmath().fsum(parts)
            case "mul":
                return _mpmath().fprod(parts)
            case "div":
                return parts[0] / parts[1]
            case "neg":
                return -parts[0]
            case "pow":
                return _mpmath().power(*parts)
            case "log":
                return _mpmath().log(parts[0]) / _mpmath().log(parts[1])
            case "abs":
                return abs(parts[0])
            case "floor":
                return _mpmath().floor(_snapped(parts[0]))
            case "ceil":
                return _mpmath().ceil(_snapped(parts[0]))
            case "factorial":
                return _mpmath().factorial(parts[0])
            case "binomial":
                return _mpmath().binomial(*parts)
            case _:
                raise ValueError(node.kind)

    def constant(self, name: str) -> Any:
        if name == "infinity":
            raise ValueError(name)
        return {
            "pi": +_mpmath().pi,
            "e": +_mpmath().e,
            "i": _mpmath().mpc(0, 1),
            "degree": _mpmath().pi / 180,
        }[name]

    def call(self, node: Node) -> Any:
        arguments = [self.value(part) for part in node.parts]
        if node.text in ("max", "min"):
            return (max if node.text == "max" else min)(arguments)
        if node.text in _MPMATH_NAMES:
            return getattr(_mpmath(), _MPMATH_NAMES[node.text])(*arguments)
        # An unknown function: any fixed smooth one will do to tell different arguments apart.
        code = sum(map(ord, node.text))
        return _mpmath().fsum(
            _mpmath().sin(argument * (code + place)) for place, argument in enumerate(arguments)
        )


def _exact(value: Fraction) -> Any:
    return _mpmath().mpf(value.numerator) / value.denominator


def _root(radicand: Any, index: Any) -> Any:
    if (
        index == int(index)
        and int(index) % 2 == 1
        and not _mpmath().im(radicand)
        and _mpmath().re(radicand) < 0
    ):
        return -_mpmath().power(-radicand, 1 / index)
    return _mpmath().power(radicand, 1 / index)


def _snapped(value: Any) -> Any:
    """A number that is a whole one but for rounding, as that."""
    near = _mpmath().nint(value)
    return near if abs(value - near) < _mpmath().mpf(10) ** -_SNAP else value
