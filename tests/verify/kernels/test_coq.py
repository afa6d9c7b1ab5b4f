"""Theorems that are proved, attempts to cheat that are refused, and the ends in between."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sandboxes import descendants
from verify.kernels.coq_tables import Row, read_table

from ponder.errors import SandboxError
from ponder.records import Judgement, Verdict
from ponder.verify.kernels.coq import Coq, check_file, installed
from ponder.verify.sandbox.command import CommandLimits, run_jailed

SYMM = "Theorem symm : forall n m : nat, n = m -> m = n."


def why_not() -> str:
    if not installed():
        return "Coq is not installed"
    try:
        return "" if run_jailed(["/usr/bin/true"]).returncode == 0 else "the jail does not work"
    except SandboxError as error:
        return str(error)


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "Coq is there")


def each(table: str) -> pytest.MarkDecorator:
    rows = read_table(table)
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def judge(answer: str, gold: str = SYMM, *, seconds: float = 30.0) -> Judgement:
    return Coq(limits=CommandLimits(seconds=seconds))(answer, gold)


@pytest.mark.slow
@each("coq_proved")
def test_proved(row: Row) -> None:
    judgement = judge(row.answer, row.statement)
    assert judgement.verdict is Verdict.CORRECT, judgement.reason
    assert (judgement.level, judgement.outcome) == ("jail", "passed")


@pytest.mark.slow
@each("coq_cheats")
def test_cheats_are_refused(row: Row) -> None:
    expected = row.notes[0].split(" or ")
    began = time.monotonic()
    judgement = judge(row.answer, row.statement, seconds=5.0 if "timed_out" in expected else 30.0)
    assert judgement.verdict.value in expected, judgement.reason
    assert judgement.reason and len(judgement.reason) < 700
    assert time.monotonic() - began < 40


@pytest.mark.slow
@pytest.mark.parametrize("name", ["match-on-match", "other-arguments"])
def test_recursion_that_coq_accepts_wrongly_is_refused_by_ours(name: str) -> None:
    """Only our own condition stands between these and a proof of False in Coq 8.16."""
    row = next(row for row in read_table("coq_cheats") if row.name == name)
    judgement = judge(row.answer, row.statement)
    assert judgement.outcome in ("blocked", "error")
    if judgement.outcome == "blocked":
        assert "plainly structural" in judgement.reason


def test_there_are_enough() -> None:
    assert len(read_table("coq_proved")) >= 25 and len(read_table("coq_cheats")) >= 80


def test_a_proof_and_an_attempt() -> None:
    assert judge("intros n m e. symmetry. exact e.").verdict is Verdict.CORRECT
    assert judge(f"{SYMM} Proof. Admitted.").verdict is Verdict.WRONG
    assert judge("intros n m e. exact e.").verdict is Verdict.WRONG
    assert judge(" \n").verdict is Verdict.NO_ANSWER


def test_a_reason_is_in_coqs_words() -> None:
    assert "Unable to unify" in judge("intros n m e. reflexivity.").reason
    assert "Axioms: Answer.symm" in judge("Admitted.").reason
    assert "has type" in judge("Theorem symm : True. exact I. Qed.").reason


@pytest.mark.parametrize(
    "gold",
    [
        "",
        "1 = 2",
        "Goal 1 = 1.",
        "Theorem x : no_such_thing.",
        "Definition d := 1 + true. Theorem x : d = 1.",
    ],
)
def test_a_broken_statement_is_our_failure(gold: str) -> None:
    judgement = judge("reflexivity.", gold)
    assert judgement.verdict is Verdict.ERROR
    assert judgement.reason.startswith("the statement cannot be used")


def test_its_proof_in_the_gold_is_no_help() -> None:
    gold = f"{SYMM} Proof. intros n m e. now symmetry. Qed."
    assert judge("intros n m e. now symmetry.", gold).verdict is Verdict.CORRECT
    assert judge("exact symm.", gold).verdict is Verdict.WRONG


def test_a_batch_keeps_its_order() -> None:
    answers = ["intros n m e. now symmetry.", "Admitted.", "", "auto."] * 2
    verdicts = [judgement.verdict for judgement in Coq().check_many([(answer, SYMM) for answer in answers])]
    assert verdicts == [Verdict.CORRECT, Verdict.WRONG, Verdict.NO_ANSWER, Verdict.CORRECT] * 2
    assert Coq().check_many([]) == []


def test_what_answers_write_stays_in_the_jail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Load` is a name in the statement, so the word is let pass: the jail alone holds it."""
    (tmp_path / "stolen.v").write_text("Theorem stolen : True. Proof. exact I. Qed.")
    monkeypatch.chdir(tmp_path)
    gold = "Inductive code := Load | Store. Theorem store : Store = Store."
    answer = f'Load "{tmp_path}/stolen.v". Theorem store : Store = Store. Proof. reflexivity. Qed.'
    judgement = judge(answer, gold)
    assert judgement.verdict is Verdict.WRONG and "find" in judgement.reason
    assert judge("destruct Load; reflexivity.", gold).verdict is Verdict.CORRECT
    assert [path.name for path in tmp_path.iterdir()] == ["stolen.v"]


def test_running_out_of_time_is_told() -> None:
    began = time.monotonic()
    judgement = judge("repeat pose proof I.", seconds=1.0)
    assert (judgement.verdict, judgement.outcome) == (Verdict.TIMED_OUT, "timeout")
    assert time.monotonic() - began < 10


def test_odd_texts_are_judged() -> None:
    for text in ("\0", "\ud800", "Théorème", "(" * 10_000, "a." * 5_000, "x" * 300_000, "\r\n\t"):
        assert judge(text).verdict in (Verdict.WRONG, Verdict.UNPARSABLE, Verdict.NO_ANSWER), text[:10]


def test_a_file_by_itself() -> None:
    source = "Lemma first : True. Proof. exact I. Qed.\n" + SYMM + "\nProof. intros; congruence. Qed.\n"
    judgement = check_file(source)
    assert judgement.verdict is Verdict.CORRECT
    assert judgement.extracted == "symm : forall n m : nat, n = m -> m = n"


@pytest.mark.parametrize(
    ("source", "verdict", "told"),
    [
        ('Notation "1 = 2" := True. Theorem x : 1 = 2. Proof. exact I. Qed.', Verdict.CORRECT, "x : True"),
        (
            "Inductive nat := O. Theorem x : forall n : nat, n = O. Proof. now intros []. Qed.",
            Verdict.CORRECT,
            "x : forall n : Answer.nat, n = Answer.O",
        ),
        ("Axiom a : False. Theorem x : 1 = 2. Proof. destruct a. Qed.", Verdict.WRONG, None),
        ("Theorem x : 1 = 1. Proof. Admitted.", Verdict.WRONG, None),
        ("Theorem x : 1 = 1. Proof. reflexivity.", Verdict.WRONG, None),
        ("Unset Guard Checking. Theorem x : True. Proof. exact I. Qed.", Verdict.WRONG, None),
        ("Definition x := 1.", Verdict.NO_ANSWER, None),
        ("(* never closed", Verdict.UNPARSABLE, None),
        ("", Verdict.NO_ANSWER, None),
    ],
)
def test_a_file_says_what_it_proves(source: str, verdict: Verdict, told: str | None) -> None:
    judgement = check_file(source)
    assert (judgement.verdict, judgement.extracted) == (verdict, told), judgement.reason


def test_no_process_is_left() -> None:
    before = set(descendants())
    judge("repeat pose proof I.", seconds=1.0)
    after = {pid: line for pid, line in descendants().items() if pid not in before}
    assert not [line for line in after.values() if "coq" in line or "bwrap" in line]
