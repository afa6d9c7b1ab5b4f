"""Every rule is sound on all small formulas: whatever it allows holds in every small model of what it cites.

A formula is the set of the models that it holds in, as the bits of a number, so what is cited entails a claim
when `cited & ~claim` is nothing.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from ponder.verify.kernels.boxes import Line, Subproof
from ponder.verify.kernels.first_order_rules import FIRST_ORDER, witnesses
from ponder.verify.kernels.formula import (
    And,
    Apply,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Truth,
    abstract,
    symbols,
)
from ponder.verify.kernels.formula_parser import parse_formula
from ponder.verify.kernels.rules import PROPOSITIONAL
from ponder.verify.kernels.sorts import Signature

PROPOSITIONS = """
    p / q / ~p / ~q / ~~p / false / p & q / q & p / p & ~p / ~(p & q) / p | q / q | p / p | ~p
    ~(p | q) / p -> q / q -> p / ~q -> ~p / ~p -> q / p -> ~q / p -> p / p <-> q / q <-> p / ~p | q
    ~p | ~q / ~p & ~q / p & q & p / p -> q -> p / (p -> q) -> p / p | q | ~p / p & (p -> q)
    ~(p -> q) / p -> false / ~p -> false / p | p / ~~(p & q)
"""
QUANTIFIED = """
    p(a) / p(b) / p(c) / ~p(a) / p(f(a)) / p(f(c)) / r(a, b) / r(b, a) / r(a, a) / r(c, c) / r(a, c)
    r(c, a) / forall x. p(x) / exists x. p(x) / ~forall x. p(x) / ~exists x. p(x) / forall x. ~p(x)
    exists x. ~p(x) / forall x. p(f(x)) / exists x. p(f(x)) / forall x. r(x, x) / exists x. r(x, x)
    forall x. r(x, a) / exists x. r(a, x) / forall x, y. r(x, y) / exists x, y. r(x, y)
    forall x. exists y. r(x, y) / exists x. forall y. r(x, y) / exists y. r(a, y) / forall y. r(y, c)
    exists y. r(c, y) / a = b / b = a / a = a / b = c / a = c / f(a) = f(b) / f(a) = a / a != b
    f(c) = c / forall x. x = a / exists x. x = a / forall x. p(a) / p(a) -> p(c)
    forall x. p(a) -> p(x) / exists x. p(x) & r(x, a) / p(c) & r(c, a) / forall x. p(x) -> r(x, x)
    p(c) -> r(c, c) / p(a) -> r(a, a)
"""
Model = Mapping[Any, Any]


def pool(texts: str) -> list[Formula]:
    signature = Signature()
    noted = [signature.note(parse_formula(text)) for text in texts.strip().replace("\n", "/").split("/")]
    return [signature.settle(each) for each in noted]


def propositional_models() -> Iterator[Model]:
    for p, q in itertools.product((False, True), repeat=2):
        yield {("p",): p, ("q",): q}


def first_order_models() -> Iterator[Model]:
    """All with one or two things."""
    for size in (1, 2):
        things = range(size)
        pairs = list(itertools.product(things, repeat=2))
        for names in itertools.product(things, repeat=3):
            for p in itertools.product((False, True), repeat=size):
                for r in itertools.product((False, True), repeat=len(pairs)):
                    for f in itertools.product(things, repeat=size):
                        model: dict[Any, Any] = {"things": things, **dict(zip("abc", names, strict=True))}
                        model |= {("p", thing): p[thing] for thing in things}
                        model |= {("r", *pair): value for pair, value in zip(pairs, r, strict=True)}
                        yield model | {("f", thing): f[thing] for thing in things}


def thing(term: Any, model: Model, scope: tuple[int, ...]) -> int:
    match term:
        case Bound(index=index):
            return scope[-1 - index]
        case Apply(name=name, args=()):
            return model[name]
        case Apply(name=name, args=args):
            return model[(name, *(thing(arg, model, scope) for arg in args))]
    raise ValueError(term)


def holds(formula: Any, model: Model, scope: tuple[int, ...] = ()) -> bool:
    match formula:
        case Truth(value=value):
            return value
        case Atom(name=name, args=args):
            return model[(name, *(thing(arg, model, scope) for arg in args))]
        case Equal(left=left, right=right):
            return thing(left, model, scope) == thing(right, model, scope)
        case Not(body=body):
            return not holds(body, model, scope)
        case And(parts=parts):
            return all(holds(part, model, scope) for part in parts)
        case Or(parts=parts):
            return any(holds(part, model, scope) for part in parts)
        case Implies(left=left, right=right):
            return not holds(left, model, scope) or holds(right, model, scope)
        case Iff(left=left, right=right):
            return holds(left, model, scope) == holds(right, model, scope)
        case ForAll(body=body):
            return all(holds(body, model, (*scope, one)) for one in model["things"])
        case Exists(body=body):
            return any(holds(body, model, (*scope, one)) for one in model["things"])
    raise ValueError(formula)


class Bits:
    """The models that a formula holds in."""

    def __init__(self, models: Iterator[Model]) -> None:
        self.models = list(models)
        self.known = dict[Formula, int]()

    def __call__(self, formula: Formula) -> int:
        if formula not in self.known:
            held = (holds(formula, model) << place for place, model in enumerate(self.models))
            self.known[formula] = sum(held)
        return self.known[formula]


def assert_sound(bits: Bits, claim: Formula, lines: list[Line], subproofs: list[Subproof], name: str) -> None:
    cited = bits(Truth(True))
    for line in lines:
        cited &= bits(line.formula)
    for subproof in subproofs:
        assert subproof.assumption is not None
        cited &= bits(Implies(subproof.assumption, subproof.conclusion))
    assert not cited & ~bits(claim), (name, claim, lines, subproofs)


def line(formula: Formula) -> Line:
    """Where every name is fixed."""
    return Line(formula, symbols(formula) | {"a", "b", "c"})


def subproof(assumption: Formula, conclusion: Formula) -> Subproof:
    return Subproof((), assumption, conclusion, frozenset("abc"))


def allowed(
    rule: Any, formulas: list[Formula], most: int
) -> Iterator[tuple[Formula, list[Line], list[Subproof]]]:
    """All that a rule allows with at most `most` formulas cited, a subproof counting as two."""
    for steps, proofs in itertools.product(range(most + 1), range(most // 2 + 1)):
        if steps + 2 * proofs > most or not rule.may_cite(steps, proofs):
            continue
        for cited in itertools.product(formulas, repeat=steps + 2 * proofs):
            lines = [line(formula) for formula in cited[:steps]]
            pairs = zip(cited[steps::2], cited[steps + 1 :: 2], strict=True)
            subproofs = [subproof(one, other) for one, other in pairs]
            for claim in formulas:
                if rule.check(claim, lines, subproofs):
                    yield claim, lines, subproofs


@pytest.mark.parametrize("name", PROPOSITIONAL)
def test_propositional_rules(name: str) -> None:
    bits, found = Bits(propositional_models()), 0
    for claim, lines, subproofs in allowed(PROPOSITIONAL[name], pool(PROPOSITIONS), 2):
        assert_sound(bits, claim, lines, subproofs, name)
        found += 1
    assert found or name == "or elimination"


@pytest.mark.parametrize(
    ("name", "texts", "most"),
    [
        ("or elimination", "p / q / ~p / p | q / p -> q / q -> p", 5),
        ("disjunctive syllogism", "p / q / ~p / ~q / p | q / p | ~p / ~p | q / ~(p | q) / p | q | ~p", 3),
        ("iff introduction", "p / q / ~p / p -> q / q -> p / p <-> q / p <-> ~p / false", 4),
    ],
)
def test_rules_on_more(name: str, texts: str, most: int) -> None:
    bits, found = Bits(propositional_models()), 0
    for claim, lines, subproofs in allowed(PROPOSITIONAL[name], pool(texts), most):
        assert_sound(bits, claim, lines, subproofs, name)
        found += 1
    assert found > 3


@cache
def first_order_bits() -> Bits:
    return Bits(first_order_models())


ARBITRARY = ("forall introduction", "exists elimination")


@pytest.mark.parametrize("name", [name for name in FIRST_ORDER if name not in ARBITRARY])
def test_first_order_rules(name: str) -> None:
    formulas, found = pool(QUANTIFIED), 0
    bits = first_order_bits()
    for claim, lines, subproofs in allowed(FIRST_ORDER[name], formulas, 2):
        assert_sound(bits, claim, lines, subproofs, name)
        found += 1
    assert found


@pytest.mark.slow
def test_rules_about_an_arbitrary_name() -> None:
    """`c` is arbitrary, so what is shown of it holds of everything."""
    formulas, bits, found = pool(QUANTIFIED), first_order_bits(), Counter[str]()
    fixed = frozenset(("a", "b", "f"))
    general, special = (FIRST_ORDER[name].check for name in ARBITRARY)
    for one, claim in itertools.product(formulas, repeat=2):
        every = bits(ForAll(abstract(one, "c")))
        if general(claim, [Line(one, fixed)], []):
            assert not every & ~bits(claim), (one, claim)
            found["step"] += 1
        if general(claim, [], [Subproof(("c",), None, one, fixed)]):
            assert not every & ~bits(claim) and "c" not in symbols(claim), (one, claim)
            found["subproof"] += 1
        if witnesses(claim, one, fixed) is not None:
            assert not bits(one) & ~bits(Exists(abstract(claim, "c"))), (one, claim)
            found["witness"] += 1
    for there, assumed, claim in itertools.product(formulas, repeat=3):
        if special(claim, [Line(there, fixed)], [Subproof((), assumed, claim, fixed)]):
            shown = bits(there) & bits(ForAll(abstract(Implies(assumed, claim), "c")))
            assert not shown & ~bits(claim), (there, assumed, claim)
            found["existence"] += 1
        if general(claim, [], [Subproof(("c",), assumed, there, fixed)]):
            shown = bits(ForAll(abstract(Implies(assumed, there), "c")))
            assert not shown & ~bits(claim), (there, assumed, claim)
            found["conditional"] += 1
    assert min(found[kind] for kind in ("step", "subproof", "witness", "existence", "conditional")) > 1, found
