"""Recursive functions as Coq prints them: which are plain, and which only seem to end."""

from __future__ import annotations

import time

import pytest

from ponder.verify.kernels.coq_recursion import LONGEST, is_plain

TAIL = "\n     : forall _ : nat, nat\n\nArguments f _%nat_scope"
MATCH = "match n return nat with | O => O | S p => {} end"


def printed(term: str, name: str = "f") -> str:
    return f"Answer.{name} = {term}{TAIL}"


def simple(branch: str) -> str:
    """`f n`, with a branch for the successor `S p` of `n`."""
    return printed(f"fix f (n : nat) : nat := {MATCH.format(branch)}")


@pytest.mark.parametrize(
    "term",
    [
        "fix f (n : nat) : nat := match n return nat with | O => O | S p => Nat.add n (f p) end",
        "fix f (A : Type) (l m : list A) {struct l} : list A := match l return (list A) with"
        " | nil => m | cons h t => @cons A h (f A t m) end",
        "fix f (n m : nat) {struct n} : bool := match n return bool with"
        " | O => match m return bool with | O => true | S _ => false end"
        " | S a => match m return bool with | O => false | S b => f a b end end",
        "fix f (n : nat) : nat := match n return nat with"
        " | O => O | S a => match a return nat with | O => O | S b => S (f b) end end",
        "fun P : forall _ : nat, bool => fix f (n : nat) : bool := match P n return bool with"
        " | true => true | false => match n return bool with"
        " | O => false | S k => let j : nat := k in f k end end",
        "fix f (n : nat) (v : Answer.vec n) {struct v} : nat := match v in (Answer.vec n0) return nat with"
        " | Answer.vnil => O | Answer.vcons n0 x w => Nat.add x (f n0 w) end",
        "fix f (t : Answer.tree) : nat := match t return nat with"
        " | Answer.leaf => O | Answer.node l r => Nat.add (f l) (f r) end",
        "fix f (p : BinNums.positive) : nat := match p return nat with"
        " | BinNums.xI q => S (f q) | BinNums.xO q => f q | BinNums.xH => S O end",
        "fix f (g : forall _ : nat, nat) (n : nat) {struct n} : nat := match n return nat with"
        " | O => g (S O) | S m => g (f g m) end",
        "fix f (n : nat) : Prop := match n return Prop with | O => True | S m => forall x : nat, f m end",
        "fix f (n : nat) : nat := O",
    ],
)
def test_plain(term: str) -> None:
    assert is_plain(printed(term), "f")


@pytest.mark.parametrize(
    "text",
    [
        simple("f n"),
        simple("f (S p)"),
        simple("f _"),
        simple("f"),
        simple("g f p"),
        simple("@f p"),
        simple("f (g p)"),
        simple("let p : nat := n in f p"),
        simple("(fun p : nat => f p) n"),
        simple("f match p return nat with | O => p | S q => q end"),
        simple("match g p return nat with | O => O | S q => f q end"),
        simple("match p as q return nat with | O => O | S r => f q end"),
        simple("match n return nat with | O => O | S q => match g q return nat with | S q => f q end end"),
        simple("let g : forall _ : nat, nat := f in g p"),
        simple("S (fix again (m : nat) : nat := f p) p"),
        simple("match p return nat with | O => O | S f => f p end"),
        printed("fix f (n : nat) : nat := f n"),
        printed("fix f (n m : nat) {struct n} : nat := match m return nat with | O => O | S p => f n p end"),
        printed("fix f (n m : nat) {struct n} : nat := match n return nat with | O => O | S p => f m p end"),
        printed(
            "fix f (s c : nat) (g : forall _ : nat, nat) {struct s} : nat := match s return nat with"
            " | O => S (g c) | S r => f r (S c) (fun o : nat => f o O g) end"
        ),
        printed(
            "fix f (n : nat) : bool := match n return bool with | O => true | S m => odd m end"
            " with odd (n : nat) : bool := match n return bool with | O => false | S m => f m end for f"
        ),
        printed("cofix f (n : nat) : stream := Cons n (f n)"),
        printed("fun n : nat => n"),
        printed("fix f (n : nat) : match f n with _ => nat end := O"),
        printed("fix f (n n : nat) {struct n} : nat := " + MATCH.format("f p p")),
        printed("fix f (n : nat) : nat := match n return nat with | O => O | S p => f p"),
        printed("fix f (n : nat) : nat := match n return nat with | O => O | S p => f p end end"),
        simple("f p").replace("Answer.f", "Answer.g"),
        "Notation f := Answer.g\n" + simple("f p"),
        "",
        "f",
        "f =",
        "fix",
        simple("f " + "p " * LONGEST),
        printed("fix f (n : nat) : nat := " + "match n return nat with | S p => " * 60 + "f p" + " end" * 60),
    ],
)
def test_not_plain(text: str) -> None:
    assert not is_plain(text, "f")


@pytest.mark.parametrize("piece", ["(", "match n with | ", "fun n : nat => ", "[", "| S p => ", "let x := "])
def test_any_text_is_judged_at_once(piece: str) -> None:
    began = time.process_time()
    is_plain(printed("fix f (n : nat) : nat := " + piece * (LONGEST // len(piece) - 20)), "f")
    assert time.process_time() - began < 1
