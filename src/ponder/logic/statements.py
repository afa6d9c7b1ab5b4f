"""The little language that proofs are told in: facts, conditionals, universal rules and `some A are B`.

It is monadic first-order logic without equality: every property is of one thing. Each statement has one form,
whatever sentence it was read from: `no A is a B` is the rule that every A is not a B, the members of an `and`
or an `or` are a sorted set. Knows no English and no proofs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal as OneOf

Quantity = OneOf["name", "every", "some"]


@dataclass(frozen=True, slots=True, order=True)
class Property:
    """`poodle`, a noun, or `red`, an adjective."""

    word: str
    noun: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """A property or its absence."""

    property: Property
    positive: bool = True

    def negated(self) -> Literal:
        return Literal(self.property, not self.positive)


@dataclass(frozen=True, slots=True)
class Part:
    """Literals that hold all together, or of which at least one holds. Built by `part`."""

    literals: tuple[Literal, ...]
    either: bool = False

    def negated(self) -> Part:
        return part(*(literal.negated() for literal in self.literals), either=not self.either)

    @property
    def only(self) -> Literal | None:
        """Its literal, if it is but one."""
        return self.literals[0] if len(self.literals) == 1 else None


def part(*literals: Literal, either: bool = False) -> Part:
    """The one form of it: sorted, each once, and a single literal is no alternative."""
    once = tuple(sorted(set(literals)))
    if not once:
        raise ValueError("a part needs at least one literal")
    return Part(once, either and len(once) > 1)


@dataclass(frozen=True, slots=True)
class Statement:
    """`name` is HEAD, or if BODY then HEAD; `every` BODY is HEAD; `some` are BODY and HEAD."""

    quantity: Quantity
    head: Part
    body: Part | None = None
    name: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        return (self.head,) if self.body is None else (self.body, self.head)

    def literals(self) -> Iterator[Literal]:
        for each in self.parts:
            yield from each.literals

    @property
    def properties(self) -> frozenset[Property]:
        return frozenset(literal.property for literal in self.literals())

    def negated(self) -> Statement:
        """What holds just when this does not."""
        if self.quantity == "every":
            return replace(self, quantity="some", head=self.head.negated())
        if self.quantity == "some":
            return replace(self, quantity="every", head=self.head.negated())
        if self.body is None:
            return replace(self, head=self.head.negated())
        denied = self.head.negated()
        if any(each.either for each in (self.body, denied)):
            raise ValueError("the negation of this conditional is no statement of the language")
        return fact(self.name, part(*self.body.literals, *denied.literals))

    def mapped(self, properties: Callable[[Property], Property], names: Callable[[str], str]) -> Statement:
        """The same statement in other words."""

        def told(each: Part) -> Part:
            literals = (Literal(properties(one.property), one.positive) for one in each.literals)
            return part(*literals, either=each.either)

        body = None if self.body is None else told(self.body)
        return Statement(self.quantity, told(self.head), body, names(self.name) if self.name else "")


def fact(name: str, head: Part | Literal) -> Statement:
    """Tom is red."""
    return Statement("name", _as_part(head), name=name)


def conditional(name: str, body: Part | Literal, head: Part | Literal) -> Statement:
    """If Tom is red, then Tom is a poodle."""
    return Statement("name", _as_part(head), _as_part(body), name)


def rule(body: Part | Literal, head: Part | Literal) -> Statement:
    """Every poodle is red."""
    return Statement("every", _as_part(head), _as_part(body))


def some(body: Part | Literal, head: Part | Literal) -> Statement:
    """Some poodles are red."""
    return Statement("some", _as_part(head), _as_part(body))


def _as_part(given: Part | Literal) -> Part:
    return part(given) if isinstance(given, Literal) else given
