"""Which commands an answer may use, and that the rest cannot be hidden."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.verify.kernels.coq_language import recursive_functions, refusal
from ponder.verify.kernels.coq_source import sentences, strip_comments

COMMANDS = [
    'Load "x".', "Drop.", 'Cd "/".', 'Redirect "x" Print nat.', 'Extraction "x" nat.', "Declare ML Module x.",
    "Add LoadPath x.", 'Print Universes "x".', "Print Sorted\nUniverses.", "Unset Guard Checking.",
    "#[bypass_check(guard)] Definition x := 1.", "exact_no_check I.", "vm_cast_no_check I.", "Import Ltac2.",
    "Module M.", "Include M.", "Primitive f := #int63_add.", "Register a as b.", "Check SProp.",
    "#[projections(primitive)] Record r := {}.", "Set Primitive Projections.",
    "Set Definitional UIP.", "Polymorphic Definition x := 1.", "#[universes(polymorphic)] Definition x := 1.",
    "Set Universe Polymorphism.", "fix f 1.", "cofix f.", "Check (fix f n := 1).", "Check 1fix f.",
    "CoFixpoint f := f.", "Function f n := 1.", "Let Fixpoint f n := 1.", "Program Fixpoint f n := 1.",
    "Theorem a : A with b : B.", "Lemma a : A\nwith b : B.",
    'Notation "\'match\'" := 1. Lemma a : match with b : B.', 'Lemma a : "match" = s with b : B.',
]  # fmt: skip
ALLOWED = [
    "Lemma fixed : True.", "Definition prefix := 1.", "exact fix_lemma.", "Definition Moduleish := 1.",
    "apply x_fix.", "Check Fix.", "rewrite H with (n := 1).", "Fixpoint f n := 1.",
    "#[local] Fixpoint f n := 1.", "Local Fixpoint f n := 1.", "Set Implicit Arguments.",
    "Lemma a : match 1 with 0 => False | S _ => True end.", "Definition Loader := 1.",
    "Theorem a : True.", "destruct x with y.", "auto with arith.",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_refused(command: str) -> None:
    why = refusal(sentences(command))
    assert why and ("allowed" in why)
    assert refusal(sentences(f"idtac. {command} idtac.")) is not None
    assert refusal(sentences(strip_comments(f'(* "*)" *){command}(**)'))) is not None


@pytest.mark.parametrize("command", ALLOWED)
def test_allowed(command: str) -> None:
    assert refusal(sentences(command)) is None
    assert refusal(sentences(strip_comments(f"{command} (* Load fix Module *)"))) is None


def test_a_name_of_the_statements_may_be_used_where_the_jail_holds_anyway() -> None:
    assert refusal(["destruct Load."], ["Inductive code := Load | Store."]) is None
    assert refusal(["destruct Drop."], ["Inductive code := Load | Store."]) is not None
    assert refusal(["Check (fix f n := 1)."], ["Definition d := fix f n := 1."]) is not None


def test_the_names_of_recursive_functions() -> None:
    text = "Fixpoint f n := 1. Local Fixpoint g' {A} := 1. #[local]\nFixpoint _h := 1. Definition i := 1."
    assert recursive_functions(sentences(text)) == ["f", "g'", "_h"]


@given(st.text(alphabet="fixFpont0 ._'é∀(\n", max_size=40), st.sampled_from(["fix", "Module", "cofix"]))
def test_a_word_by_itself_is_always_found(text: str, word: str) -> None:
    assert refusal([f"{text} {word} {text}"]) is not None


@pytest.mark.parametrize("piece", ["1", "a_", "Program ", "Print ", "Theorem ", "_no_chec", "with ", "#[a] "])
def test_long_texts_are_judged_at_once(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    refusal(sentences(text))
    assert time.process_time() - began < 1
