"""Z3's word on what follows, against tables, and against Z3 with quantifiers left in."""

from __future__ import annotations

import random
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.logic.reading import read, read_all
from ponder.logic.statements import Literal, Part, Property, Statement, fact, part, rule, some
from ponder.logic.truth import Standing, Theory


@pytest.mark.parametrize(
    ("premises", "claim", "standing"),
    [
        ("Tom is a raven. Every raven is black.", "Tom is black.", "follows"),
        ("Tom is a raven. No raven is black.", "Tom is black.", "contradicted"),
        ("Tom is a raven. Every robin is black.", "Tom is black.", "open"),
        ("Tom is black. Every raven is black.", "Tom is a raven.", "open"),  # affirming the consequent
        ("Tom is not black. Every raven is black.", "Tom is a raven.", "contradicted"),
        ("Tom is red or calm. Tom is not red.", "Tom is calm.", "follows"),
        ("Tom is red or calm. Every gem is red.", "Tom is a gem.", "open"),
        ("Tom is red or calm. Everything that is red is a gem. Everything that is calm is a gem.",
         "Tom is a gem.", "follows"),
        ("If something is red and calm, then it is a gem. Tom is red.", "Tom is a gem.", "open"),
        ("If something is red and calm, then it is a gem. Tom is red and calm.", "Tom is a gem.", "follows"),
        ("If Tom is red, then Tom is calm. Tom is not calm.", "Tom is red.", "contradicted"),
        ("Every raven is a bird. Every bird is calm.", "Every raven is calm.", "follows"),
        ("Every raven is a bird. No bird is calm.", "Some ravens are calm.", "contradicted"),
        ("Every raven is a bird. Every bird is calm.", "Some ravens are calm.", "open"),  # no raven need be
        ("Some ravens are birds. Every bird is calm.", "Some ravens are calm.", "follows"),
        ("Some ravens are birds. No bird is calm.", "Some ravens are not calm.", "follows"),
        ("Some ravens are birds. No bird is calm.", "Every raven is calm.", "contradicted"),
        ("Some ravens are birds. Some birds are calm.", "Some ravens are calm.", "open"),
        ("Some birds are calm.", "Tom is calm.", "open"),
        ("Every raven is a bird.", "Ana is calm.", "open"),
        ("If something is not red, then it is calm.", "Ana is red or calm.", "follows"),
    ],
)  # fmt: skip
def test_what_follows(premises: str, claim: str, standing: str) -> None:
    theory = Theory(read_all(premises))
    assert theory.consistent()
    assert theory.standing(read(claim)) == standing


def test_premises_that_cannot_all_hold_are_found() -> None:
    assert not Theory(read_all("Tom is red. Every gem is calm. Tom is not red.")).consistent()
    assert not Theory(read_all("Some ravens are calm. No raven is calm.")).consistent()


def test_the_support_is_no_more_than_is_needed_and_prefers_what_comes_later() -> None:
    theory = Theory(read_all("Tom is a raven. Every raven is a bird. Every bird is calm. Tom is a bird."))
    assert theory.support(read("Tom is calm.")) == (2, 3)
    assert theory.support(read("Tom is calm."), range(3)) == (0, 1, 2)
    assert theory.support(read("Tom is red.")) == ()


PROPERTIES = [Property("raven"), Property("bird"), Property("calm", noun=False)]
literals = st.builds(Literal, st.sampled_from(PROPERTIES), st.booleans())
parts = st.builds(lambda each, either: part(*each, either=either), st.lists(literals, min_size=1, max_size=2),
                  st.booleans())  # fmt: skip
statements = st.one_of(
    st.builds(fact, st.sampled_from(["Tom", "Ana"]), parts), st.builds(rule, parts, parts),
    st.builds(some, parts, parts),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(statements, max_size=5), statements)
def test_grounding_agrees_with_quantifiers(premises: list[Statement], claim: Statement) -> None:
    theory = Theory(premises)
    assert theory.consistent() == (quantified(premises) == z3.sat)
    assert theory.follows(claim) == (quantified([*premises, claim.negated()]) == z3.unsat)
    assert theory.contradicts(claim) == (quantified([*premises, claim]) == z3.unsat)


def quantified(statements: list[Statement]) -> Any:
    """Z3's answer on the statements as they stand, over a domain of any size."""
    thing = z3.DeclareSort("Thing")
    bound = z3.Const("x", thing)
    solver = z3.Solver()

    def told(each: Part, who: Any) -> Any:
        literals = [z3.Function(one.property.word, thing, z3.BoolSort())(who) for one in each.literals]
        signed = [
            held if one.positive else z3.Not(held) for held, one in zip(literals, each.literals, strict=True)
        ]
        return z3.Or(signed) if each.either else z3.And(signed)

    for statement in statements:
        head, body = statement.head, statement.body
        match statement.quantity:
            case "name":
                solver.add(told(head, z3.Const(statement.name, thing)))
            case "every":
                assert body is not None
                solver.add(z3.ForAll([bound], z3.Implies(told(body, bound), told(head, bound))))
            case "some":
                assert body is not None
                solver.add(z3.Exists([bound], z3.And(told(body, bound), told(head, bound))))
    return solver.check()


@given(st.permutations(range(4)), st.integers(0, 10**6))
def test_the_order_of_premises_changes_nothing(order: list[int], seed: int) -> None:
    premises = read_all("Tom is a raven. Every raven is a bird. No bird is calm. Some gems are red.")
    claim = random.Random(seed).choice(
        [read("Tom is calm."), read("Tom is red."), read("Some gems are red.")]
    )
    assert Theory([premises[at] for at in order]).standing(claim) is Theory(premises).standing(claim)
    assert Standing.OPEN is Theory(()).standing(claim)
