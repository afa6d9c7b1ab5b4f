"""First-order formulas with equality and linear arithmetic, as trees.

A bound variable is the number of quantifiers between it and its own (de Bruijn 1972), so formulas that
differ in the names of bound variables are equal, and nothing is captured when a term is put in. `&` and `|`
are flat; `a > b` is `b < a`, `a != b` is `~(a = b)`, `a - b` is `a + -1*b`. Does not know text
(`logic_parser.py`), nor what follows from what.

    terms      number · apply f(t, …), without arguments a constant · bound · add · scale (number times term)
    formulas   true · false · atom p(t, …) · equal · less · at_most · not · and · or · implies · iff
               forall · exists
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

TERMS = frozenset(("number", "apply", "bound", "add", "scale"))
QUANTIFIERS = frozenset(("forall", "exists"))
ARITHMETIC = frozenset(("number", "add", "scale", "less", "at_most"))


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `name` is a symbol's name; `value` a number, a factor or a bound variable's index."""

    kind: str
    parts: tuple[Node, ...] = ()
    name: str = ""
    value: Fraction = Fraction(0)
    hint: str = field(default="x", compare=False)
    """What a bound variable was called."""

    @property
    def is_term(self) -> bool:
        return self.kind in TERMS

    def __str__(self) -> str:
        return show(self)


FALSE = Node("false")


def negation(formula: Node) -> Node:
    return Node("not", (formula,))


def joined(kind: str, *parts: Node) -> Node:
    """A conjunction or disjunction, flat."""
    flat = tuple(leaf for part in parts for leaf in members(kind, part))
    return flat[0] if len(flat) == 1 else Node(kind, flat)


def members(kind: str, formula: Node) -> tuple[Node, ...]:
    """The parts of a conjunction or disjunction; anything else is its own only part."""
    return formula.parts if formula.kind == kind else (formula,)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += here.parts


def symbols(node: Node) -> frozenset[str]:
    """The names of constants, functions and predicates in it."""
    return frozenset(here.name for here in walk(node) if here.name)


def is_closed(node: Node) -> bool:
    """Whether it is a term without variables: one with them would be captured where it is put."""
    return node.is_term and all(here.kind != "bound" for here in walk(node))


def uses_arithmetic(node: Node) -> bool:
    return any(here.kind in ARITHMETIC for here in walk(node))


def instantiate(quantified: Node, term: Node) -> Node:
    """The body of a quantifier with a closed term for its variable."""
    return _replace(quantified.parts[0], lambda node, depth: term if _is_bound(node, depth) else None)


def generalise(kind: str, formula: Node, constant: str) -> Node:
    """The formula quantified over one of its constants."""

    def bind(node: Node, depth: int) -> Node | None:
        is_constant = node.kind == "apply" and node.name == constant and not node.parts
        return Node("bound", value=Fraction(depth)) if is_constant else None

    return Node(kind, (_replace(formula, bind),))


def instance_term(quantified: Node, formula: Node) -> Node | None:
    """The closed term for which `formula` is an instance of the quantified formula's body, or None."""
    found: list[Node] = []

    def match(pattern: Node, given: Node, depth: int) -> bool:
        if _is_bound(pattern, depth):
            found.append(given)
            return is_closed(given)
        if (pattern.kind, pattern.name, pattern.value) != (given.kind, given.name, given.value):
            return False
        if len(pattern.parts) != len(given.parts):
            return False
        inner = depth + (pattern.kind in QUANTIFIERS)
        return all(match(one, other, inner) for one, other in zip(pattern.parts, given.parts, strict=True))

    if not match(quantified.parts[0], formula, 0):
        return None
    term = found[0] if found else Node("apply", name="x")
    return term if instantiate(quantified, term) == formula else None


def replaceable(formula: Node, other: Node, left: Node, right: Node) -> bool:
    """Whether `other` is `formula` with some occurrences of the term `left` replaced by `right`."""
    if formula == other:
        return True
    if formula == left and other == right:
        return True
    same = (formula.kind, formula.name, formula.value) == (other.kind, other.name, other.value)
    if not same or len(formula.parts) != len(other.parts):
        return False
    return all(
        replaceable(one, two, left, right) for one, two in zip(formula.parts, other.parts, strict=True)
    )


def show(node: Node, names: tuple[str, ...] = ()) -> str:
    """As one would write it."""
    match node.kind:
        case "bound":
            index = int(node.value)
            return names[-1 - index] if index < len(names) else f"?{index}"
        case "number":
            return str(node.value)
        case "apply" | "atom":
            inside = ", ".join(show(part, names) for part in node.parts)
            return f"{node.name}({inside})" if node.parts else node.name
        case "add":
            return " + ".join(_inner(part, names) for part in node.parts)
        case "scale":
            return f"{node.value}*{_inner(node.parts[0], names)}"
        case "not":
            return f"~{_inner(node.parts[0], names)}"
        case "forall" | "exists":
            name = _unused(node.hint, names)
            return f"{node.kind} {name}. {show(node.parts[0], (*names, name))}"
        case "true" | "false":
            return node.kind
        case kind:
            return f" {_SIGNS[kind]} ".join(_inner(part, names) for part in node.parts)


_SIGNS = {"and": "&", "or": "|", "implies": "->", "iff": "<->", "equal": "=", "less": "<", "at_most": "<="}


def _inner(node: Node, names: tuple[str, ...]) -> str:
    text = show(node, names)
    compound = node.kind in _SIGNS or node.kind in QUANTIFIERS or node.kind == "add"
    return f"({text})" if compound else text


def _unused(hint: str, names: tuple[str, ...]) -> str:
    while hint in names:
        hint += "'"
    return hint


def _is_bound(node: Node, depth: int) -> bool:
    return node.kind == "bound" and node.value == depth


def _replace(node: Node, change: Callable[[Node, int], Node | None], depth: int = 0) -> Node:
    """The tree with `change` applied from the top; below a quantifier the depth is one more."""
    changed = change(node, depth)
    if changed is not None:
        return changed
    if not node.parts:
        return node
    inner = depth + (node.kind in QUANTIFIERS)
    parts = tuple(_replace(part, change, inner) for part in node.parts)
    return Node(node.kind, parts, node.name, node.value, node.hint)
