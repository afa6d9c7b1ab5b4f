"""Draws theorems with valid proofs: propositional, first-order, equality, linear arithmetic.

A move makes a new step from steps in scope, and what it lacks becomes a premise of the theorem, so a proof is
valid by the way it is made. Some moves open subproofs and fill them with further moves.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from verify.kernels.countermodels import Formula, combine
from verify.kernels.proof_builder import FALSE, Builder, Proof, Step, names_in, negation, put, quantified

DEEPEST = 4
Move = Callable[[Builder, int], Any]


def draw_proofs(count: int, seed: int) -> Iterator[Proof]:
    """Proofs of every kind in turn."""
    draw, kinds = random.Random(seed), list(MOVES)
    for number in range(count):
        yield draw_proof(draw, kinds[number % len(kinds)])


def draw_proof(draw: random.Random, kind: str) -> Proof:
    build = Builder(draw, kind)
    for _ in range(draw.randint(2, 5)):
        move(build, draw.choice((0, 1, 2, DEEPEST)))
    last = build.frames[0].items[-1]
    if names_in(last.formula) & build.fresh or last.rule == "given":
        plain = [step for step in build.steps() if not names_in(step.formula) & build.fresh]
        step = draw.choice(plain) if plain else build.need(build.formula())
        last = build.follow(("or", step.formula, build.formula()), "or introduction", step)
    return Proof(build.premises, last.formula, build.frames[0].items)


def move(build: Builder, deepest: int) -> None:
    """Moves until there is one step more; `deepest` bounds how many boxes are opened inside each other."""
    items = build.frames[-1].items
    before = len(items)
    while len(items) == before or not isinstance(items[-1], Step):
        moves = MOVES[build.kind] + (BOXES[build.kind] if deepest else [])
        build.draw.choice(moves)(build, deepest - 1)


def _detach(build: Builder, _: int) -> None:
    step, other = build.some_step(), build.formula()
    if build.may_need(wanted := ("implies", step.formula, other)):
        build.follow(other, "modus ponens", build.need(wanted), step)


def _two_detachments(build: Builder, _: int) -> None:
    step, middle, other = build.some_step(), build.formula(), build.formula()
    one, two = ("implies", step.formula, middle), ("implies", middle, other)
    if build.may_need(one) and build.may_need(two):
        build.add(other, "by", build.need(one), build.need(two), step)


def _tollens(build: Builder, _: int) -> None:
    step, other = build.some_step(), build.formula()
    if build.may_need(wanted := ("implies", other, negation(step.formula))):
        build.follow(negation(other), "modus tollens", build.need(wanted), step)


def _syllogism(build: Builder, _: int) -> None:
    step, other = build.some_step(), build.formula()
    if step.formula[0] == "implies" and build.may_need(wanted := ("implies", step.formula[2], other)):
        build.follow(("implies", step.formula[1], other), "hypothetical syllogism", step, build.need(wanted))


def _disjunctive(build: Builder, _: int) -> None:
    step, other = build.some_step(), build.formula()
    if build.may_need(wanted := ("or", negation(step.formula), other)):
        build.follow(other, "disjunctive syllogism", build.need(wanted), step)


def _conjoin(build: Builder, _: int) -> None:
    one, other = build.some_step(), build.some_step()
    build.follow(("and", one.formula, other.formula), "and introduction", one, other)


def _take_apart(build: Builder, _: int) -> None:
    found = [step for step in build.steps() if step.formula[0] == "and"]
    if found:
        step = build.draw.choice(found)
        build.follow(build.draw.choice(step.formula[1:]), "and elimination", step)


def _weaken(build: Builder, _: int) -> None:
    step = build.some_step()
    build.follow(("or", *build.draw.sample((step.formula, build.formula()), 2)), "or introduction", step)


def _double_negation(build: Builder, _: int) -> None:
    step = build.some_step()
    build.follow(negation(negation(step.formula)), "double negation", step)


def _excluded_middle(build: Builder, _: int) -> None:
    formula = build.formula()
    build.follow(("or", formula, negation(formula)), "excluded middle")


def _equivalent(build: Builder, _: int) -> None:
    step, other = build.some_step(), build.formula()
    if not build.may_need(wanted := ("iff", step.formula, other)):
        return
    if build.draw.random() < 0.5:
        build.follow(other, "iff elimination", build.need(wanted), step)
    else:
        there = build.follow(("implies", step.formula, other), "iff elimination", build.need(wanted))
        back = build.follow(("implies", other, step.formula), "iff elimination", build.need(wanted))
        build.follow(wanted, "iff introduction", there, back)


def _contrapose(build: Builder, _: int) -> None:
    for step in build.steps():
        if step.formula[0] == "implies":
            _, one, other = step.formula
            build.follow(("implies", negation(other), negation(one)), "contraposition", step)
            return


def _suppose(build: Builder, deepest: int) -> None:
    box = build.open(assume=build.formula())
    for _ in range(build.draw.randint(0, 2)):
        move(build, deepest)
    build.close(box)
    rule = build.draw.choice(("implication introduction", "by"))
    build.add(("implies", box.assumption.formula, box.conclusion), rule, box)


def _refute(build: Builder, deepest: int) -> None:
    assumed = build.formula()
    against = build.draw.random() < 0.5
    box = build.open(assume=negation(assumed) if against else assumed)
    move(build, deepest)
    step = box.items[-1]
    if not build.may_need(negation(step.formula)) or names_in(step.formula) & box.witnesses:
        step = build.need(build.formula())
    build.add(FALSE, "not elimination", build.need(negation(step.formula)), step)
    build.close(box)
    rule = "proof by contradiction" if against else "not introduction"
    build.add(assumed if against else negation(assumed), rule, box)


def _by_cases(build: Builder, deepest: int) -> None:
    one, other, goal = build.formula(), build.formula(), build.formula()
    either = build.need(("or", one, other))
    boxes = list[Any]()
    for case in (one, other):
        box = build.open(assume=case)
        if build.draw.random() < 0.3:
            move(build, deepest)
        build.add(goal, "modus ponens", build.need(("implies", case, goal)), box.assumption)
        build.close(box)
        boxes.append(box)
    build.add(goal, build.draw.choice(("or elimination", "by")), either, *boxes)


def _universal(build: Builder) -> Formula:
    """A universal formula about `y`, without fresh names."""
    y = ("name", "y")
    one, other = build.atom(y), build.atom(y)
    return ("all", "y", build.draw.choice((one, ("implies", one, other), ("or", one, other))))


def _instantiate(build: Builder, _: int) -> None:
    every = build.need(_universal(build))
    term = ("name", build.new_name()) if build.draw.random() < 0.3 else build.constant()
    build.follow(put(every.formula[2], ("name", "y"), term), "forall elimination", every)


def _generalise(build: Builder, _: int) -> None:
    every, name = build.need(_universal(build)), build.new_name()
    step = build.add(put(every.formula[2], ("name", "y"), ("name", name)), "forall elimination", every)
    step = build.follow(("or", step.formula, build.formula()), "or introduction", step)
    build.add(quantified("all", step.formula, name), "forall introduction", step)


def _exhibit(build: Builder, _: int) -> None:
    step = build.some_step()
    if names := sorted(name for name in names_in(step.formula) if name[0] not in "yz"):
        build.follow(quantified("some", step.formula, build.draw.choice(names)), "exists introduction", step)


def _witness(build: Builder, _: int) -> None:
    there = build.need(("some", "y", build.atom(("name", "y"))))
    name = build.new_name()
    build.frames[-1].witnesses.add(name)
    step = build.add(put(there.formula[2], ("name", "y"), ("name", name)), "exists elimination", there)
    build.follow(("or", build.formula(), step.formula), "or introduction", step)


def _negated_quantifier(build: Builder, _: int) -> None:
    y, (this, dual) = ("name", "y"), build.draw.sample(("all", "some"), 2)
    body = build.atom(y)
    step = build.need(negation((this, "y", body)))
    build.follow((dual, "y", negation(body)), "quantifier negation", step)


def _for_arbitrary(build: Builder, deepest: int) -> None:
    name = build.new_name()
    condition = build.atom(("name", name)) if build.draw.random() < 0.5 else None
    every = build.need(("all", "y", build.atom(("name", "y"))))
    box = build.open(name, assume=condition)
    step = build.add(put(every.formula[2], ("name", "y"), ("name", name)), "forall elimination", every)
    if build.draw.random() < 0.4:
        move(build, deepest)
        other = box.items[-1]
        if not names_in(other.formula) & box.witnesses:
            step = build.add(("and", step.formula, other.formula), "and introduction", step, other)
    build.close(box)
    shown = box.conclusion if condition is None else ("implies", condition, box.conclusion)
    build.add(quantified("all", shown, name), build.draw.choice(("forall introduction", "by")), box)


def _from_existence(build: Builder, deepest: int) -> None:
    there, name = build.need(("some", "y", build.atom(("name", "y")))), build.new_name()
    box = build.open(assume=put(there.formula[2], ("name", "y"), ("name", name)))
    if build.draw.random() < 0.5:
        move(build, deepest)
    fact = ("or", box.assumption.formula, build.formula())
    step = build.follow(fact, "or introduction", box.assumption)
    build.add(quantified("some", fact, name), "exists introduction", step)
    build.close(box, name)
    build.add(box.conclusion, "exists elimination", there, box)


def _replace_equal(build: Builder, _: int) -> None:
    step, one, other = build.need(build.atom()), build.constant(), build.constant()
    equation = build.need(("same", one, other))
    build.follow(put(step.formula, one, other), "substitution", equation, step)


def _equal_terms(build: Builder, _: int) -> None:
    one, two, three = (build.constant() for _ in range(3))
    step = build.need(("same", one, two))
    match build.draw.randrange(3):
        case 0:
            build.follow(("same", two, one), "symmetry", step)
        case 1:
            build.follow(("same", one, three), "transitivity", step, build.need(("same", two, three)))
        case _:
            build.follow(("same", ("of", "f", one), ("of", "f", two)), "congruence", step)


def _combine(build: Builder, _: int) -> None:
    """A positive combination of comparisons in scope, made weaker by a constant."""
    found = [step for step in build.steps() if step.formula[0] in ("less", "most", "equal")]
    steps = [build.need(build.formula())] if not found else build.draw.sample(found, min(len(found), 2))
    left = right = (Fraction(0), ())
    for step in steps:
        factor = Fraction(build.draw.randint(1, 3), build.draw.choice((1, 1, 2)))
        left = combine(left, Fraction(1), step.formula[1], factor)
        right = combine(right, Fraction(1), step.formula[2], factor)
    slack = build.draw.choice((0, 0, 1, 3))
    kinds = {step.formula[0] for step in steps}
    kind = "less" if slack or "less" in kinds else "most" if "most" in kinds else "equal"
    right = combine(right, Fraction(1), (Fraction(slack), ()), Fraction(1))
    build.add((kind, left, right), build.draw.choice(("by", "arithmetic")), *steps)


def _chain(build: Builder, _: int) -> None:
    (one, two, three), kinds = (build.linear() for _ in range(3)), build.draw.choices(("less", "most"), k=2)
    steps = build.need((kinds[0], one, two)), build.need((kinds[1], two, three))
    build.follow(("less" if "less" in kinds else "most", one, three), "transitivity", *steps)


_CONNECTIVES: list[Move] = [
    *(_detach, _two_detachments, _tollens, _syllogism, _disjunctive, _conjoin, _take_apart),
    *(_weaken, _double_negation, _excluded_middle, _equivalent, _contrapose),
]
_QUANTIFIERS: list[Move] = [_instantiate, _generalise, _exhibit, _witness, _negated_quantifier]
_SUBPROOFS: list[Move] = [_suppose, _refute, _by_cases]
MOVES: dict[str, list[Move]] = {
    "propositional": _CONNECTIVES,
    "first-order": _CONNECTIVES + 3 * _QUANTIFIERS,
    "equality": [*_CONNECTIVES, *_QUANTIFIERS, *5 * [_replace_equal, _equal_terms]],
    "arithmetic": [*_CONNECTIVES, *6 * [_combine, _chain]],
}
BOXES: dict[str, list[Move]] = {
    "propositional": 4 * _SUBPROOFS,
    "first-order": 2 * [*_SUBPROOFS, _for_arbitrary, _for_arbitrary, _from_existence, _from_existence],
    "equality": [*_SUBPROOFS, _for_arbitrary, _from_existence],
    "arithmetic": 3 * _SUBPROOFS,
}
