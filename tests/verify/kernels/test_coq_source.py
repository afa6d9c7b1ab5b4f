"""Coq's text: comments, sentences, statements, and what an answer repeats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.verify.kernels.coq_source import (
    last_theorem,
    read_statement,
    restate,
    sentences,
    strip_comments,
)

SYMM = "Theorem symm : forall n m : nat, n = m -> m = n."
DOUBLE = "Fixpoint double n := match n with 0 => 0 | S p => S (S (double p)) end."
PIECES = st.sampled_from(["(*", "*)", '"', ".", " ", "\n", "a", "Nat.add", "..", "...", "é", "(", ")", "*"])


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a (* b *) c", "a   c"),
        ("a(* b (* c *) d *)e", "a e"),
        ('a "(* b *)" c', 'a "(* b *)" c'),
        ('a (* "*)" b *) c', "a   c"),
        ('"a "" (* b"', '"a "" (* b"'),
        ("a *) b", "a *) b"),
        ("(*) a *)", " "),
        ("( * a * )", "( * a * )"),
        ("", ""),
    ],
)
def test_comments(source: str, left: str) -> None:
    assert strip_comments(source) == left


@pytest.mark.parametrize("source", ["(*", "a (* b (* c *)", '"', 'a (* " *)', '""" '])
def test_what_is_never_closed(source: str) -> None:
    with pytest.raises(DataError, match="never closed"):
        strip_comments(source)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("A. B.", ["A.", "B."]),
        ("apply Nat.add_comm. lia.", ["apply Nat.add_comm.", "lia."]),
        ("Proof with auto. intros...\nQed.", ["Proof with auto.", "intros...", "Qed."]),
        ('Notation "[ x ; .. ; y ]" := (c x .. (c y n) ..). A.', None),
        ('Check "a. b". C.', ['Check "a. b".', "C."]),
        ("- split. + auto.\n+ auto", ["- split.", "+ auto.", "+ auto"]),
        ("A.B. C", ["A.B.", "C"]),
        ("  ", []),
    ],
)
def test_sentences(source: str, found: list[str] | None) -> None:
    split = sentences(source)
    assert split == found if found is not None else len(split) == 2


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_is_lost(source: str) -> None:
    assert "".join("".join(sentences(source)).split()) == "".join(source.split())
    try:
        bare = strip_comments(source)
    except DataError:
        return
    assert strip_comments(bare) == bare


def test_the_statement_is_the_last_theorem() -> None:
    gold = f"Require Import Lia.\nLemma help : True. Proof. exact I. Qed.\n{SYMM}\nProof. lia. Qed."
    statement = read_statement(gold)
    assert (statement.sentence, statement.name) == (SYMM, "symm")
    assert statement.preamble == ("Require Import Lia.", "Lemma help : True.", "Proof.", "exact I.", "Qed.")


def test_requires_and_settings_are_those_of_the_file() -> None:
    preamble = [
        *("From Coq Require Import List.", "Import ListNotations.", "Open Scope list_scope.", DOUBLE),
        *("Local Notation d := double.", "#[local] Hint Resolve f : core.", "Set Implicit Arguments."),
        *("#[global] Instance i : C := c.", 'Notation "x ^^" := (d x) (at level 1).'),
    ]
    statement = read_statement(" ".join([*preamble, SYMM]))
    assert statement.requires == preamble[:1]
    assert statement.settings == [*preamble[1:3], *preamble[4:7]]


@pytest.mark.parametrize(
    "gold", ["", "Goal 1 = 1.", "forall n, n = n", "Theorem.", "Check Theorem x : True."]
)
def test_a_gold_without_a_theorem(gold: str) -> None:
    with pytest.raises(DataError, match="no sentence like"):
        read_statement(gold)


@pytest.mark.parametrize("name", ["x'", "_a1", "théorème", "λx"])
def test_names(name: str) -> None:
    assert read_statement(f"#[local] Lemma {name} (n : nat) : n = n.").name == name


@pytest.mark.parametrize(
    ("answer", "own"),
    [
        ("auto.", [SYMM, "Proof.", "auto.", "Qed."]),
        ("Proof. auto. Qed.", [SYMM, "Proof.", "auto.", "Qed."]),
        ("Proof using. auto. Defined.", [SYMM, "Proof using.", "auto.", "Defined."]),
        ("Require Import Lia. Open Scope nat. lia.", None),
        (f"{SYMM} Admitted.", [SYMM, "Admitted."]),
        ("Definition symm := 1.", ["Definition symm := 1."]),
        ("Definition symm' := 1.", [SYMM, "Proof.", "Definition symm' := 1.", "Qed."]),
        (f"{DOUBLE}  {SYMM} auto.", [SYMM, "auto."]),
        (f"{DOUBLE.replace(' ', chr(10))} auto.", [SYMM, "Proof.", "auto.", "Qed."]),
        (DOUBLE.replace("0 =>", "1 =>") + SYMM.replace(" ", "  "), None),
        ("", [SYMM, "Proof.", "Qed."]),
    ],
)
def test_an_answer_is_restated(answer: str, own: list[str] | None) -> None:
    found = restate(sentences(answer), read_statement(f"{DOUBLE} {SYMM}"))
    if own is not None:
        assert found == own
    else:
        assert found[-1] == "Qed." and found.index(SYMM) == 2 if "lia" in answer else len(found) > 1


def test_the_last_theorem() -> None:
    assert last_theorem(sentences("Lemma a : True. Theorem b : True. Definition c := 1.")) == "b"
    assert last_theorem(["Definition c := 1."]) is None
