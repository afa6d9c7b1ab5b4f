r"""Atoms of the notation: numbers, names, functions with their arguments, and all that is enclosed.

A function takes what stands in brackets after it; without brackets it takes one factor and the letters that
follow, so `\sin 2\pi x \cos x` is a product of two, and what else follows such an argument is refused. `\log`
without a base has base ten. A subscript is part of a letter's name; on a whole number it is the base in which
that is written. Does not know sums and products: `grammar.py` does.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from ponder.verify.latex.tokens import Token
from ponder.verify.latex.tree import Node, Unreadable, make, scalar

MOST_TOKENS = 400
DEEPEST = 40
_CLOSING = {"(": (")", "]"), "[": ("]", ")"), "<<": (">>",)}
_OPENS_ATOM = ("(", "[", "{", "frac", "binom", "sqrt", "pi", "infinity", "lfloor", "lceil")
_MATRICES = frozenset(("pmatrix", "bmatrix", "matrix", "smallmatrix", "array"))
_INVERTIBLE = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))
_INVERTIBLE_HYPERBOLIC = frozenset(("sinh", "cosh", "tanh"))
_ONE, _TWO, _TEN = Node("number", "1"), Node("number", "2"), Node("number", "10")
_CONSTANTS = {"e": Node("constant", "e"), "i": Node("constant", "i")}
_END = Token("end", "the end")
_INVERSE = [
    *(Token("sign", sign) for sign in "^{-"),
    Token("number", "1"),
    *(Token("sign", sign) for sign in "}("),
]


class Atoms:
    """The reader's lower half: a cursor over tokens, and what an atom is."""

    def __init__(self, tokens: list[Token]) -> None:
        if len(tokens) > MOST_TOKENS:
            raise Unreadable(f"more than {MOST_TOKENS} signs")
        self.tokens, self.place, self.depth = tokens, 0, 0
        self.bars = 0
        """Absolute values that are open, where a further bar closes one."""
        self.in_set = False
        """Before the bar or the colon of a set-builder."""
        self.open_call = False
        """Whether the last factor is a function without brackets round its argument."""

    @abstractmethod
    def answer(self) -> Node: ...

    @abstractmethod
    def item(self) -> Node: ...

    @abstractmethod
    def sum(self) -> Node: ...

    @abstractmethod
    def power(self) -> Node: ...

    @property
    def next(self) -> Token:
        return self.tokens[self.place] if self.place < len(self.tokens) else _END

    def sees(self, *signs: str) -> bool:
        return self.next.kind == "sign" and self.next.text in signs

    def take(self) -> Token:
        token = self.next
        self.place += 1
        return token

    def skip(self, sign: str) -> bool:
        found = self.sees(sign)
        self.place += found
        return found

    def demand(self, *signs: str) -> str:
        if not self.sees(*signs):
            raise Unreadable(f"{self.next.text!r} where {signs[0]!r} should stand")
        return self.take().text

    def expect_end(self) -> None:
        if self.next is not _END:
            raise Unreadable(f"{self.next.text!r} where the answer should end")

    def starts_factor(self) -> bool:
        """Whether an atom follows, which then is multiplied."""
        if self.sees("|"):
            return self.bars == 0 and not self.in_set
        return self.next.kind in ("number", "letter", "function", "text") or self.sees(*_OPENS_ATOM)

    def atom(self) -> Node:
        """One atom; all nesting passes through here."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"nested deeper than {DEEPEST}")
        node = self._atom()
        self.depth -= 1
        return node

    def _atom(self) -> Node:
        token = self.take()
        match token.kind:
            case "number":
                return self.number(token.text)
            case "letter":
                return self.letter(token.text)
            case "function":
                return self.function(token.text)
            case "text":
                return Node("unit", token.text)
            case "board":
                return Node("everything", token.text)
            case "begin":
                return self.matrix(token.text)
            case "sign":
                return self.enclosed(token.text)
            case _:
                raise Unreadable(f"{token.text!r} where a value should stand")

    def enclosed(self, sign: str) -> Node:
        match sign:
            case "(" | "[" | "<<":
                return self.bracket(sign)
            case "\\{":
                return self.set()
            case "{":
                return self.group()
            case "lfloor" | "lceil":
                return make(sign[1:], self.closed_by("r" + sign[1:]))
            case "|":
                self.bars += 1
                inside = scalar(self.sum())
                self.demand("|")
                self.bars -= 1
                return make("abs", inside)
            case "frac":
                above, below = self.argument(), self.argument()
                if _starts_with_d(above) and _starts_with_d(below):
                    raise Unreadable("a derivative")
                return make("div", above, below)
            case "binom":
                return make("binomial", self.argument(), self.argument())
            case "sqrt":
                index = self.closed_by("]") if self.skip("[") else _TWO
                return make("root", self.argument(), index)
            case "pi" | "infinity":
                return Node("constant", sign)
            case "empty":
                return Node("empty")
            case _:
                raise Unreadable(f"{sign!r} where a value should stand")

    def group(self) -> Node:
        """What stands in bare braces, which do not show: one thing, or a list."""
        bars, self.bars, in_set, self.in_set = self.bars, 0, self.in_set, False
        inside = self.answer()
        self.demand("}")
        self.bars, self.in_set = bars, in_set
        return inside

    def closed_by(self, closing: str) -> Node:
        """A sum and its closing sign."""
        bars, self.bars, in_set, self.in_set = self.bars, 0, self.in_set, False
        inside = self.sum()
        self.demand(closing)
        self.bars, self.in_set = bars, in_set
        return scalar(inside)

    def argument(self) -> Node:
        r"""Of `\frac` and `\sqrt`: in braces or brackets, one digit, or one letter."""
        if self.skip("{"):
            return self.closed_by("}")
        if self.skip("("):
            return self.closed_by(")")
        token = self.take()
        if token.kind == "number" and token.text.isdigit():
            if len(token.text) > 1:
                self.place -= 1
                self.tokens[self.place] = Token("number", token.text[1:])
            return Node("number", token.text[0])
        if token.kind == "letter":
            return _CONSTANTS.get(token.text) or Node("symbol", token.text)
        if token.kind == "sign" and token.text in ("pi", "sqrt"):
            self.place -= 1
            return self.atom()
        raise Unreadable(f"{token.text!r} where braces should stand")

    def number(self, digits: str) -> Node:
        if self.skip("_"):
            base = self.subscript()
            if not digits.isdigit() or not base.isalnum():
                raise Unreadable("a subscript on a number")
            return Node("numeral", f"{digits.lstrip('0') or '0'}_{base}")
        return Node("number", str(Fraction(digits)))

    def letter(self, name: str) -> Node:
        lone = name
        if self.skip("_"):
            name += "_" + self.subscript()
        while self.skip("'"):
            name += "'"
        if self.tokens[self.place : self.place + 6] == _INVERSE and lone in ("f", "g", "h"):
            self.place += 5
            name, lone = name + "^-1", "f"
        if self.sees("(") and (lone in ("f", "g", "h") or self.is_defined_here()):
            self.take()
            inside = self.bracket("(")
            arguments = inside.parts if inside.kind == "bracket" else (inside,)
            return Node("call", name, tuple(map(scalar, arguments)))
        return _CONSTANTS.get(name) or Node("symbol", name)

    def is_defined_here(self) -> bool:
        """Whether the letter is followed by `(letter) =`."""
        kinds = [(token.kind, token.text) for token in self.tokens[self.place : self.place + 4]]
        return len(kinds) == 4 and kinds[1][0] == "letter" and kinds[2:] == [("sign", ")"), ("sign", "=")]

    def subscript(self) -> str:
        if not self.skip("{"):
            return self.take().text
        parts = list[str]()
        while not self.skip("}"):
            if self.next is _END or self.sees("{"):
                raise Unreadable("a subscript that is not one name")
            parts.append(self.take().text)
        return "".join(parts)

    def raise_to(self, base: Node) -> Node:
        """The base with the exponent that follows."""
        braced = self.skip("{")
        if self.skip("circ") or self.skip("degree"):
            node = make("mul", scalar(base), Node("constant", "degree"))
        elif self.skip("'"):
            node = Node("symbol", base.text + "'")
            if base.kind != "symbol":
                raise Unreadable("a prime on what is no name")
        elif braced:
            return make("pow", scalar(base), self.closed_by("}"))
        else:
            return make("pow", scalar(base), self.bare_exponent())
        if braced:
            self.demand("}")
        return node

    def bare_exponent(self) -> Node:
        if self.skip("-"):
            return make("neg", self.unsigned_exponent())
        return self.unsigned_exponent()

    def unsigned_exponent(self) -> Node:
        if self.next.kind == "number" and self.next.text.isdigit():
            return Node("number", self.take().text)  # x^10 is never meant as x^1 times 0
        if self.next.kind in ("letter", "number") or self.sees("(", "pi", "frac", "sqrt", "infinity"):
            return scalar(self.atom())
        raise Unreadable(f"the exponent {self.next.text!r}")

    def function(self, name: str) -> Node:
        exponent = base = None
        while self.sees("^", "_"):
            if self.take().text == "_":
                base = self.argument()
            else:
                exponent = self.closed_by("}") if self.skip("{") else self.bare_exponent()
        if exponent == make("neg", _ONE):
            name, exponent = _inverse(name), None
        arguments = self.function_arguments(name)
        if name in ("log", "lg", "ln"):
            node = make("log", arguments[0], base or (_CONSTANTS["e"] if name == "ln" else _TEN))
        elif base is not None:
            raise Unreadable(f"a subscript on {name}")
        elif name == "exp":
            node = make("pow", _CONSTANTS["e"], arguments[0])
        else:
            node = Node("call", name, arguments)
        return node if exponent is None else make("pow", node, exponent)

    def function_arguments(self, name: str) -> tuple[Node, ...]:
        if self.sees("(", "[", "{"):
            inside = self.enclosed(self.take().text)
            many = inside.kind == "bracket" and len(inside.parts) > 1 and name in ("max", "min")
            self.open_call = False
            return tuple(map(scalar, inside.parts)) if many else (scalar(inside),)
        factors = [scalar(self.power())]
        while self.next.kind == "letter" or self.sees("pi"):
            factors.append(scalar(self.power()))
        if self.starts_factor() and self.next.kind != "function":
            raise Unreadable(f"an argument of {name} without brackets")
        self.open_call = True
        return (factors[0] if len(factors) == 1 else make("mul", *factors),)

    def bracket(self, opening: str) -> Node:
        """A group, a tuple or an interval."""
        bars, self.bars, in_set, self.in_set = self.bars, 0, self.in_set, False
        inside = self.answer()
        closing = self.demand(*_CLOSING[opening])
        self.bars, self.in_set = bars, in_set
        if inside.kind == "list" and inside.text == ",":
            return Node("bracket", opening + closing, inside.parts)
        if opening + closing == "()" or inside.kind == "matrix":
            return inside
        if opening + closing == "[]":
            return make("bracket", inside, text="[]")
        raise Unreadable("brackets that do not match")

    def set(self) -> Node:
        if self.skip("\\}"):
            return Node("empty")
        bars, self.bars, in_set, self.in_set = self.bars, 0, self.in_set, True
        items = [self.item()]
        if self.sees("|", "mid", ":"):
            self.take()
            self.in_set = False
            node = make("builder", items[0], self.answer())
        else:
            while self.skip(",") or self.skip(";"):
                items.append(self.item())
            node = make("set", *items)
        self.demand("\\}")
        self.bars, self.in_set = bars, in_set
        return node

    def matrix(self, name: str) -> Node:
        if name not in _MATRICES:
            raise Unreadable(f"the environment {name}")
        rows = [[scalar(self.sum())]]
        while True:
            if self.skip("&"):
                rows[-1].append(scalar(self.sum()))
            elif self.skip("\\\\"):
                if self.next.kind != "end":
                    rows.append([scalar(self.sum())])
            elif self.take() == Token("end", name):
                break
            else:
                raise Unreadable("a matrix that is not closed")
        if len({len(row) for row in rows}) != 1:
            raise Unreadable("rows of different lengths")
        return make("matrix", *(make("row", *row) for row in rows))


def _inverse(name: str) -> str:
    if name in _INVERTIBLE:
        return "arc" + name
    if name in _INVERTIBLE_HYPERBOLIC:
        return "ar" + name
    raise Unreadable(f"the exponent -1 on {name}")


def _starts_with_d(node: Node) -> bool:
    return node == Node("symbol", "d") or (node.kind in ("mul", "pow") and _starts_with_d(node.parts[0]))
