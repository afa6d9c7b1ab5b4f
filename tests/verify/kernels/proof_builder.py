"""A natural deduction proof that grows forwards: steps in scope, boxes, premises on demand.

Steps are kept as a tree with references instead of numbers, so that `proof_mutations.py` can break them and
`proof_layouts.py` can write them in every layout. Formulas are those of `countermodels.py`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from verify.kernels.countermodels import Formula, Linear

FALSE: Formula = ("false",)


@dataclass(eq=False)
class Step:
    """One line. `cites` are steps and boxes."""

    formula: Formula
    rule: str
    cites: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Box:
    """A subproof: arbitrary names, an assumption, or both, and what follows."""

    names: tuple[str, ...] = ()
    assumption: Step | None = None
    items: list[Any] = field(default_factory=list)
    witnesses: set[str] = field(default_factory=set)

    @property
    def lines(self) -> list[Any]:
        return [*([self.assumption] if self.assumption else []), *self.items]

    @property
    def conclusion(self) -> Formula:
        return self.lines[-1].formula


@dataclass(eq=False)
class Proof:
    premises: list[Formula]
    goal: Formula
    items: list[Any]


def negation(formula: Formula) -> Formula:
    return ("not", formula)


def put(formula: Any, old: Any, new: Any) -> Any:
    """The formula or term with the term `new` wherever `old` stands."""
    if formula == old:
        return new
    return tuple(put(part, old, new) if isinstance(part, tuple) else part for part in formula)


def names_in(formula: Any) -> set[str]:
    if not isinstance(formula, tuple):
        return set()
    if formula[:1] == ("name",):
        return {formula[1]}
    return set().union(*map(names_in, formula))


def quantified(kind: str, formula: Formula, name: str) -> Formula:
    """The formula about all or some instead of about `name`. Variables begin with y or z, names do not."""
    variable = next(v for v in ("y", "z", *(f"z{n}" for n in range(99))) if v not in names_in(formula))
    return (kind, variable, put(formula, ("name", name), ("name", variable)))


class Builder:
    """`frames` are the open boxes, outermost first; `fresh` the names that no premise may mention."""

    def __init__(self, draw: random.Random, kind: str) -> None:
        self.draw, self.kind = draw, kind
        self.premises = list[Formula]()
        self.frames = [Box()]
        self.fresh = set[str]()

    def steps(self) -> list[Step]:
        """All that can be cited here."""
        return [item for frame in self.frames for item in frame.lines if isinstance(item, Step)]

    def add(self, formula: Formula, rule: str, *cites: Any) -> Step:
        step = Step(formula, rule, list(cites))
        self.frames[-1].items.append(step)
        return step

    def follow(self, formula: Formula, rule: str, *cites: Any) -> Step:
        """A step by this rule, or `by` what it cites: only for rules that cited formulas alone justify."""
        return self.add(formula, "by" if self.draw.random() < 0.25 else rule, *cites)

    def may_need(self, formula: Formula) -> bool:
        return not names_in(formula) & self.fresh or any(s.formula == formula for s in self.steps())

    def need(self, formula: Formula) -> Step:
        """A step that says `formula`: one in scope, or a premise."""
        for step in self.steps():
            if step.formula == formula:
                return step
        assert not names_in(formula) & self.fresh, formula
        if formula not in self.premises:
            self.premises.append(formula)
        return self.add(formula, "given")

    def some_step(self) -> Step:
        steps = self.steps()
        return self.draw.choice(steps) if steps and self.draw.random() < 0.9 else self.need(self.formula())

    def new_name(self) -> str:
        name = f"{self.draw.choice('uvw')}{len(self.fresh) + 1}"
        self.fresh.add(name)
        return name

    def formula(self) -> Formula:
        """A small formula without fresh names."""
        if self.kind == "arithmetic":
            kind = self.draw.choice(("less", "less", "most", "most", "equal"))
            return (kind, self.linear(), self.linear())
        one, other = self.atom(), self.atom()
        kind = self.draw.choice(("plain",) * 4 + ("not", "and", "or", "implies"))
        return one if kind == "plain" else negation(one) if kind == "not" else (kind, one, other)

    def atom(self, term: Any = None) -> Formula:
        """About `term`, or about something that is not fresh."""
        if self.kind == "propositional":
            return ("atom", self.draw.choice("pqrst"))
        term = term or self.constant()
        if self.draw.random() < 0.3:
            return ("atom", self.draw.choice("RS"), *self.draw.sample((term, self.constant()), 2))
        return ("atom", self.draw.choice("PQT"), term)

    def constant(self) -> Any:
        name = ("name", self.draw.choice("abc"))
        return ("of", "f", name) if self.kind == "equality" and self.draw.random() < 0.25 else name

    def linear(self) -> Linear:
        names = sorted(self.draw.sample("xyz", self.draw.randint(1, 2)))
        factors = tuple((name, Fraction(self.draw.choice((1, 1, 1, 2, -1, 3)))) for name in names)
        return Fraction(self.draw.randint(-6, 10), self.draw.choice((1, 1, 1, 2))), factors

    def open(self, *names: str, assume: Formula | None = None) -> Box:
        box = Box(names, None if assume is None else Step(assume, "assume"))
        self.frames[-1].items.append(box)
        self.frames.append(box)
        return box

    def close(self, box: Box, *unwanted: str) -> None:
        """End a box in a step of its own that mentions neither `unwanted` names nor its witnesses."""
        avoided = box.witnesses.union(unwanted)
        last = box.lines[-1] if box.lines else None
        if not isinstance(last, Step) or names_in(last.formula) & avoided:
            plain = [step for step in self.steps() if not names_in(step.formula) & avoided]
            step = self.draw.choice(plain) if plain else self.need(self.formula())
            self.add(step.formula, "reiteration", step)
        assert self.frames.pop() is box
