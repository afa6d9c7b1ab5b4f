"""Breaks generated proofs, and decides by models and structure, not by the kernel, whether one is broken.

A step is broken when a model makes what it cites true and it false, when a model makes the premises and the
open assumptions true and it false, when it calls something by a name that is not new, or when it cites what
it cannot see: itself, a later step, or a step inside a subproof that has ended. The goal is broken when a
model tells it from the last step.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from verify.kernels.countermodels import COMPARISONS, Formula, refuted
from verify.kernels.proof_builder import Box, Proof, Step, names_in, quantified

FRESH = ("forall introduction", "exists elimination")
"""Rules whose cited formulas alone do not entail what they allow."""


class Broken(StrEnum):
    """Why a mutated proof must be refused."""

    ENTAILMENT = "what it cites does not entail it"
    SCOPE = "the premises and open assumptions do not entail it"
    CITATION = "it cites what it cannot see"
    WITNESS = "the name that it chooses for something is not new"
    GOAL = "the goal is another"


@dataclass(frozen=True)
class Place:
    """A step with the boxes that it stands in, outermost first, and its list."""

    step: Step
    boxes: tuple[Box, ...]
    items: list[Any]


def places(items: list[Any], boxes: tuple[Box, ...] = ()) -> Iterator[Place]:
    """The steps in their order, assumptions left out."""
    for item in items:
        if isinstance(item, Step):
            yield Place(item, boxes, items)
        else:
            yield from places(item.items, (*boxes, item))


def boxes_in(items: list[Any]) -> Iterator[tuple[Box, list[Any]]]:
    for item in items:
        if isinstance(item, Box):
            yield item, items
            yield from boxes_in(item.items)


def mutate(proof: Proof, draw: random.Random) -> tuple[Proof, str]:
    """A changed copy, and the name of the change."""
    changed = copy.deepcopy(proof)
    name = draw.choice(list(MUTATIONS))
    MUTATIONS[name](changed, draw)
    return changed, name


def broken(proof: Proof) -> tuple[Broken, Step | None] | None:
    """Why the proof is broken and at which step first, or None where no reason is found."""
    facts = list[tuple[tuple[Box, ...], Formula]]()
    for place in places(proof.items):
        step = place.step
        if not all(_sees(proof, place, cited) for cited in step.cites):
            return Broken.CITATION, step
        if step.rule not in (*FRESH, "given"):
            cited = [_shown(one) for one in step.cites]
            if None not in cited and refuted(cited, step.formula):
                return Broken.ENTAILMENT, step
        around = [fact for boxes, fact in facts if place.boxes[: len(boxes)] == boxes]
        assumed = [box.assumption.formula for box in place.boxes if box.assumption]
        if step.rule == "exists elimination" and all(isinstance(one, Step) for one in step.cites):
            fixed = [*proof.premises, proof.goal, *assumed, *around]
            if not _chooses_new_name(step, fixed):
                return Broken.WITNESS, step
            facts.append((place.boxes, step.formula))
        elif refuted([*proof.premises, *assumed, *around], step.formula):
            return Broken.SCOPE, step
    last = proof.items[-1].formula if isinstance(proof.items[-1], Step) else None
    if last is None or refuted([last], proof.goal) or refuted([proof.goal], last):
        return Broken.GOAL, None
    return None


def _chooses_new_name(step: Step, fixed: list[Formula]) -> bool:
    cited = [one.formula for one in step.cites]
    chosen = names_in(step.formula).difference(*map(names_in, cited))
    taken = set[str]().union(*map(names_in, fixed))
    return bool(chosen and not chosen & taken) or not refuted(cited, step.formula)


def _sees(proof: Proof, place: Place, cited: Any) -> bool:
    """Whether a step or a box stands before the place, in the proof or a box around the place."""
    for frame, inner in zip((None, *place.boxes), (*place.boxes, place.step), strict=True):
        items = proof.items if frame is None else frame.items
        if frame is not None and cited is frame.assumption:
            return True
        if any(cited is item for item in items[: _index(items, inner)]):
            return True
    return False


def _index(items: list[Any], item: Any) -> int:
    return next(place for place, other in enumerate(items) if other is item)


def _shown(cited: Any) -> Formula | None:
    """What a citation says by itself; None for a box that ends in another."""
    if isinstance(cited, Step):
        return cited.formula
    if not cited.lines or not isinstance(cited.lines[-1], Step):
        return None
    shown = cited.conclusion
    if cited.assumption:
        shown = ("implies", cited.assumption.formula, shown)
    for name in cited.names:
        shown = quantified("all", shown, name)
    return shown


def _steps(proof: Proof) -> list[Step]:
    """Steps that claim something: not given."""
    return [place.step for place in places(proof.items) if place.step.rule != "given"]


def _change_formula(proof: Proof, draw: random.Random) -> None:
    step = draw.choice(_steps(proof))
    step.formula = changed(step.formula, draw)


def _change_any_formula(proof: Proof, draw: random.Random) -> None:
    """Also a premise or an assumption, where it stands in the proof."""
    lines = [place.step for place in places(proof.items)]
    lines += [box.assumption for box, _ in boxes_in(proof.items) if box.assumption]
    line = draw.choice(lines)
    line.formula = changed(line.formula, draw)


def _negate(proof: Proof, draw: random.Random) -> None:
    step = draw.choice(_steps(proof))
    step.formula = step.formula[1] if step.formula[0] == "not" else ("not", step.formula)


def _drop_citation(proof: Proof, draw: random.Random) -> None:
    citing = [step for step in _steps(proof) if step.cites]
    if citing:
        step = draw.choice(citing)
        del step.cites[draw.randrange(len(step.cites))]


def _cite_another(proof: Proof, draw: random.Random) -> None:
    citing = [step for step in _steps(proof) if step.cites]
    if citing:
        step = draw.choice(citing)
        lines = [place.step for place in places(proof.items)]
        lines += [box.assumption for box, _ in boxes_in(proof.items) if box.assumption]
        step.cites[draw.randrange(len(step.cites))] = draw.choice(lines)


def _decide_instead(proof: Proof, draw: random.Random) -> None:
    """`by` in place of a rule whose cited formulas alone prove nothing of the kind."""
    steps = [step for step in _steps(proof) if step.rule in FRESH] or _steps(proof)
    draw.choice(steps).rule = "by"


def _change_goal(proof: Proof, draw: random.Random) -> None:
    proof.goal = changed(proof.goal, draw)


def _drop_premise(proof: Proof, draw: random.Random) -> None:
    if proof.premises:
        del proof.premises[draw.randrange(len(proof.premises))]


def _lose_scope(proof: Proof, draw: random.Random) -> None:
    """The last step of a box moves out behind it."""
    found = [(box, items) for box, items in boxes_in(proof.items) if box.items]
    if found:
        box, items = draw.choice(found)
        items.insert(_index(items, box) + 1, box.items.pop())


def _smuggle_assumption(proof: Proof, draw: random.Random) -> None:
    """A box dissolves and its assumption stands there as given."""
    found = list(boxes_in(proof.items))
    if found:
        box, items = draw.choice(found)
        place = _index(items, box)
        if box.assumption:
            box.assumption.rule = "given"
        items[place : place + 1] = box.lines


def _reorder(proof: Proof, draw: random.Random) -> None:
    place = draw.choice(list(places(proof.items)))
    place.items.remove(place.step)
    place.items.insert(draw.randint(0, len(place.items)), place.step)


def _reuse_name(proof: Proof, draw: random.Random) -> None:
    """A name that should be arbitrary becomes one that the theorem uses, throughout."""
    fresh = sorted({name for box, _ in boxes_in(proof.items) for name in box.names})
    witnesses = [place.step for place in places(proof.items) if place.step.rule == "exists elimination"]
    fresh += sorted({n for step in witnesses for n in names_in(step.formula) if n[0] in "uvw"})
    if fresh:
        old, new = draw.choice(fresh), draw.choice("abc")
        for place in places(proof.items):
            place.step.formula = renamed(place.step.formula, old, new)
        for box, _ in boxes_in(proof.items):
            box.names = tuple(new if name == old else name for name in box.names)
            if box.assumption:
                box.assumption.formula = renamed(box.assumption.formula, old, new)


def _generalise(proof: Proof, draw: random.Random) -> None:
    """A name in a step becomes everything, whatever is assumed of it, and the goal with it."""
    found = [place for place in places(proof.items) if names_in(place.step.formula)]
    if found:
        place = draw.choice(found)
        name = draw.choice(sorted(names_in(place.step.formula)))
        formula = quantified("all", place.step.formula, name)
        step = Step(formula, "forall introduction", [place.step])
        place.items.insert(_index(place.items, place.step) + 1, step)


def _choose_known(proof: Proof, draw: random.Random) -> None:
    """What exists gets a name that the theorem uses."""
    found = [place for place in places(proof.items) if place.step.formula[0] == "some"]
    if found:
        place = draw.choice(found)
        _, variable, body = place.step.formula
        step = Step(renamed(body, variable, draw.choice("abc")), "exists elimination", [place.step])
        place.items.insert(_index(place.items, place.step) + 1, step)


def _exchange(proof: Proof, draw: random.Random) -> None:
    """Two steps exchange their formulas."""
    steps = _steps(proof)
    one, other = draw.choice(steps), draw.choice(steps)
    one.formula, other.formula = other.formula, one.formula


MUTATIONS: dict[str, Callable[[Proof, random.Random], None]] = {
    "a formula": _change_formula,
    "a formula anywhere": _change_any_formula,
    "a negation": _negate,
    "a citation dropped": _drop_citation,
    "a citation changed": _cite_another,
    "a rule": _decide_instead,
    "the goal": _change_goal,
    "a premise dropped": _drop_premise,
    "a conclusion out of its scope": _lose_scope,
    "an assumption smuggled in": _smuggle_assumption,
    "the order": _reorder,
    "a name": _reuse_name,
    "everything from one": _generalise,
    "a witness already known": _choose_known,
    "formulas exchanged": _exchange,
}


def renamed(formula: Any, old: str, new: str) -> Any:
    if formula == ("name", old):
        return ("name", new)
    return tuple(renamed(part, old, new) if isinstance(part, tuple) else part for part in formula)


def changed(formula: Formula, draw: random.Random) -> Formula:
    """The formula with one part of it changed."""
    kind, *parts = formula
    if kind in ("and", "or", "implies", "iff") and draw.random() < 0.5:
        if draw.random() < 0.4:
            return (kind, *reversed(parts))
        return (draw.choice([k for k in ("and", "or", "implies", "iff") if k != kind]), *parts[:2])
    if kind in ("and", "or", "implies", "iff", "not"):
        place = draw.randrange(len(parts))
        return (kind, *parts[:place], changed(parts[place], draw), *parts[place + 1 :])
    if kind in ("all", "some"):
        if draw.random() < 0.5:
            return ("some" if kind == "all" else "all", *parts)
        return (kind, parts[0], changed(parts[1], draw))
    if kind in COMPARISONS:
        return _changed_comparison(kind, parts, draw)
    if kind == "atom" and not parts[1:]:
        return ("atom", draw.choice([name for name in "pqrst" if name != parts[0]]))
    if kind in ("atom", "same") and (names := sorted(names_in(formula))) and draw.random() < 0.6:
        return renamed(formula, draw.choice(names), draw.choice("abc"))
    return ("not", formula)


def _changed_comparison(kind: str, parts: list[Any], draw: random.Random) -> Formula:
    one, other = parts
    match draw.randrange(4):
        case 0:
            return (kind, other, one)
        case 1:
            return (draw.choice([k for k in COMPARISONS if k != kind]), one, other)
        case 2:
            return (kind, one, (other[0] + draw.choice((-3, -1, -1, 1)), other[1]))
        case _:
            terms = tuple((name, factor + Fraction(draw.choice((-2, -1, 1)))) for name, factor in one[1])
            return (kind, (one[0], tuple(term for term in terms if term[1])), other)
