r"""Whether two answers say the same: trees of one kind, compared part by part.

The kinds must agree: `\{3\}`, `(3,3)`, `3\%` and `3` are four different answers. The same kind are:

- `x = 2`, `f(x) = 2x` or `x \in \{1, 2\}` and the bare value, where one side states only that;
- a list `1, 2` and a set `\{2, 1\}`: neither has an order, but a list with an item twice is no set;
- `x = 1, y = 2` and `(x, y) = (1, 2)`;
- an interval, or a union of some, and the solved inequality that describes it: `x > 2` and `(2, \infty)`;
- equations whose differences of sides are proportional, and inequalities likewise, with their direction;
- round and angle brackets round a tuple; every bracket round a matrix.

Otherwise brackets and order count. Does not solve anything: `x^2 = 4` is not `x = \pm 2`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ponder.verify.latex import algebra
from ponder.verify.latex.regions import region, same_region
from ponder.verify.latex.spelling import FUNCTIONS
from ponder.verify.latex.tree import Node, make

Label = Node | None


def same(given: Node, gold: Node) -> bool:
    """Whether the answer `given` says what `gold` says. Symmetric."""
    if given == gold:
        return True
    label, value = _labelled(_joined(given))
    gold_label, gold_value = _labelled(_joined(gold))
    if label and gold_label:
        return (label == gold_label and same(value, gold_value)) or _same_kind(given, gold)
    if label and gold.kind != "relation":
        return same(value, gold)
    if gold_label and given.kind != "relation":
        return same(given, gold_value)
    return _same_kind(given, gold)


def _same_kind(given: Node, gold: Node) -> bool:
    if given.is_scalar and gold.is_scalar:
        return algebra.equal(given, gold)
    match (given.kind, gold.kind):
        case ("set", "set"):
            return _same_in_any_order(_distinct(given.parts), _distinct(gold.parts))
        case ("list", "set"):
            return _same_in_any_order(given.parts, _distinct(gold.parts))
        case ("set", "list"):
            return _same_in_any_order(_distinct(given.parts), gold.parts)
        case ("list", "list") if _same_in_any_order(given.parts, gold.parts):
            return True
        case ("bracket", "bracket"):
            return _brackets(given) == _brackets(gold) and _same_in_order(given.parts, gold.parts)
        case ("ratio", "ratio") | ("matrix", "matrix") | ("row", "row") | ("percent", "percent"):
            return _same_in_order(given.parts, gold.parts)
        case ("relation", "relation") if _same_relation(given, gold):
            return True
        case _:
            return same_region(region(given), region(gold))


def _same_in_order(given: Sequence[Node], gold: Sequence[Node]) -> bool:
    return len(given) == len(gold) and all(map(same, given, gold))


def _same_in_any_order(given: Sequence[Node], gold: Sequence[Node]) -> bool:
    if len(given) != len(gold):
        return False
    left = list(gold)
    for item in given:
        match = next((other for other in left if same(item, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _distinct(items: Sequence[Node]) -> list[Node]:
    found = list[Node]()
    for item in items:
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def _brackets(node: Node) -> str:
    return "()" if node.text == "<<>>" else node.text


def _same_relation(given: Node, gold: Node) -> bool:
    signs, parts = _rising(given)
    gold_signs, gold_parts = _rising(gold)
    if signs != gold_signs:
        return False
    if len(parts) == 2 and all(part.is_scalar for part in (*parts, *gold_parts)):
        differences = [make("add", one, make("neg", other)) for one, other in (parts, gold_parts)]
        return algebra.proportional(*differences, same_sign=signs[0] not in ("=", "!="))
    return _same_in_order(parts, gold_parts)


def _rising(relation: Node) -> tuple[list[str], list[Node]]:
    """The signs and the sides, read from the right if all of them say `>` or `>=`."""
    signs, parts = relation.text.split(), list(relation.parts)
    if set(signs) <= {">", ">="}:
        return [sign.replace(">", "<") for sign in reversed(signs)], parts[::-1]
    return signs, parts


def _joined(node: Node) -> Node:
    """A list of equations for one name as that name's values, for several names as a tuple's."""
    if node.kind != "list":
        return node
    pairs = [_labelled(part) for part in node.parts]
    labels, values = [label for label, _ in pairs], tuple(value for _, value in pairs)
    first = labels[0]
    if first is None or not all(value.is_scalar for value in values):
        return node
    if all(label in (first, None) for label in labels):  # `x = 1, 2` as well
        return make("relation", first, Node("list", ",", values), text="=")
    names = tuple(label for label in labels if label and label.kind == "symbol")
    if len(set(names)) < len(labels) or node.text == "or":
        return node
    return make("relation", Node("bracket", "()", names), Node("bracket", "()", values), text="=")


def _labelled(node: Node) -> tuple[Label, Node]:
    """`x = 2` as its name and its value, `(y, x) = (2, 1)` by names; anything else as it is, without one."""
    if node.kind != "relation" or node.text not in ("=", "in"):
        return None, node
    for label, value in (node.parts, node.parts[::-1]):
        if node.text == "in" and label is not node.parts[0]:
            break
        if label.kind == "bracket" and value.kind == "bracket" and len(label.parts) == len(value.parts):
            if all(part.kind == "symbol" for part in label.parts) and label.text == value.text == "()":
                order = sorted(range(len(label.parts)), key=lambda place: label.parts[place].text)
                by_name = [tuple(side.parts[place] for place in order) for side in (label, value)]
                return Node("bracket", "()", by_name[0]), Node("bracket", "()", by_name[1])
        elif _is_name(label) and not _occurs(label, value):
            return label, value
    return None, node


def _is_name(node: Node) -> bool:
    """`x`, `f(x)`, and a product of names like the segment `AB` or its length `|AB|`."""
    if node.kind == "abs":
        return node.parts[0].kind == "mul" and _is_name(node.parts[0])
    if node.kind == "mul":
        return all(part.kind == "symbol" for part in node.parts)
    return node.kind in ("symbol", "call") and node.text not in FUNCTIONS


def _occurs(label: Node, value: Node) -> bool:
    """Whether the name is used in its own value; a call counts by its function, `f` in `f(x) = 2f(1)`."""
    if label.kind in ("mul", "abs"):
        return any(_occurs(part, value) for part in label.parts)
    if (value.kind, value.text) == (label.kind, label.text):
        return True
    return any(_occurs(label, part) for part in value.parts)
