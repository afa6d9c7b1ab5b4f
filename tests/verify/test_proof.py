"""One interface to every kernel: golds of rewards, files of users, and what is asked of whom."""

from __future__ import annotations

import json

import pytest

from ponder.errors import ConfigError, DataError
from ponder.records import Verdict
from ponder.verify.kernels.metamath import built_in_database
from ponder.verify.proof import KERNELS, KernelOptions, load_kernel, read_proof, verify_proof, verify_proofs

STEPS = "1. p -> q  given\n2. p  given\n3. q  modus ponens 1, 2\n"
THEOREM = "p -> q, p |- q"
NONE = KernelOptions()


def test_kernels_are_loaded_by_name_and_shared() -> None:
    assert {"natural-deduction", "metamath", "coq", "lean"} == set(KERNELS)
    assert load_kernel("metamath") is load_kernel("metamath")
    with pytest.raises(ConfigError, match="unknown proof kernel 'agda'"):
        load_kernel("agda")
    with pytest.raises(ConfigError, match="--server"):
        load_kernel("lean")


def test_a_proof_of_another_theorem_is_none() -> None:
    assert verify_proof(STEPS, THEOREM).correct
    assert verify_proof(STEPS, "p -> q, p |- r").verdict is Verdict.WRONG


def test_golds_of_several_kernels_keep_their_order() -> None:
    database = built_in_database()
    label = next(iter(database.theorems))
    metamath = json.dumps({"kernel": "metamath", "theorem": label})
    pairs = [(STEPS, THEOREM), (database.proof(label), metamath), ("1. q given", THEOREM), ("?", metamath)]
    assert [judged.correct for judged in verify_proofs(pairs)] == [True, True, False, False]
    assert verify_proofs([]) == []


@pytest.mark.parametrize("gold", ["{", "{}", '{"theorem": 3}', '{"kernel": "coq"}'])
def test_a_broken_gold_is_named(gold: str) -> None:
    broken, right = verify_proofs([(STEPS, gold), (STEPS, THEOREM)])
    assert broken.verdict is Verdict.ERROR and "the gold of a proof" in broken.reason
    assert right.correct


def test_files_state_their_theorem_or_are_told() -> None:
    headed = read_proof(
        f"given: p -> q, p\nprove: q\n{STEPS}", suffix=".txt", theorem=None, kernel=None, options=NONE
    )
    assert headed.judge().correct
    sequent = read_proof(f"theorem: {THEOREM}\n{STEPS}", suffix="", theorem=None, kernel=None, options=NONE)
    assert sequent.judge().correct
    told = read_proof(STEPS, suffix=".txt", theorem=THEOREM, kernel=None, options=NONE)
    assert told.judge().correct
    with pytest.raises(DataError, match="prove"):
        read_proof(STEPS, suffix=".txt", theorem=None, kernel=None, options=NONE)
    with pytest.raises(ConfigError, match="--theorem"):
        read_proof("x", suffix="", theorem=None, kernel="metamath", options=NONE)


def test_the_ending_decides_the_kernel() -> None:
    for suffix, kernel in (
        (".v", "coq"),
        (".lean", "lean"),
        (".txt", "natural-deduction"),
        ("", "natural-deduction"),
    ):
        assert read_proof("x", suffix=suffix, theorem="p |- p", kernel=None, options=NONE).kernel == kernel
