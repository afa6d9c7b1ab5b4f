r"""Tokens into a tree: the notation of final answers, read strictly.

    answer  = item { (, | ; | and | or) item }
    item    = side { (= | < | <= | > | >= | != | \in) side } | side : side { : side }
    side    = sum { (\cup | \cap | \setminus) sum }
    sum     = [+ | - | \pm | \mp] product { (+ | - | \pm | \mp) product }
    product = power { [* | /] power }
    power   = atom { ^ exponent | ! | \% | ^\circ }

What mathematicians read in two ways is refused: `1/2x`, `\sin x/2`, `x2`, `3 4`, `2\frac{3}{2}`. A whole
number before a proper fraction of whole numbers is a mixed number. `f(x)` of f, g or h, or before an equals
sign, is a function's value; `x(x+1)` is a product. A lone i is the imaginary unit and e is Euler's number.
Atoms, which are all that is enclosed or has a name, are in `atoms.py`.
"""

from __future__ import annotations

import re

from ponder.verify.latex.atoms import Atoms
from ponder.verify.latex.tokens import tokenize
from ponder.verify.latex.tree import Node, Unreadable, as_fraction, make, scalar

MOST_ITEMS = 40
_RELATIONS = frozenset(("=", "<", "<=", ">", ">=", "!=", "in"))
_SET_WORDS = {"cup": "union", "cap": "intersection", "setminus": "difference"}
_FUNCTIONS = tuple(Node("symbol", name) for name in ("f", "g", "h"))
_WORDS = re.compile(r"[A-Za-z][A-Za-z' -]*[A-Za-z]")
_WRAPPED = re.compile(r"\\(?:text|textrm|textbf|textit|mbox|mathrm|mathbf)\s?\{([^{}\\]*)\}")


def read(text: str) -> Node:
    """The tree of an answer. Raises `Unreadable`."""
    return read_words(text) or read_mathematics(text)


def read_mathematics(text: str) -> Node:
    """The tree of an answer in signs, where `abc` is a product. Raises `Unreadable`."""
    reader = _Reader(tokenize(text))
    node = reader.answer()
    reader.expect_end()
    return _expand(node)


def read_words(text: str) -> Node | None:
    r"""An answer in words, one with three letters or more: `even`, `\text{no solution}`; but not `xy`."""
    if len(text) > 200:
        return None
    bare = " ".join(_WRAPPED.sub(r"\1", text).strip("$ \n").removesuffix(".").split())
    has_word = bare.casefold() == "no" or any(len(run) > 2 for run in bare.split())
    return Node("words", bare.casefold()) if has_word and _WORDS.fullmatch(bare) else None


class _Reader(Atoms):
    """Recursive descent with one token of look-ahead."""

    def answer(self) -> Node:
        items, joined = [self.item()], set[str]()
        while self.sees(",", ";", "and", "or"):
            joined.add(self.take().text)
            if self.sees("and", "or"):  # `1, 2, and 3`
                joined.add(self.take().text)
            items.append(self.item())
        if len(items) == 1:
            return items[0]
        if len(items) > MOST_ITEMS:
            raise Unreadable(f"more than {MOST_ITEMS} items")
        if {"and", "or"} <= joined:
            raise Unreadable("both 'and' and 'or'")
        return Node("list", next(iter(joined & {"and", "or"}), ","), tuple(items))

    def item(self) -> Node:
        sides, signs = [self.side()], list[str]()
        if self.sees(":") and not self.in_set:
            while self.skip(":"):
                sides.append(self.side())
            return make("ratio", *map(scalar, sides))
        while self.sees(*_RELATIONS):
            signs.append(self.take().text)
            sides.append(self.side())
        return make("relation", *sides, text=" ".join(signs)) if signs else sides[0]

    def side(self) -> Node:
        parts, operations = [self.sum()], set[str]()
        while self.sees(*_SET_WORDS):
            kind = _SET_WORDS[self.take().text]
            if operations and (kind == "difference" or operations != {kind}):
                raise Unreadable("two operations on sets without brackets")
            operations.add(kind)
            parts.append(self.sum())
        return make(operations.pop(), *parts) if operations else parts[0]

    def sum(self) -> Node:
        signed = self.sees("+", "-", "pm", "mp")
        terms = [self.term()] if signed else [self.product()]
        while self.sees("+", "-", "pm", "mp"):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else make("add", *map(scalar, terms))

    def term(self) -> Node:
        """A product with the sign before it."""
        sign = self.take().text
        if sign == "+" and self.skip("-"):  # `14 + -i`
            sign = "-"
        product = self.product()
        if sign == "+":
            return product
        if product.kind == "percent" and sign == "-":
            return make("percent", make("neg", *product.parts))
        negative = make("neg", scalar(product))
        if sign == "-":
            return negative
        return make("choose", product, negative) if sign == "pm" else make("choose", negative, product)

    def product(self) -> Node:
        factors, divided = [self.power()], False
        while True:
            if self.skip("*"):
                factors.append(self.signed_power())
                divided = False
            elif self.sees("/"):
                if self.open_call or divided:
                    raise Unreadable("a stroke after a stroke, or after a function without brackets")
                self.take()
                factors[-1] = make("div", scalar(factors[-1]), scalar(self.signed_power()))
                divided = True
            elif self.starts_factor():
                if divided:
                    raise Unreadable("a factor after a stroke, as in 1/2x")
                self.beside(factors)
            else:
                return factors[0] if len(factors) == 1 else make("mul", *map(scalar, factors))

    def beside(self, factors: list[Node]) -> None:
        """Take a factor that stands right after another."""
        token, before, after = self.next, factors[-1], self.tokens[self.place - 1].text
        factor = self.power()
        if token.kind == "number" and after not in (")", "!") and not (after == "}" and before.kind == "pow"):
            raise Unreadable("a number right after another factor")
        if before.kind == "pow" and before.parts[0] in _FUNCTIONS and token.text == "(":
            raise Unreadable("a power of a function")
        whole, part = as_fraction(before), as_fraction(factor)
        if whole is None or part is None or token.text != "frac":
            factors.append(factor)
        elif len(factors) == 1 and whole.denominator == 1 and 0 < part < 1:
            factors[0] = Node("number", str(whole + part))
        else:
            raise Unreadable("a number right before a fraction that makes no mixed number")

    def signed_power(self) -> Node:
        if self.skip("-"):
            return make("neg", scalar(self.power()))
        return self.power()

    def power(self) -> Node:
        self.open_call = False
        node, seen = self.atom(), set[str]()
        while self.sees("^", "!", "%", "degree"):
            sign = self.take().text
            if sign in seen:
                raise Unreadable(f"{sign!r} after {sign!r}")
            seen.add(sign)
            match sign:
                case "^":
                    node = self.raise_to(node)
                case "!":
                    node = make("factorial", scalar(node))
                case "%":
                    node = make("percent", scalar(node))
                case _:
                    node = make("mul", scalar(node), Node("constant", "degree"))
        return node


def _expand(node: Node) -> Node:
    r"""Two readings for each `\pm`, as items of a list; all the signs of one item go together."""
    if not node.mentions("choose"):
        return node
    if node.kind in ("list", "set"):
        items = [reading for item in node.parts for reading in _expand_item(item)]
        return Node(node.kind, node.text, tuple(items))
    return Node("list", ",", tuple(_expand_item(node)))


def _expand_item(item: Node) -> list[Node]:
    if not item.mentions("choose"):
        return [item]
    if not (item.is_scalar or item.kind in ("relation", "choose")):
        raise Unreadable("a plus-minus sign inside brackets")
    return [_chosen(item, 0), _chosen(item, 1)]


def _chosen(node: Node, which: int) -> Node:
    if node.kind == "choose":
        return _chosen(node.parts[which], which)
    return Node(node.kind, node.text, tuple(_chosen(part, which) for part in node.parts))
