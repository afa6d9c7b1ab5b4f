"""Draws valid natural-deduction proofs and breaks them; decides by models, not by Z3, that they are broken.

Formulas are plain tuples here, printed as text for the kernel, so nothing is shared with what is tested:

    ("atom", name, args) ("not", f) ("and", f, g) ("or", f, g) ("imp", f, g) ("iff", f, g) ("all", x, f)
    ("ex", x, f) ("lt", term, term) ("le", term, term), a term being ((coefficient, name), …, constant)

A step is broken when some model makes all that it cites true and the step false: truth tables for
propositions, small domains for quantifiers, a grid of rationals. A subproof counts as its implication.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

Formula = tuple[Any, ...]
SIGNS = {"and": "&", "or": "|", "imp": "->", "iff": "<->"}


@dataclass(frozen=True)
class Line:
    """A step: its formula, its reason in words, and what it cites."""

    formula: Formula
    rule: str
    cites: tuple[int, ...] = ()
    subproofs: tuple[tuple[int, int], ...] = ()

    def text(self, number: int) -> str:
        cites = [*map(str, self.cites), *(f"{first}-{last}" for first, last in self.subproofs)]
        return f"{number}. {show(self.formula)}  {self.rule} {', '.join(cites)}".rstrip()


@dataclass
class Proof:
    """Numbered from 1; the goal is the last line's formula unless it has been changed."""

    lines: list[Line] = field(default_factory=list)
    goal: Formula | None = None

    def add(
        self, formula: Formula, rule: str, *cites: int, subproofs: tuple[tuple[int, int], ...] = ()
    ) -> int:
        self.lines.append(Line(formula, rule, cites, subproofs))
        return len(self.lines)

    def formula(self, number: int) -> Formula:
        return self.lines[number - 1].formula

    @property
    def theorem(self) -> str:
        given = ", ".join(show(line.formula) for line in self.lines if line.rule == "given")
        return f"{given} |- {show(self.goal or self.lines[-1].formula)}"

    @property
    def text(self) -> str:
        return "\n".join(line.text(number) for number, line in enumerate(self.lines, 1))


def show(formula: Formula) -> str:
    match formula:
        case ("atom", name, args):
            return f"{name}({', '.join(args)})" if args else name
        case ("not", inner):
            return f"~{_bracketed(inner)}"
        case ("all" | "ex" as kind, variable, inner):
            return f"({'forall' if kind == 'all' else 'exists'} {variable}. {show(inner)})"
        case ("lt" | "le" as kind, one, other):
            return f"{_term(one)} {'<' if kind == 'lt' else '<='} {_term(other)}"
        case (kind, one, other):
            return f"{_bracketed(one)} {SIGNS[kind]} {_bracketed(other)}"
    raise ValueError(formula)


def _bracketed(formula: Formula) -> str:
    return show(formula) if formula[0] in ("atom", "not", "all", "ex") else f"({show(formula)})"


def _term(term: tuple[Any, ...]) -> str:
    *parts, constant = term
    texts = [name if factor == 1 else f"{factor}*{name}" for factor, name in parts]
    return " + ".join([*texts, *([str(constant)] if constant or not texts else [])])


def valid_proofs(count: int, seed: int) -> Iterator[Proof]:
    """Valid proofs of every kind, in turn."""
    draw = random.Random(seed)
    kinds = (propositional, quantified, arithmetic)
    for number in range(count):
        yield kinds[number % len(kinds)](draw)


def _atom(draw: random.Random) -> Formula:
    return ("atom", draw.choice("pqrs"), ())


def _random_formula(draw: random.Random, depth: int) -> Formula:
    if depth == 0 or draw.random() < 0.3:
        return _atom(draw)
    kind = draw.choice(("not", "and", "or", "imp"))
    if kind == "not":
        return ("not", _random_formula(draw, depth - 1))
    return (kind, _random_formula(draw, depth - 1), _random_formula(draw, depth - 1))


def propositional(draw: random.Random) -> Proof:
    """Premises that lead somewhere, then random steps forward, some inside a subproof."""
    proof = Proof()
    one, two, three = (_random_formula(draw, 1) for _ in range(3))
    proof.add(("imp", one, two), "given")
    proof.add(one, "given")
    proof.add(("imp", two, three), "given")
    open_steps = [1, 2, 3]
    for _ in range(draw.randint(2, 5)):
        open_steps.append(_forward(proof, draw, open_steps))
    if draw.random() < 0.6:
        assumption = _random_formula(draw, 1)
        first = proof.add(assumption, "assume")
        inside = [*open_steps, first]
        for _ in range(draw.randint(1, 4)):
            inside.append(_forward(proof, draw, inside))
        last = inside[-1]
        proof.add(
            ("imp", assumption, proof.formula(last)), "implication introduction", subproofs=((first, last),)
        )
    return proof


def _forward(proof: Proof, draw: random.Random, known: list[int]) -> int:
    """One more step from known ones, by a rule that fits."""
    other = _atom(draw)
    options: list[Callable[[], int]] = []
    for a, b in itertools.permutations(known, 2):
        left, right = proof.formula(a), proof.formula(b)
        if left[0] == "imp" and left[1] == right:
            options += [lambda a=a, b=b, f=left[2]: proof.add(f, "modus ponens", a, b)] * 3
        if left[0] == "imp" and right == ("not", left[2]):
            options += [lambda a=a, b=b, f=("not", left[1]): proof.add(f, "modus tollens", a, b)] * 3
        if left[0] == right[0] == "imp" and left[2] == right[1]:
            options.append(
                lambda a=a, b=b, f=("imp", left[1], right[2]): proof.add(f, "hypothetical syllogism", a, b)
            )
        options.append(
            lambda a=a, b=b, f=("and", left, right): proof.add(
                f, draw.choice(("and introduction", "by")), a, b
            )
        )
    for a in known:
        formula = proof.formula(a)
        if formula[0] == "and":
            options += [lambda a=a, f=part: proof.add(f, "and elimination", a) for part in formula[1:]]
        options.append(
            lambda a=a, f=("or", formula, other): proof.add(f, draw.choice(("or introduction", "by")), a)
        )
        options.append(lambda a=a, f=("not", ("not", formula)): proof.add(f, "double negation", a))
    return draw.choice(options)()


def quantified(draw: random.Random) -> Proof:
    """A chain of universal facts followed for one thing or for all, or from something that exists."""
    proof = Proof()
    names = draw.sample(("p", "q", "r", "s"), 3)

    def says(name: str, thing: str) -> Formula:
        return ("atom", name, (thing,))

    chain = [("all", "x", ("imp", says(one, "x"), says(two, "x"))) for one, two in itertools.pairwise(names)]
    rules = [proof.add(formula, "given") for formula in chain]
    kind = draw.choice(("one", "every", "some"))
    start, thing = names[0], "a" if kind == "one" else "c"
    if kind == "one":
        current = proof.add(says(start, thing), "given")
    elif kind == "every":
        everything = proof.add(("all", "y", says(start, "y")), "given")
        current = proof.add(says(start, thing), "universal instantiation", everything)
    else:
        some = proof.add(("ex", "y", says(start, "y")), "given")
        current = assumed = proof.add(says(start, thing), "assume")
    for rule, (one, two) in zip(rules, itertools.pairwise(names), strict=True):
        instance = proof.add(("imp", says(one, thing), says(two, thing)), "universal instantiation", rule)
        current = proof.add(says(two, thing), draw.choice(("modus ponens", "by")), instance, current)
    if kind == "every":
        proof.add(("all", "z", says(names[-1], "z")), "universal generalization", current)
    elif kind == "some":
        found = proof.add(("ex", "z", says(names[-1], "z")), "existential introduction", current)
        proof.add(proof.formula(found), "existential elimination", some, subproofs=((assumed, found),))
    elif draw.random() < 0.5:
        proof.add(("ex", "z", says(names[-1], "z")), "existential introduction", current)
    return proof


def arithmetic(draw: random.Random) -> Proof:
    """Inequalities that are chained, shifted and scaled."""
    proof = Proof()

    def var(name: str) -> tuple[Any, ...]:
        return ((1, name), 0)

    strict = draw.choice(("lt", "le"))
    first = proof.add((strict, var("x"), var("y")), "given")
    second = proof.add(("lt", var("y"), var("z")), "given")
    third = proof.add(("lt", var("x"), var("z")), draw.choice(("transitivity", "by")), first, second)
    shift, factor = draw.randint(1, 5), draw.randint(2, 4)
    fourth = proof.add(("lt", ((1, "x"), shift), ((1, "z"), shift)), "by", third)
    fifth = proof.add(("lt", ((factor, "x"), 0), ((factor, "z"), 0)), "by", third)
    if draw.random() < 0.5:
        proof.add(("lt", ((1 + factor, "x"), 0), ((1 + factor, "z"), draw.randint(0, 2))), "by", third, fifth)
    else:
        proof.add(("and", proof.formula(fourth), proof.formula(fifth)), "and introduction", fourth, fifth)
    return proof


def mutate(proof: Proof, draw: random.Random) -> tuple[Proof, int] | None:
    """A changed proof and the number of the changed line; None where the draw changed nothing."""
    lines = list(proof.lines)
    steps = [number for number, line in enumerate(lines, 1) if line.rule not in ("given", "assume")]
    number = draw.choice(steps)
    line = lines[number - 1]
    match draw.choice(("formula", "formula", "cite", "drop", "goal", "rule")):
        case "formula":
            lines[number - 1] = replace(line, formula=_changed(line.formula, draw))
        case "cite" if line.cites:
            place = draw.randrange(len(line.cites))
            other = draw.randint(1, number - 1)
            lines[number - 1] = replace(line, cites=(*line.cites[:place], other, *line.cites[place + 1 :]))
        case "drop" if line.cites:
            place = draw.randrange(len(line.cites))
            lines[number - 1] = replace(line, cites=line.cites[:place] + line.cites[place + 1 :])
        case "goal":
            goal = _changed(lines[-1].formula, draw)
            return (Proof(lines, goal), 0) if goal != lines[-1].formula else None
        case "rule" if line.rule != "universal generalization":
            lines[number - 1] = replace(line, formula=("not", line.formula), rule="by")
        case _:
            return None
    return (Proof(lines, proof.lines[-1].formula), number) if lines != proof.lines else None


def _changed(formula: Formula, draw: random.Random) -> Formula:
    """The formula with one part of it changed."""
    match formula:
        case ("atom", name, args):
            if args and draw.random() < 0.3:
                return ("not", formula)
            return ("atom", draw.choice([other for other in "pqrs" if other != name]), args)
        case ("not", inner):
            return draw.choice((inner, ("not", _changed(inner, draw))))
        case ("all" | "ex" as kind, variable, inner):
            if draw.random() < 0.4:
                return ("ex" if kind == "all" else "all", variable, inner)
            return (kind, variable, _changed(inner, draw))
        case ("lt" | "le" as kind, one, other):
            option = draw.randrange(3)
            if option == 0:
                return (kind, other, one)
            return (
                (kind, one, (*other[:-1], other[-1] - draw.randint(1, 3)))
                if option == 1
                else ("not", formula)
            )
        case (kind, one, other):
            option = draw.randrange(4)
            if option == 0:
                return (draw.choice([k for k in SIGNS if k != kind]), one, other)
            if option == 1:
                return (kind, other, one)
            return (kind, _changed(one, draw), other) if option == 2 else (kind, one, _changed(other, draw))
    raise ValueError(formula)


def is_broken(proof: Proof, number: int) -> bool:
    """Whether a model shows that the line does not follow; a changed goal (line 0) always breaks it."""
    if number == 0:
        return True
    line = proof.lines[number - 1]
    if any(cite >= number for cite in line.cites):
        return True
    cited = [proof.formula(cite) for cite in line.cites]
    if line.rule == "universal generalization" and cited and cited[0][0] == "atom":
        cited = [("all", "w", ("atom", cited[0][1], ("w",)))]
    for first, last in line.subproofs:
        assumption, conclusion = proof.formula(first), proof.formula(last)
        if line.rule == "existential elimination":
            assumption = ("ex", "w", ("atom", assumption[1], ("w",)))
        cited.append(("imp", assumption, conclusion))
    return any(
        all(holds(f, model) for f in cited) and not holds(line.formula, model)
        for model in models([*cited, line.formula])
    )


Model = Mapping[str, Any]


def models(formulas: list[Formula]) -> Iterator[Model]:
    """All small models of the formulas' names."""
    names = set().union(*map(_names, formulas))
    numbers = sorted(name for kind, name, _ in names if kind == "number")
    if numbers:
        grid = [Fraction(step, 2) for step in range(-4, 5)]
        for values in itertools.product(grid, repeat=len(numbers)):
            yield {"domain": (), **dict(zip(numbers, values, strict=True))}
        return
    things = sorted(name for kind, name, _ in names if kind == "thing")
    predicates = sorted((name, arity) for kind, name, arity in names if kind == "predicate")
    for size in (1, 2) if any(arity for _, arity in predicates) else (1,):
        domain = tuple(range(size))
        tables = [list(_relations(domain, arity)) for _, arity in predicates]
        for chosen in itertools.product(*tables):
            for values in itertools.product(domain, repeat=len(things)):
                held = {
                    f"{name}/{arity}": table for (name, arity), table in zip(predicates, chosen, strict=True)
                }
                yield {"domain": domain, **held, **dict(zip(things, values, strict=True))}


def _relations(domain: tuple[int, ...], arity: int) -> Iterator[frozenset[tuple[int, ...]]]:
    tuples = list(itertools.product(domain, repeat=arity))
    for bits in itertools.product((False, True), repeat=len(tuples)):
        yield frozenset(entry for entry, bit in zip(tuples, bits, strict=True) if bit)


def _names(formula: Formula, bound: frozenset[str] = frozenset()) -> set[tuple[str, str, int]]:
    match formula:
        case ("atom", name, args):
            return {("predicate", name, len(args))} | {("thing", arg, 0) for arg in args if arg not in bound}
        case ("all" | "ex", variable, inner):
            return _names(inner, bound | {variable})
        case ("lt" | "le", one, other):
            return {("number", name, 0) for term in (one, other) for _, name in term[:-1]}
        case (_, *parts):
            return set().union(*(_names(part, bound) for part in parts))
    raise ValueError(formula)


def holds(formula: Formula, model: Model) -> bool:
    match formula:
        case ("atom", name, args):
            return tuple(model[arg] for arg in args) in model[f"{name}/{len(args)}"]
        case ("not", inner):
            return not holds(inner, model)
        case ("and", one, other):
            return holds(one, model) and holds(other, model)
        case ("or", one, other):
            return holds(one, model) or holds(other, model)
        case ("imp", one, other):
            return not holds(one, model) or holds(other, model)
        case ("iff", one, other):
            return holds(one, model) == holds(other, model)
        case ("all", variable, inner):
            return all(holds(inner, {**model, variable: thing}) for thing in model["domain"])
        case ("ex", variable, inner):
            return any(holds(inner, {**model, variable: thing}) for thing in model["domain"])
        case ("lt", one, other):
            return _value(one, model) < _value(other, model)
        case ("le", one, other):
            return _value(one, model) <= _value(other, model)
    raise ValueError(formula)


def _value(term: tuple[Any, ...], model: Model) -> Fraction:
    *parts, constant = term
    return sum((factor * model[name] for factor, name in parts), Fraction(constant))
