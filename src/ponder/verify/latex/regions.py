r"""Sets of real numbers: intervals, their unions, and the solved inequalities that describe them.

`x > 2`, `2 < x`, `(2, \infty)`, `\{x \mid x > 2\}` and `x \in (2, \infty)` are one region. An inequality is
solved when a lone name stands against numbers. End points must be real numbers: `(a, b)` stays a pair.
A pair of numbers in round brackets is an interval here, but only next to a region that is written otherwise.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ponder.verify.latex.algebra import is_zero, to_sympy
from ponder.verify.latex.spelling import FUNCTIONS
from ponder.verify.latex.tree import Node

_OPERATIONS = {"union": "Union", "intersection": "Intersection", "difference": "Complement"}
_LITERAL = {"R": "Reals", "Z": "Integers", "N": "Naturals", "Q": "Rationals", "C": "Complexes"}


def _sympy() -> Any:
    return importlib.import_module("sympy")


@dataclass(frozen=True, slots=True)
class Region:
    """A set, and the name of its elements where the answer gives one."""

    points: Any
    name: Node | None = None


def same_region(one: Region | None, other: Region | None) -> bool:
    """Whether both are regions of the same points; a name given on one side only does not matter."""
    if one is None or other is None or (one.name and other.name and one.name != other.name):
        return False
    if one.points == other.points:
        return True
    pieces, other_pieces = _pieces(one.points), _pieces(other.points)
    return len(pieces) == len(other_pieces) and all(map(_same_piece, pieces, other_pieces))


def region(node: Node) -> Region | None:
    """The region that the answer describes, or None if it describes none."""
    sympy = _sympy()
    match node.kind:
        case "everything" if node.text in _LITERAL:
            return Region(getattr(sympy.S, _LITERAL[node.text]))
        case "empty":
            return Region(sympy.S.EmptySet)
        case "bracket" if len(node.parts) == 2 and set(node.text) <= set("()[]"):
            return _interval(node)
        case "set":
            values = [_real(part) for part in node.parts]
            return None if None in values else Region(sympy.FiniteSet(*values))
        case "union" | "intersection" | "difference":
            return _combined(_OPERATIONS[node.kind], node.parts)
        case "list" if node.text in ("and", "or"):
            return _combined("Union" if node.text == "or" else "Intersection", node.parts)
        case "relation":
            return _solution(node)
        case "builder":
            return _built(*node.parts)
        case _:
            return None


def _interval(node: Node) -> Region | None:
    low, high = map(_real, node.parts)
    if low is None or high is None or (low < high) is not _sympy().true:  # which it may leave undecided
        return None
    return Region(_sympy().Interval(low, high, node.text[0] == "(", node.text[1] == ")"))


def _combined(operation: str, parts: tuple[Node, ...]) -> Region | None:
    regions = [region(part) for part in parts]
    known = [found for found in regions if found is not None]
    names = {found.name for found in known if found.name}
    if len(known) < len(parts) or len(names) > 1:
        return None
    return Region(getattr(_sympy(), operation)(*(found.points for found in known)), *names)


def _solution(relation: Node) -> Region | None:
    """Of `x < 2`, `1 < x <= 3`, `x != 0`, `x = 1` or `x \\in S`."""
    signs, sympy = relation.text.split(), _sympy()
    if signs == ["in"]:
        inside = region(relation.parts[1])
        return Region(inside.points, relation.parts[0]) if inside and not inside.name else None
    names = [part for part in relation.parts if _is_name(part)]
    if len(names) != 1 or len(signs) > 2:
        return None
    points = sympy.S.Reals
    for sign, (left, right) in zip(signs, pairwise(relation.parts), strict=True):
        if left == names[0]:
            left, right = right, left
            sign = sign.translate({ord("<"): ">", ord(">"): "<"})
        bound = _real(left) if right == names[0] else None
        if bound is None or bound.is_infinite:
            return None
        points = sympy.Intersection(points, _beyond(bound, sign))
    return Region(points, names[0])


def _is_name(node: Node) -> bool:
    return node.kind == "symbol" or (node.kind == "call" and node.text not in FUNCTIONS)


def _beyond(bound: Any, sign: str) -> Any:
    """All x with `bound sign x`."""
    sympy = _sympy()
    match sign:
        case "<" | "<=":
            return sympy.Interval(bound, sympy.oo, sign == "<", True)
        case ">" | ">=":
            return sympy.Interval(-sympy.oo, bound, True, sign == ">")
        case "=":
            return sympy.FiniteSet(bound)
        case _:
            return sympy.Complement(sympy.S.Reals, sympy.FiniteSet(bound))


def _built(element: Node, condition: Node) -> Region | None:
    r"""Of `\{x \mid x > 2\}` and `\{x \in S : x > 2\}`."""
    inside = region(condition)
    if inside is None:
        return None
    if element.kind == "symbol":
        return Region(inside.points) if element == inside.name else None
    whole = region(element)
    if whole is None or whole.name is None or whole.name != inside.name:
        return None
    return Region(_sympy().Intersection(whole.points, inside.points))


def _real(node: Node) -> Any:
    """A real number or an infinity as sympy has it, or None."""
    if not node.is_scalar:
        return None
    value = to_sympy(node)
    return value if value.is_number and value.is_extended_real else None


def _pieces(points: Any) -> list[Any]:
    sympy = _sympy()
    if isinstance(points, sympy.Union):
        return sorted(points.args, key=lambda piece: float(piece.inf))
    return [points]


def _same_piece(one: Any, other: Any) -> bool:
    """Whether two pieces have the same ends, however these are written."""
    sympy = _sympy()
    if isinstance(one, sympy.Interval) and isinstance(other, sympy.Interval):
        ends = ((one.start, other.start), (one.end, other.end))
        kinds = (one.left_open, one.right_open) == (other.left_open, other.right_open)
    elif isinstance(one, sympy.FiniteSet) and isinstance(other, sympy.FiniteSet) and len(one) == len(other):
        ends, kinds = tuple(zip(sorted(one), sorted(other), strict=True)), True
    else:
        return False
    return kinds and all(left == right or is_zero(left - right) for left, right in ends)
