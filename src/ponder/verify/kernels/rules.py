"""The rules of propositional logic: what a step may conclude from the steps and subproofs that it cites.

A rule says by shape alone whether the step follows, in the form that textbooks give it (Gentzen 1935; Copi,
Introduction to Logic), with the steps in any order. Chains of `&` and `|` are flat, so a conjunction gives
any of its parts, and cases may be split in groups. Does not know which steps may be cited (`boxes.py`), or
quantifiers and equality (`first_order_rules.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

from ponder.verify.kernels.boxes import Line, Subproof
from ponder.verify.kernels.formula import (
    FALSE,
    And,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    conjuncts,
    disjunction,
    disjuncts,
)

MANY = 1_000_000
Check = Callable[[Formula, Sequence[Line], Sequence[Subproof]], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`check` is asked only for a number of steps and of subproofs that one of `takes` allows."""

    check: Check
    takes: tuple[tuple[range, range], ...]
    """Pairs of how many steps and how many subproofs."""

    def may_cite(self, lines: int, subproofs: int) -> bool:
        return any(lines in steps and subproofs in proofs for steps, proofs in self.takes)


def exactly(steps: int, subproofs: int = 0) -> tuple[range, range]:
    return range(steps, steps + 1), range(subproofs, subproofs + 1)


def on_steps(check: Callable[..., bool], count: int) -> Rule:
    """A rule on the formulas of `count` steps, whichever way round they are cited."""

    def ordered(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
        return any(check(claim, *order) for order in permutations([line.formula for line in lines]))

    return Rule(ordered, (exactly(count),))


def are_opposite(one: Formula, other: Formula) -> bool:
    return one == Not(other) or other == Not(one)


def is_absurd(formula: Formula) -> bool:
    """`false`, or a conjunction with a part and its negation."""
    parts = set(conjuncts(formula))
    return formula == FALSE or any(isinstance(part, Not) and part.body in parts for part in parts)


def as_implication(subproof: Subproof) -> Implies | None:
    """What the subproof shows without its assumption; None if it speaks of arbitrary things."""
    if subproof.assumption is None or subproof.names:
        return None
    return Implies(subproof.assumption, subproof.conclusion)


def _reiteration(claim: Formula, line: Formula) -> bool:
    return claim == line


def _modus_ponens(claim: Formula, one: Formula, other: Formula) -> bool:
    return one == Implies(other, claim)


def _modus_tollens(claim: Formula, one: Formula, other: Formula) -> bool:
    return isinstance(one, Implies) and are_opposite(one.right, other) and are_opposite(one.left, claim)


def _hypothetical_syllogism(claim: Formula, one: Formula, other: Formula) -> bool:
    if not (isinstance(one, Implies) and isinstance(other, Implies)):
        return False
    return one.right == other.left and claim == Implies(one.left, other.right)


def _disjunctive_syllogism(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    """From a disjunction and the opposites of some of its parts: the rest of it."""
    formulas = [line.formula for line in lines]
    for place, either in enumerate(formulas):
        others = formulas[:place] + formulas[place + 1 :]
        if isinstance(either, Or) and all(_denied(either, other) for other in others):
            denied = set[Formula]().union(*(_denied(either, other) for other in others))
            left, parts = disjuncts(claim), set(either.parts)
            if parts - denied <= set(left) <= parts and len(left) < len(either.parts):
                return True
    return False


def _denied(either: Or, denial: Formula) -> set[Formula]:
    """The parts of a disjunction that cannot hold beside `denial`."""
    denied = {part for part in either.parts if part == Not(denial)}
    if isinstance(denial, Not) and set(disjuncts(denial.body)) <= set(either.parts):
        denied |= set(disjuncts(denial.body))
    return denied


def _and_introduction(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    cited = {part for line in lines for part in conjuncts(line.formula)}
    return isinstance(claim, And) and set(claim.parts) == cited


def _and_elimination(claim: Formula, line: Formula) -> bool:
    return isinstance(line, And) and set(conjuncts(claim)) <= set(line.parts)


def _or_introduction(claim: Formula, line: Formula) -> bool:
    return isinstance(claim, Or) and set(disjuncts(line)) <= set(claim.parts)


def _or_elimination(claim: Formula, lines: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    """The cases are subproofs or implications that all end in the claim and together make the disjunction."""
    implications = [as_implication(subproof) for subproof in subproofs]
    for place, line in enumerate(lines):
        cases = implications + [other.formula for other in [*lines[:place], *lines[place + 1 :]]]
        ends = all(isinstance(case, Implies) and case.right == claim for case in cases)
        covered = {part for case in cases if isinstance(case, Implies) for part in disjuncts(case.left)}
        if isinstance(line.formula, Or) and ends and covered == set(line.formula.parts):
            return True
    return False


def _implication_introduction(claim: Formula, _: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    return claim == as_implication(subproofs[0])


def _not_introduction(claim: Formula, _: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    shown = as_implication(subproofs[0])
    return shown is not None and is_absurd(shown.right) and claim == Not(shown.left)


def _by_contradiction(claim: Formula, _: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    shown = as_implication(subproofs[0])
    return shown is not None and is_absurd(shown.right) and are_opposite(claim, shown.left)


def _not_elimination(claim: Formula, one: Formula, other: Formula) -> bool:
    return claim == FALSE and other == Not(one)


def _ex_falso(_claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    formulas = [line.formula for line in lines]
    return is_absurd(formulas[0]) if len(formulas) == 1 else are_opposite(*formulas)


def _double_negation(claim: Formula, line: Formula) -> bool:
    return line == Not(Not(claim)) or claim == Not(Not(line))


def _excluded_middle(claim: Formula, _lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    """`A | ~A`. Flat, so when A is a disjunction its parts stand beside `~A`."""
    for place, part in enumerate(disjuncts(claim)):
        rest = disjuncts(claim)[:place] + disjuncts(claim)[place + 1 :]
        if rest and isinstance(part, Not) and part.body == disjunction(rest):
            return True
    return False


def _iff_introduction(claim: Formula, lines: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    shown = [*(line.formula for line in lines), *map(as_implication, subproofs)]
    if not isinstance(claim, Iff):
        return False
    return set(shown) == {Implies(claim.left, claim.right), Implies(claim.right, claim.left)}


def _iff_elimination(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    for one, *others in permutations([line.formula for line in lines]):
        if isinstance(one, Iff):
            there, back = Implies(one.left, one.right), Implies(one.right, one.left)
            if claim in (there, back) if not others else Implies(others[0], claim) in (there, back):
                return True
    return False


def _de_morgan(claim: Formula, line: Formula) -> bool:
    for one, other in ((claim, line), (line, claim)):
        if isinstance(one, Not) and isinstance(one.body, And | Or) and isinstance(other, And | Or):
            swapped = isinstance(one.body, And) == isinstance(other, Or)
            parts, others = one.body.parts, other.parts
            if swapped and len(parts) == len(others) and all(map(are_opposite, parts, others)):
                return True
    return False


def _contraposition(claim: Formula, line: Formula) -> bool:
    if not (isinstance(claim, Implies) and isinstance(line, Implies)):
        return False
    return are_opposite(claim.left, line.right) and are_opposite(claim.right, line.left)


def _material_implication(claim: Formula, line: Formula) -> bool:
    for one, other in ((claim, line), (line, claim)):
        if isinstance(one, Implies) and isinstance(other, Or):
            rest = disjunction(other.parts[1:])
            if are_opposite(other.parts[0], one.left) and rest == one.right:
                return True
    return False


_SEVERAL = range(2, MANY)
PROPOSITIONAL: dict[str, Rule] = {
    "reiteration": on_steps(_reiteration, 1),
    "modus ponens": on_steps(_modus_ponens, 2),
    "modus tollens": on_steps(_modus_tollens, 2),
    "hypothetical syllogism": on_steps(_hypothetical_syllogism, 2),
    "disjunctive syllogism": Rule(_disjunctive_syllogism, ((_SEVERAL, range(1)),)),
    "and introduction": Rule(_and_introduction, ((_SEVERAL, range(1)),)),
    "and elimination": on_steps(_and_elimination, 1),
    "or introduction": on_steps(_or_introduction, 1),
    "or elimination": Rule(
        _or_elimination,
        ((range(1, MANY), _SEVERAL), (range(2, MANY), range(1, 2)), (range(3, MANY), range(1))),
    ),
    "implication introduction": Rule(_implication_introduction, (exactly(0, 1),)),
    "not introduction": Rule(_not_introduction, (exactly(0, 1),)),
    "not elimination": on_steps(_not_elimination, 2),
    "proof by contradiction": Rule(_by_contradiction, (exactly(0, 1),)),
    "ex falso": Rule(_ex_falso, (exactly(1), exactly(2))),
    "double negation": on_steps(_double_negation, 1),
    "excluded middle": Rule(_excluded_middle, (exactly(0),)),
    "iff introduction": Rule(_iff_introduction, (exactly(2), exactly(1, 1), exactly(0, 2))),
    "iff elimination": Rule(_iff_elimination, (exactly(1), exactly(2))),
    "de morgan": on_steps(_de_morgan, 1),
    "contraposition": on_steps(_contraposition, 1),
    "material implication": on_steps(_material_implication, 1),
}
