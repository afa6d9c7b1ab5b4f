"""Lean's text: comments, statements, and what an answer may not contain."""

# ruff: noqa: RUF001 - Lean's own letters

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.verify.kernels.lean_source import (
    bound_options,
    read_statement,
    refusal,
    restate,
    strip_comments,
    whole_file,
)

HEAD = "import Mathlib\nopen Nat Real\n\ndef f (x : ℝ) : ℝ := x + 1\n\n"
SIMPLE = "theorem add_zero' (n : ℕ) : n + 0 = n"


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a -- b\nc", "a \nc"),
        ("a /- b /- c -/ d -/ e", "a   e"),
        ("a /-- b -/ c /-! d -/ e", "a   c   e"),
        ('a "-- b /-" c', 'a "-- b /-" c'),
        ('a "\\"-- b" -- c', 'a "\\"-- b" '),
        ("a /- -- b -/ c", "a   c"),
        ('a /- " -/ c', "a   c"),
        ("a /- --/ c", "a   c"),
        ("f '\"' -- c\n'x'", "f '\"' \n'x'"),
        ("h' -- c\nh'' x'", "h' \nh'' x'"),
        ("a -/ b", "a -/ b"),
        ('"never closed -- b', '"never closed -- b'),
    ],
)
def test_comments(source: str, left: str) -> None:
    assert strip_comments(source) == left


def test_a_comment_that_is_never_closed() -> None:
    with pytest.raises(DataError, match="never closed"):
        strip_comments("a /- b /- c -/")


@pytest.mark.parametrize(
    "ending", ["", " := by sorry", " := sorry", " := by\n  sorry\n", " :=", ":= by admit"]
)
def test_a_statement_is_taken_apart(ending: str) -> None:
    statement = read_statement(f"{HEAD}/-- A doc. -/\n@[simp] {SIMPLE}{ending}")
    assert statement.imports == ("import Mathlib",)
    assert statement.preamble == "open Nat Real\n\ndef f (x : ℝ) : ℝ := x + 1"
    assert (statement.name, statement.binders, statement.claim) == ("add_zero'", "(n : ℕ)", "n + 0 = n")
    assert statement.proposition("P") == "def P : Prop :=\n  ∀ (n : ℕ), (n + 0 = n)"


@pytest.mark.parametrize(
    ("theorem", "name", "binders", "claim"),
    [
        ("theorem t : ∀ x : ℕ, x = x", "t", "", "∀ x : ℕ, x = x"),
        (
            "lemma A.b_1' {α : Type*} [Group α] (x : α) : x = x",
            "A.b_1'",
            "{α : Type*} [Group α] (x : α)",
            "x = x",
        ),
        ("theorem t.{u} (α : Type u): α = α", "t", "(α : Type u)", "α = α"),
        (
            "theorem t\n    (h : x = (1 : ℝ)) :\n    ⟨1, (2 : ℕ)⟩ = y",
            "t",
            "(h : x = (1 : ℝ))",
            "⟨1, (2 : ℕ)⟩ = y",
        ),
        ("theorem t (f : ℕ → ℕ := fun x => x) : f 1 = 1", "t", "(f : ℕ → ℕ := fun x => x)", "f 1 = 1"),
        ("private theorem t : True", "t", "", "True"),
    ],
)
def test_statements(theorem: str, name: str, binders: str, claim: str) -> None:
    statement = read_statement(f"{theorem} := by sorry")
    assert (statement.name, statement.binders, statement.claim) == (name, binders, claim)


def test_what_holds_for_the_theorem_alone_is_kept_with_it() -> None:
    statement = read_statement("open Nat\nopen Finset in\nset_option autoImplicit true in\ntheorem t : True")
    assert statement.modifiers == "open Finset in\nset_option autoImplicit true in\n"
    assert statement.preamble == "open Nat"
    assert statement.proposition("P").startswith(statement.modifiers)
    assert read_statement("open Nat in theorem t : True").modifiers == "open Nat in "


@pytest.mark.parametrize(
    "gold",
    [
        "",
        "def f : ℕ := 1",
        "theorem",
        "theorem t",
        "theorem t :",
        "theorem t : := by sorry",
        "theorem t (n : ℕ) := by sorry",
        "theorem t : 1 = 1 := by rfl",
        "variable (n : ℕ)\ntheorem t : n = n",
        "/- theorem t : True -/",
        "-- theorem t : True",
    ],
)
def test_a_gold_without_a_statement(gold: str) -> None:
    with pytest.raises(DataError):
        read_statement(gold)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("simp", f"{SIMPLE} := by\n  simp"),
        ("  simp\n  rfl", f"{SIMPLE} := by\n  simp\n  rfl"),
        ("by simp", f"{SIMPLE} := by simp"),
        (":= by\n  simp", f"{SIMPLE} := by\n  simp"),
        (":= rfl", f"{SIMPLE} := rfl"),
        (f"{SIMPLE} := rfl", f"{SIMPLE} := rfl"),
        (f"import Mathlib\n{SIMPLE} := rfl", f"{SIMPLE} := rfl"),
        (f"{HEAD}{SIMPLE} := rfl", f"{SIMPLE} := rfl"),
        (f"open  Nat Real\ndef f (x : ℝ)\n  : ℝ := x + 1\n{SIMPLE} := rfl", f"{SIMPLE} := rfl"),
        ("lemma add_zero' : False := x", "lemma add_zero' : False := x"),
        ("exact add_zero'' n", f"{SIMPLE} := by\n  exact add_zero'' n"),
    ],
)
def test_an_answer_is_restated(answer: str, body: str) -> None:
    statement = read_statement(f"{HEAD}{SIMPLE} := by sorry")
    assert restate(answer, statement).strip() == body


def test_a_file_without_an_answer_only_states() -> None:
    code = whole_file(read_statement(SIMPLE), "", "0", 5)
    assert "Stated_0" in code and "theorem checked_0 : True := trivial" in code and "@" not in code


@pytest.mark.parametrize(
    "text",
    [
        "sorry", "exact sorry", "by admit", "axiom a : False", "exact sorryAx _", "apply?", "native_decide",
        "bv_decide", "@[implemented_by f] def g := 1", '@[extern "c"] def g := 1', "@[csimp] theorem x : a",
        "unsafe def x := 1", "unsafeCast x", "partial def f := f", "macro \"x\" : tactic => `(tactic| rfl)",
        "macro_rules | `(x) => `(y)", 'notation "a" => b', 'local notation3 "a" => b', 'infixl:65 " + " => f',
        'prefix:max "-" => f', 'syntax "x" : term', 'elab "x" : tactic => pure ()', "elab_rules : tactic",
        "declare_syntax_cat x", "simproc foo (x) := fun", "dsimproc x", "initialize x : Nat ← pure 1",
        "builtin_initialize x", "by_elab return x", "run_cmd x", "run_tac x", "open Lean Elab",
        "import Lean", "_root_.Lean.Expr", "«Lean»", "open Qq", "meta def x := 1",
        "local instance : Add ℕ := ⟨Nat.mul⟩",
        "attribute [local instance] x", "#eval 1", "#eval! 1", "#print axioms x", "#exit", "#reduce x",
        "#guard_msgs (drop error) in x", 'include_str "x"', "set_option debug.skipKernelTC true",
        "set_option warn.sorry false", "set_option", "count_heartbeats in x", "λsorry", "f 1sorry", "(sorry)",
        "h.sorry", "sorry--", "Lean.ofReduceBool a b rfl", "exact lcProof",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    assert refusal(text) is not None
    assert refusal(f"theorem x : True := by\n  {text}\n  trivial") is not None


@pytest.mark.parametrize(
    "text",
    [
        "simp [sorry_free]", "exact not_admitted", "rw [prefix_append]", "exact List.IsPrefix.eq",
        "metavariable", "PartialOrder α", "set_option maxHeartbeats 400000 in",
        "set_option linter.unusedVariables false",
        "set_option pp.all true in", "set_option autoImplicit false", "exact?", "simp only [reduceIte]",
        "#check x", "instance : Add F := ⟨f⟩", "decide", "norm_num", "open Nat Real",
        "noncomputable def f := 1",
        "have h₁ : #s = 3 := by rfl", "termination_by x => x", "calc a = b := by simp\n  _ = c := rfl",
    ],
)  # fmt: skip
def test_allowed(text: str) -> None:
    assert refusal(text) is None


@pytest.mark.parametrize(
    ("given", "bounded"),
    [("0", "1000"), ("999", "999"), ("1000", "1000"), ("1001", "1000"), ("9" * 5000, "1000"), ("x", "1000")],
)
def test_limits_are_brought_down(given: str, bounded: str) -> None:
    assert (
        bound_options(f"set_option maxHeartbeats {given} in", 1000)
        == f"set_option maxHeartbeats {bounded} in"
    )
    assert bound_options(f"set_option pp.all {given}", 1000) == f"set_option pp.all {given}"


@given(st.text(alphabet="-/\"'\\ab\n λ", max_size=40))
def test_what_is_left_of_a_text_is_a_part_of_it(source: str) -> None:
    try:
        bare = strip_comments(source)
    except DataError:
        return
    remaining = iter(source)
    assert all(letter in remaining for letter in bare.replace(" ", ""))
    assert "--" not in source or len(bare) <= len(source)


@pytest.mark.parametrize(
    "piece", ['"\\', "/-", "'", "open a in ", "theorem ", "--\n", "set_option ", "(", "a_"]
)
def test_long_texts_are_read_at_once(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    for read in (strip_comments, read_statement, refusal, lambda text: bound_options(text, 5)):
        with contextlib.suppress(DataError):
            read(text)
    assert time.process_time() - began < 2
