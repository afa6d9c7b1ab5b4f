"""The Metamath kernel beside a second checker of ours and the `metamath` program, on damaged proofs."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verify.kernels.metamath_mutations import Mutant, Mutator, expand, refused_by_metamath
from verify.kernels.metamath_reference import proves

from ponder.records import Verdict
from ponder.verify.kernels.metamath import BUILT_IN, INSTALLED, Metamath, built_in_database
from ponder.verify.kernels.metamath_database import Database
from ponder.verify.kernels.metamath_frame import Assertion

OURS = built_in_database()
JUDGE = Metamath(OURS)
SOURCE = (BUILT_IN / "arithmetic.mm").read_text()
SET_MM = INSTALLED / "set.mm"
SMALL = ("identity", "weaken", "chain", "spread-i", "and-same", "zero-not-one")
LABELS = sorted({"?", "(", ")", "AB", *OURS.statements})

needs_metamath = pytest.mark.skipif(
    shutil.which("metamath") is None, reason="the metamath program is not installed"
)
needs_set_mm = pytest.mark.skipif(not SET_MM.is_file(), reason="set.mm is not installed (metamath-databases)")


@pytest.fixture(scope="module")
def set_mm() -> Database:
    """Read once: it takes more than a second and 160 MB."""
    return Database.read(SET_MM)


@given(st.sampled_from(OURS.theorems), st.text(max_size=200))
def test_any_text_gets_a_verdict(label: str, text: str) -> None:
    assert JUDGE(text, label).verdict not in (Verdict.CORRECT, Verdict.ERROR)


@given(
    st.sampled_from(OURS.theorems),
    st.lists(st.sampled_from(LABELS), max_size=30),
    st.text("ABCDEFUVWXYZ? \n"),
)
def test_token_soup_is_no_proof(label: str, words: list[str], letters: str) -> None:
    for text in (" ".join(words), f"( {' '.join(words)} ) {letters}"):
        found = JUDGE(text, label)
        assert found.verdict is not Verdict.ERROR
        if found.correct:  # drawn by accident: then the second checker agrees
            assert "(" in text or proves(OURS, theorem(label), words)


@given(st.data())
def test_random_steps_are_judged_as_by_the_second_checker(data: st.DataObject) -> None:
    goal = theorem(data.draw(st.sampled_from(SMALL)))
    written = written_out(goal.label)
    words = data.draw(
        st.permutations(written) | st.lists(st.sampled_from(written), max_size=25) | st.just(written)
    )
    assert JUDGE(" ".join(words), goal.label).correct is proves(OURS, goal, words)


def test_mutants_are_judged_as_by_the_second_checker() -> None:
    mutator = Mutator(OURS, seed=0)
    written = [label for label in OURS.theorems if "(" in OURS.proof(label) and expand(OURS, theorem(label))]
    found = Counter[bool]()
    for label in mutator.rng.choices(written, k=1000):
        mutant = mutator.of_proof(label)
        if "(" not in mutant.proof:
            held = JUDGE(mutant.proof, label).correct
            assert held is proves(OURS, theorem(label), mutant.proof.split()), mutant
            found[held] += 1
    assert found[False] > 100


@needs_metamath
def test_the_metamath_program_verifies_our_database(tmp_path: Path) -> None:
    assert refused_by_metamath(SOURCE, [], tmp_path) == set()


@needs_metamath
@pytest.mark.parametrize("seed", range(5))
def test_mutants_of_our_database_are_judged_as_by_metamath(seed: int, tmp_path: Path) -> None:
    mutator = Mutator(OURS, seed)
    compressed = [label for label in OURS.theorems if "(" in OURS.proof(label)]
    mutants = [mutator.of_proof(label) for label in compressed]
    drawn = mutator.rng.choices(compressed, k=100)
    mutants += [mutator.of_statement(label, f"mutant-{number}") for number, label in enumerate(drawn)]
    assert disagreements(JUDGE, mutants, refused_by_metamath(SOURCE, mutants, tmp_path)) == []


@pytest.mark.slow
@needs_set_mm
def test_sampled_proofs_of_set_mm_are_accepted(set_mm: Database) -> None:
    judge = Metamath(set_mm)
    for label in random.Random(0).sample(set_mm.theorems, 400):
        found = judge(set_mm.proof(label), label)
        assert found.correct, (label, found.reason)


@pytest.mark.slow
@needs_set_mm
@needs_metamath
def test_mutants_of_set_mm_are_judged_as_by_metamath(set_mm: Database, tmp_path: Path) -> None:
    mutator = Mutator(set_mm, seed=1)
    mutants = [mutator.of_proof(label) for label in mutator.rng.sample(set_mm.theorems, 1500)]
    drawn = mutator.rng.sample(set_mm.theorems, 500)
    mutants += [mutator.of_statement(label, f"mutant-{number}") for number, label in enumerate(drawn)]
    refused = refused_by_metamath(SET_MM.read_text(), mutants, tmp_path)
    assert refused <= {mutant.label for mutant in mutants}  # so all other proofs of set.mm hold
    assert disagreements(Metamath(set_mm), mutants, refused) == []
    assert 1000 < len(refused) < 1900  # some mutants are proofs all the same


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED.is_dir(), reason="no databases are installed (metamath-databases)")
@pytest.mark.parametrize("name", ["demo0", "miu", "big-unifier", "hol", "ql", "nf", "iset"])
def test_installed_databases_verify_wholly(name: str) -> None:
    assert Database.read(INSTALLED / f"{name}.mm").verify_all() == {}


def disagreements(judge: Metamath, mutants: Sequence[Mutant], refused: set[str]) -> list[tuple[Mutant, str]]:
    found = [(mutant, judge(mutant.proof, mutant.gold)) for mutant in mutants]
    assert not any(judgement.verdict in (Verdict.ERROR, Verdict.TIMED_OUT) for _, judgement in found)
    return [
        (mutant, judgement.reason)
        for mutant, judgement in found
        if judgement.correct is (mutant.label in refused)
    ]


def theorem(label: str) -> Assertion:
    found = OURS.theorem(label)
    assert found is not None
    return found


def written_out(label: str) -> list[str]:
    proof = OURS.proof(label)
    return (expand(OURS, theorem(label)) or []) if "(" in proof else proof.split()
