"""The independent path of the natural deduction tests: a model in which premises hold and a claim does not.

Formulas are plain tuples here and nothing is shared with the kernel, its parser or Z3.

    ("atom", name, *terms)  ("same", term, term)  ("less" | "most" | "equal", linear, linear)  ("false",)
    ("not", f)  ("and" | "or", f, g, ...)  ("implies" | "iff", f, g)  ("all" | "some", variable, f)

A term is ("name", x) or ("of", function, term); a linear expression is (constant, ((name, factor), ...)).
Propositions are decided by truth tables, comparisons without quantifiers by Fourier-Motzkin elimination over
the rationals, both exactly; with quantifiers or equality small domains are tried. `refuted` is True only when
a model has been found, so it never errs; it may miss one.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

Formula = tuple[Any, ...]
Linear = tuple[Fraction, tuple[tuple[str, Fraction], ...]]
COMPARISONS = ("less", "most", "equal")
MOST_CASES = 3_000
RANDOM_MODELS = 120


def subformulas(formula: Formula) -> Iterator[Formula]:
    yield formula
    if formula[0] in ("not", "and", "or", "implies", "iff"):
        for part in formula[1:]:
            yield from subformulas(part)
    elif formula[0] in ("all", "some"):
        yield from subformulas(formula[2])


def refuted(premises: Sequence[Formula], claim: Formula) -> bool:
    """Whether a model shows that the premises do not entail the claim."""
    return _has_model((*dict.fromkeys(premises), ("not", claim)))


@lru_cache(maxsize=100_000)
def _has_model(formulas: tuple[Formula, ...]) -> bool:
    kinds = {part[0] for formula in formulas for part in subformulas(formula)}
    objects = any(part[0] == "atom" and part[2:] for f in formulas for part in subformulas(f))
    if kinds & set(COMPARISONS):
        return not (objects or kinds & {"all", "some", "same"}) and _linear_model(formulas)
    if objects or kinds & {"all", "some", "same"}:
        return _small_model(formulas)
    return _truth_table(formulas)


def _truth_table(formulas: Sequence[Formula]) -> bool:
    names = sorted({part[1] for f in formulas for part in subformulas(f) if part[0] == "atom"})
    tables = itertools.product((False, True), repeat=len(names))
    models = ({(name,): value for name, value in zip(names, row, strict=True)} for row in tables)
    return any(all(_holds(f, model, {}, ()) for f in formulas) for model in models)


def _holds(
    formula: Formula, model: Mapping[Any, Any], values: Mapping[str, int], domain: Sequence[int]
) -> bool:
    """Truth in a finite model: `model` maps (predicate, *things) to truth and (function, thing) to things."""
    match formula:
        case ("atom", name, *terms):
            return model[(name, *(_thing(term, model, values) for term in terms))]
        case ("same", one, other):
            return _thing(one, model, values) == _thing(other, model, values)
        case ("false",):
            return False
        case ("not", part):
            return not _holds(part, model, values, domain)
        case ("and", *parts):
            return all(_holds(part, model, values, domain) for part in parts)
        case ("or", *parts):
            return any(_holds(part, model, values, domain) for part in parts)
        case ("implies", one, other):
            return not _holds(one, model, values, domain) or _holds(other, model, values, domain)
        case ("iff", one, other):
            return _holds(one, model, values, domain) == _holds(other, model, values, domain)
        case ("all", variable, part):
            return all(_holds(part, model, {**values, variable: thing}, domain) for thing in domain)
        case ("some", variable, part):
            return any(_holds(part, model, {**values, variable: thing}, domain) for thing in domain)
    raise ValueError(formula)


def _thing(term: Any, model: Mapping[Any, Any], values: Mapping[str, int]) -> int:
    if term[0] == "name":
        return values[term[1]] if term[1] in values else model[term[1]]
    return model[("of", term[1], _thing(term[2], model, values))]


def _small_model(formulas: Sequence[Formula]) -> bool:
    predicates, functions, names = set[tuple[str, int]](), set[str](), set[str]()

    def note(term: Any) -> None:
        if term[0] == "name":
            names.add(term[1])
        else:
            functions.add(term[1])
            note(term[2])

    for formula in formulas:
        for part in subformulas(formula):
            if part[0] == "atom":
                predicates.add((part[1], len(part) - 2))
            for term in part[2:] if part[0] == "atom" else part[1:] if part[0] == "same" else ():
                note(term)
    draw = random.Random(0)
    for attempt in range(RANDOM_MODELS):
        domain = range(1 + attempt % 3)
        likely = draw.choice((0.2, 0.5, 0.8))
        model: dict[Any, Any] = {name: draw.choice(domain) for name in sorted(names)}
        for name, arity in sorted(predicates):
            for things in itertools.product(domain, repeat=arity):
                model[(name, *things)] = draw.random() < likely
        for function in sorted(functions):
            for thing in domain:
                model[("of", function, thing)] = draw.choice(domain)
        if all(_holds(formula, model, {}, domain) for formula in formulas):
            return True
    return False


def _linear_model(formulas: Sequence[Formula]) -> bool:
    """Whether all hold for some truth values and rationals; False also where there are too many cases."""
    cases: list[dict[Any, bool]] = [{}]
    for formula in formulas:
        cases = [
            both
            for case in cases
            for more in _cases(formula, True)
            if (both := _merged(case, more)) is not None
        ]
        if len(cases) > MOST_CASES:
            return False
    return any(_feasible(case) for case in cases)


def _merged(one: Mapping[Any, bool], other: Mapping[Any, bool]) -> dict[Any, bool] | None:
    clash = any(one.get(atom, value) != value for atom, value in other.items())
    return None if clash else {**one, **other}


def _cases(formula: Formula, value: bool) -> list[dict[Any, bool]]:
    """Ways to give the atoms truth values so that the formula has `value`."""
    match formula:
        case ("false",):
            return [] if value else [{}]
        case ("not", part):
            return _cases(part, not value)
        case ("implies", one, other):
            return _cases(("or", ("not", one), other), value)
        case ("iff", one, other):
            same = [("and", one, other), ("and", ("not", one), ("not", other))]
            mixed = [("and", one, ("not", other)), ("and", ("not", one), other)]
            return [case for each in (same if value else mixed) for case in _cases(each, True)]
        case ("and" | "or" as kind, *parts) if (kind == "and") == value:
            found: list[dict[Any, bool]] = [{}]
            for part in parts:
                more = _cases(part, value)
                found = [both for a in found for b in more if (both := _merged(a, b)) is not None][
                    :MOST_CASES
                ]
            return found
        case ("and" | "or", *parts):
            return [case for part in parts for case in _cases(part, value)]
        case _:
            return [{formula: value}]


def _feasible(case: Mapping[Any, bool]) -> bool:
    """Whether the comparisons of a case hold for some rationals. A pair says: below, or at most, 0."""
    systems: list[list[tuple[bool, Linear]]] = [[]]
    for atom, value in case.items():
        if atom[0] not in COMPARISONS:
            continue
        kind, one, other = atom
        below, above = _minus(one, other), _minus(other, one)
        if kind == "equal" and not value:
            systems = [[*system, (True, side)] for system in systems for side in (below, above)]
            continue
        if kind == "equal":
            more = [(False, below), (False, above)]
        else:
            more = [(kind == "less", below)] if value else [(kind == "most", above)]
        systems = [[*system, *more] for system in systems]
    return any(_fourier_motzkin(system) for system in systems)


def _minus(one: Linear, other: Linear) -> Linear:
    return combine(one, Fraction(1), other, Fraction(-1))


def combine(one: Linear, by: Fraction, other: Linear, other_by: Fraction) -> Linear:
    """`by * one + other_by * other`."""
    factors: dict[str, Fraction] = {}
    for (_, terms), factor in ((one, by), (other, other_by)):
        for name, value in terms:
            factors[name] = factors.get(name, Fraction(0)) + factor * value
    terms = tuple(sorted((name, value) for name, value in factors.items() if value))
    return by * one[0] + other_by * other[0], terms


def _fourier_motzkin(system: list[tuple[bool, Linear]]) -> bool:
    while names := sorted({name for _, (_, terms) in system for name, _ in terms}):
        name, rest = names[0], list[tuple[bool, Linear]]()
        upper, lower = list[tuple[bool, Linear, Fraction]](), list[tuple[bool, Linear, Fraction]]()
        for strict, expression in system:
            factor = dict(expression[1]).get(name)
            if factor is None:
                rest.append((strict, expression))
            else:
                (upper if factor > 0 else lower).append((strict, expression, abs(factor)))
        for (strict, one, by), (other_strict, other, other_by) in itertools.product(upper, lower):
            rest.append((strict or other_strict, combine(one, other_by, other, by)))
        system = list(dict.fromkeys(rest))
    return all(constant < 0 if strict else constant <= 0 for strict, (constant, _) in system)
