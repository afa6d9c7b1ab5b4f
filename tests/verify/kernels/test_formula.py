"""Formulas: what text means, what is refused, and that trees, text and substitution agree."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.verify.kernels.formula import (
    And,
    Apply,
    AtMost,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Iff,
    Implies,
    Less,
    Not,
    Number,
    Or,
    Scaled,
    Sort,
    Sum,
    Truth,
    abstract,
    conjunction,
    depth,
    disjunction,
    instantiate,
    symbols,
)
from ponder.verify.kernels.formula_lexer import Unreadable
from ponder.verify.kernels.formula_parser import DEEPEST, parse_formula, parse_formulas, parse_sequent
from ponder.verify.kernels.formula_printer import show
from ponder.verify.kernels.sorts import Signature, SortClash

P, Q, R = Atom("p"), Atom("q"), Atom("r")
X, Y = Apply("x"), Apply("y")


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("p -> q -> r", Implies(P, Implies(Q, R))),
        ("p & q | r", Or((And((P, Q)), R))),
        ("p | q & r", Or((P, And((Q, R))))),
        ("~p & q", And((Not(P), Q))),
        ("p -> q <-> ~q -> ~p", Iff(Implies(P, Q), Implies(Not(Q), Not(P)))),
        ("p & (q & r)", And((P, Q, R))),
        ("p | (q | r)", Or((P, Q, R))),
        ("~ ~p", Not(Not(P))),
        ("not p or q implies r", Implies(Or((Not(P), Q)), R)),
        ("p AND Not q", And((P, Not(Q)))),
        ("¬p ∧ q → r ↔ ⊥", Iff(Implies(And((Not(P), Q)), R), Truth(False))),
        (r"\lnot p \land q \Rightarrow \top", Implies(And((Not(P), Q)), Truth(True))),
        (r"p /\ q \/ r => p", Implies(Or((And((P, Q)), R)), P)),
        ("p if and only if q", Iff(P, Q)),
        ("p  ==>  q", Implies(P, Q)),
        ("[p -> q] && !r", And((Implies(P, Q), Not(R)))),
        ("x = y", Equal(X, Y)),
        ("x != y", Not(Equal(X, Y))),
        ("~x = y", Not(Equal(X, Y))),
        ("x > y", Less(Y, X)),
        ("x ≥ y", AtMost(Y, X)),
        ("x + 1 < 2*y", Less(Sum(X, Number(Fraction(1))), Scaled(Fraction(2), Y))),
        ("x - 1 < 2y", Less(Sum(X, Number(Fraction(-1))), Scaled(Fraction(2), Y))),
        ("x/2 <= 0.5", AtMost(Scaled(Fraction(1, 2), X), Number(Fraction(1, 2)))),
        ("(1 + 1) * x = -y", Equal(Scaled(Fraction(2), X), Scaled(Fraction(-1), Y))),
        ("x * 3 = 2 * 3", Equal(Scaled(Fraction(3), X), Scaled(Fraction(2), Number(Fraction(3))))),
        ("(x + y) * 2 < 1", Less(Scaled(Fraction(2), Sum(X, Y)), Number(Fraction(1)))),
        ("2(x + y) < 1", Less(Scaled(Fraction(2), Sum(X, Y)), Number(Fraction(1)))),
        ("forall x. p(x) -> q", ForAll(Implies(Atom("p", (Bound(0),)), Q))),
        ("∀x p(x) -> q", Implies(ForAll(Atom("p", (Bound(0),))), Q)),
        ("∀x(p(x) -> q)", ForAll(Implies(Atom("p", (Bound(0),)), Q))),
        ("forall x, y. r(x, y)", ForAll(ForAll(Atom("r", (Bound(1), Bound(0)))))),
        ("∀x∃y r(x, y)", ForAll(Exists(Atom("r", (Bound(1), Bound(0)))))),
        ("for all x: there exists y: x = y", ForAll(Exists(Equal(Bound(1), Bound(0))))),
        ("forall x. exists x. p(x)", ForAll(Exists(Atom("p", (Bound(0),))))),
        ("forall x. q & p(f(x))", ForAll(And((Q, Atom("p", (Apply("f", (Bound(0),)),)))))),
    ],
)
def test_what_text_means(text: str, formula: Any) -> None:
    assert parse_formula(text) == formula
    assert parse_formula(f"((({text})))") == formula


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the end stands"),
        ("p &", "the end stands"),
        ("p q", "`q` stands where the end"),
        ("(p", r"where `\)` should"),
        ("p & & q", "`&` stands"),
        ("a = b < c", "formula `a = b` stands where a term"),
        ("a = (p & q)", "stands where a term"),
        ("(x + 1) & p", "stands where a formula"),
        ("x*y < 1", "linear"),
        ("1/x < 1", "linear"),
        ("1/2x < 1", "two ways"),
        ("x/(1 - 1) < 1", "division by zero"),
        ("x^2 < 1", r"`\^` means nothing"),
        (r"\frac{1}{2} = x", "means nothing"),
        ("forall x. x", "a variable stands where a formula"),
        ("forall x. x(a)", "takes no arguments"),
        ("forall x p(x) -> q(x)", "both bound and free"),
        ("p(x) & exists x. q(x)", "both bound and free"),
        ("f() = a", "stands where"),
        ("x < " + "9" * 41, "digits"),
        ("x < " + "*".join(["9" * 39] * 40), "bits"),
        ("(" * 101 + "p" + ")" * 101, "nested deeper"),
        ("~" * 3_000 + "p", "nested deeper"),
        ("p -> " * 3_000 + "p", "nested deeper"),
        ("p <-> " * 3_000 + "p", "nested deeper"),
        ("f(" * 3_000, "nested deeper"),
        ("-" * 3_000 + "1 = x", "nested deeper"),
        ("x" + " + x" * 3_000 + " = 1", "nested deeper"),
        ("x" + "/ 2" * 3_000 + " = 1", "nested deeper"),
        ("forall " + "x " * 3_000 + ". p", "nested deeper"),
        ("(" * 2_000 + "p" + ")" * 2_000, "nested deeper"),
        ("p & " * 10_000 + "p", "longer than"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        parse_formula(text)


def test_lists_and_sequents() -> None:
    assert parse_formulas("forall x, y. r(x, y), p; q") == (parse_formula("forall x y. r(x, y)"), P, Q)
    assert parse_formulas(" ") == ()
    assert parse_sequent("p -> q, p |- q") == ((Implies(P, Q), P), Q)
    assert parse_sequent(r"\vdash p") == ((), P)
    for text in ("p", "p |-", "p |- q, r", "p, |- q", "p |- q |- r"):
        with pytest.raises(Unreadable):
            parse_sequent(text)


terms: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from("abc").map(Apply)
    | st.fractions(-9, 9, max_denominator=5).map(Number)
    | st.integers(0, 3).map(Bound),
    lambda inner: (
        st.builds(Sum, inner, inner)
        | st.builds(Scaled, st.fractions(-9, 9, max_denominator=5), inner)
        | st.builds(lambda arg: Apply("f", (arg,)), inner)
    ),
    max_leaves=5,
)
formulas: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from((P, Q, Truth(True), Truth(False)))
    | st.builds(lambda term: Atom("s", (term,)), terms)
    | st.builds(Equal, terms, terms)
    | st.builds(Less, terms, terms)
    | st.builds(AtMost, terms, terms),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(conjunction)
        | st.lists(inner, min_size=2, max_size=3).map(disjunction)
        | st.builds(Implies, inner, inner)
        | st.builds(Iff, inner, inner)
        | st.builds(lambda body, hint: ForAll(body, hint=hint), inner, st.sampled_from("xyz"))
        | st.builds(lambda body, hint: Exists(body, hint=hint), inner, st.sampled_from("xyz"))
    ),
    max_leaves=8,
)


def closed(formula: Any) -> Any:
    """Quantified until no variable is left over."""
    for _ in range(4):
        formula = ForAll(formula, hint="z")
    return formula


@given(formulas)
def test_what_is_printed_is_read_back(formula: Any) -> None:
    formula = closed(formula)
    assert parse_formula(show(formula)) == formula


@given(formulas)
def test_putting_in_and_abstracting_undo_each_other(formula: Any) -> None:
    formula = closed(formula)
    assert abstract(instantiate(formula.body, Apply("new")), "new") == formula.body
    assert instantiate(abstract(formula, "a"), Apply("a")) == formula
    assert "a" not in symbols(abstract(formula, "a"))


def test_bound_names_do_not_matter_and_nothing_is_captured() -> None:
    inner = parse_formula("forall x. exists y. r(x, y)")
    assert isinstance(inner, ForAll)
    assert inner == parse_formula("forall u. exists v. r(u, v)")
    assert inner != parse_formula("forall x. exists y. r(y, x)")
    assert instantiate(inner.body, Y) == parse_formula("exists z. r(y, z)")
    assert show(instantiate(inner.body, Y)) == "exists y1. r(y, y1)"


@given(st.text(alphabet="pqxy()~&|->.,=<+*12 \n'forallexists\\", max_size=80))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except Unreadable:
        return
    assert depth(formula) <= DEEPEST
    assert parse_formula(show(formula)) == formula


def sorted_formulas(*texts: str) -> list[Any]:
    signature = Signature()
    noted = [signature.note(parse_formula(text)) for text in texts]
    return [signature.settle(each) for each in noted]


def test_sorts_are_found_by_use() -> None:
    (age,) = sorted_formulas("forall x. student(x) -> age(x) < 30")
    assert isinstance(age, ForAll) and age.sort is Sort.OBJECT
    one, other = sorted_formulas("forall x. p(x)", "p(3)")
    assert isinstance(one, ForAll) and one.sort is Sort.NUMBER and other == Atom("p", (Number(Fraction(3)),))
    (same,) = sorted_formulas("forall x. exists y. x = y")
    assert same == ForAll(Exists(Equal(Bound(1), Bound(0)), Sort.OBJECT), Sort.OBJECT)
    _, equal = sorted_formulas("a = b", "b + 1 = 2")
    assert equal == Equal(Sum(Apply("b", (), Sort.NUMBER), Number(Fraction(1))), Number(Fraction(2)))


@pytest.mark.parametrize(
    "texts",
    [
        ("p(a)", "p"),
        ("p(a)", "p(a, b)"),
        ("p(a)", "a"),
        ("p(a)", "p(p(a))"),
        ("p(a)", "f(a) = p"),
        ("f(a) < 1", "f(a) | f(b)"),
        ("forall x. p(x) & x < 1", "p(a)", "a(b) = 1"),
    ],
)  # fmt: skip
def test_a_symbol_has_one_use(texts: tuple[str, ...]) -> None:
    with pytest.raises(SortClash):
        sorted_formulas(*texts)


def test_a_theorem_settles_its_names_before_its_proof() -> None:
    theorem = Signature()
    theorem.settle(theorem.note(parse_formula("exists x. exists y. x != y & p(a)")))
    proof = Signature(theorem)
    with pytest.raises(SortClash):
        proof.note(parse_formula("a < 1"))
    with pytest.raises(SortClash):
        proof.note(parse_formula("p(0)"))
