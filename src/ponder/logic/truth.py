"""What follows from premises, proved by Z3.

The language has one-place properties only and its statements, written with the quantifiers in front, hold no
function: the Bernays-Schoenfinkel class, which is decided by grounding. A rule holds for every named thing,
for one witness of each `some`, and for one more thing that stands for all others; what then cannot hold
together is proved. Knows statements, not the trees that items are built from.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from ponder.logic.statements import Literal, Part, Statement

ANYTHING = "any thing"
"""Of which nothing is known but the rules; also whoever only the claim names. No word of the language."""


class Standing(StrEnum):
    """How a statement stands to premises that are consistent."""

    FOLLOWS = "follows"
    CONTRADICTED = "contradicted"
    OPEN = "open"


class Theory:
    """Premises in a Z3 solver, ready to be asked many times."""

    def __init__(self, premises: Sequence[Statement]) -> None:
        z3: Any = importlib.import_module("z3")
        self.premises = tuple(premises)
        self._z3 = z3
        self._solver: Any = z3.Solver()
        self._names = {premise.name for premise in premises if premise.name}
        witnesses = [f"witness {number}" for number in range(len(premises))]
        self._things = [
            *sorted(self._names),
            *(who for who, said in zip(witnesses, premises, strict=True) if said.quantity == "some"),
            ANYTHING,
        ]
        self._atoms = set[str]()
        marks = [f"|premise {number}|" for number in range(len(premises))]
        told = zip(marks, premises, witnesses, strict=True)
        self._add(marks, [f"(=> {mark} {self._holds(said, witness)})" for mark, said, witness in told])
        self._marks: list[Any] = [z3.Bool(mark.strip("|")) for mark in marks]
        self._claims = dict[Statement, tuple[Any, Any]]()

    def consistent(self) -> bool:
        """Whether the premises can all hold; from others anything follows."""
        return self._check(self._marks) == self._z3.sat

    def follows(self, claim: Statement, among: Iterable[int] | None = None) -> bool:
        return self._check([*self._chosen(among), self._denied(claim)]) == self._z3.unsat

    def contradicts(self, claim: Statement, among: Iterable[int] | None = None) -> bool:
        return self._check([*self._chosen(among), self._claimed(claim)]) == self._z3.unsat

    def standing(self, claim: Statement, among: Iterable[int] | None = None) -> Standing:
        """From all premises, or from those of the given numbers."""
        chosen = None if among is None else tuple(among)
        if self.follows(claim, chosen):
            return Standing.FOLLOWS
        return Standing.CONTRADICTED if self.contradicts(claim, chosen) else Standing.OPEN

    def support(self, claim: Statement, among: Iterable[int] | None = None) -> tuple[int, ...]:
        """Numbers of premises that entail the claim, none of them dispensable; empty where none do.

        Those that come first are given up first.
        """
        kept = list(range(len(self.premises)) if among is None else among)
        if not self.follows(claim, kept):
            return ()
        for number in tuple(kept):
            fewer = [other for other in kept if other != number]
            if self.follows(claim, fewer):
                kept = fewer
        return tuple(kept)

    def _chosen(self, among: Iterable[int] | None) -> list[Any]:
        return self._marks if among is None else [self._marks[number] for number in among]

    def _check(self, assumed: Sequence[Any]) -> Any:
        result: Any = self._solver.check(*assumed)
        if result == self._z3.unknown:
            raise RuntimeError("Z3 gave up on a propositional question")
        return result

    def _claimed(self, claim: Statement) -> Any:
        return self._asked(claim)[0]

    def _denied(self, claim: Statement) -> Any:
        return self._asked(claim)[1]

    def _asked(self, claim: Statement) -> tuple[Any, Any]:
        """Two marks: one under which the claim holds, one under which it does not."""
        if claim not in self._claims:
            number = len(self._claims)
            yes, no = f"|claim {number}|", f"|denial {number}|"
            held, failed = self._holds(claim, ANYTHING), self._fails(claim)
            self._add([yes, no], [f"(=> {yes} {held})", f"(=> {no} {failed})"])
            self._claims[claim] = (self._z3.Bool(yes.strip("|")), self._z3.Bool(no.strip("|")))
        return self._claims[claim]

    def _add(self, marks: Sequence[str], formulas: Sequence[str]) -> None:
        """As SMT-LIB text, which Z3 reads many times faster than it can be built piece by piece."""
        declared = [f"(declare-const {atom} Bool)" for atom in (*marks, *sorted(self._atoms))]
        text = "\n".join([*declared, *(f"(assert {one})" for one in formulas)])
        self._solver.add(self._z3.parse_smt2_string(text))
        self._atoms.clear()

    def _holds(self, said: Statement, witness: str) -> str:
        match said.quantity:
            case "name":
                return self._at(said, self._known(said.name))
            case "every":
                return f"(and {' '.join(self._at(said, thing) for thing in self._things)})"
            case "some":
                return self._all_at(said, witness)

    def _fails(self, said: Statement) -> str:
        match said.quantity:
            case "name":
                return f"(not {self._at(said, self._known(said.name))})"
            case "every":
                return f"(not {self._at(said, ANYTHING)})"
            case "some":
                return f"(not (or {' '.join(self._all_at(said, thing) for thing in self._things)}))"

    def _known(self, name: str) -> str:
        return name if name in self._names else ANYTHING

    def _at(self, said: Statement, thing: str) -> str:
        head = self._part(said.head, thing)
        return head if said.body is None else f"(=> {self._part(said.body, thing)} {head})"

    def _all_at(self, said: Statement, thing: str) -> str:
        return f"(and {' '.join(self._part(each, thing) for each in said.parts)})"

    def _part(self, each: Part, thing: str) -> str:
        literals = [self._literal(literal, thing) for literal in each.literals]
        joint = "or" if each.either else "and"
        return literals[0] if len(literals) == 1 else f"({joint} {' '.join(literals)})"

    def _literal(self, literal: Literal, thing: str) -> str:
        each = literal.property
        atom = f"|{'a ' if each.noun else ''}{each.word} of {thing}|"
        self._atoms.add(atom)
        return atom if literal.positive else f"(not {atom})"
