"""Generated proofs are accepted in every layout; broken ones, which models show to be broken, are refused."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import pytest
from verify.kernels.countermodels import refuted
from verify.kernels.proof_builder import Proof
from verify.kernels.proof_generator import draw_proofs
from verify.kernels.proof_layouts import Written, write
from verify.kernels.proof_mutations import MUTATIONS, Broken, broken, mutate

from ponder.records import Verdict
from ponder.verify.kernels.natural_deduction import NaturalDeduction

kernel = NaturalDeduction()


@dataclass(frozen=True)
class Case:
    """A mutated proof, why it is broken, and the number of the first step known to be."""

    proof: Proof
    written: Written
    mutation: str
    why: Broken
    label: str | None


def broken_cases(count: int, seed: int) -> list[Case]:
    """At least `count` that a model breaks, and on the way some that a citation alone does."""
    draw, proofs, found = random.Random(seed), list(draw_proofs(200, seed)), list[Case]()
    while sum(case.why is not Broken.CITATION for case in found) < count:
        proof, mutation = mutate(draw.choice(proofs), draw)
        if why := broken(proof):
            written = write(proof, draw)
            label = written.labels[id(why[1])] if why[1] else None
            found.append(Case(proof, written, mutation, why[0], label))
    return found


@pytest.mark.parametrize("count", [40, pytest.param(800, marks=pytest.mark.slow)])
def test_valid_proofs_are_accepted(count: int) -> None:
    draw = random.Random(count)
    written = [write(proof, draw) for proof in draw_proofs(count, seed=count)]
    judged = kernel.check_many([(one.proof, one.theorem) for one in written])
    refused = [(j.reason, w) for j, w in zip(judged, written, strict=True) if not j.correct]
    assert refused == []


def test_the_independent_path_finds_nothing_broken_in_valid_proofs() -> None:
    assert [broken(proof) for proof in draw_proofs(40, seed=7)] == [None] * 40


@pytest.mark.parametrize("count", [100, pytest.param(2_000, marks=pytest.mark.slow)])
def test_broken_proofs_are_refused_at_the_broken_step_or_before(count: int) -> None:
    cases = broken_cases(count, seed=count)
    for case, judged in zip(
        cases, kernel.check_many([(c.written.proof, c.written.theorem) for c in cases]), strict=True
    ):
        assert judged.verdict in (Verdict.WRONG, Verdict.TIMED_OUT), (case.why, case.written, judged.reason)
        named = re.match(r"step ([\d.]+): ", judged.reason)
        order = list(written_labels(case.written))
        assert named and named[1] in order, judged.reason
        if case.label is not None:
            assert order.index(named[1]) <= order.index(case.label), (case.why, case.written, judged.reason)
    if count > 500:
        assert {case.mutation for case in cases} == set(MUTATIONS)
        assert {case.why for case in cases} == set(Broken)


@pytest.mark.parametrize("count", [100, pytest.param(4_000, marks=pytest.mark.slow)])
def test_what_is_accepted_holds_in_every_small_model(count: int) -> None:
    """Proofs broken several times over, in ways that nothing checks: those accepted prove no falsehood."""
    draw, proofs = random.Random(count), list(draw_proofs(200, seed=count))
    mutants = list[Proof]()
    for _ in range(count):
        proof = draw.choice(proofs)
        for _ in range(draw.randint(1, 3)):
            proof, _ = mutate(proof, draw)
        if draw.random() < 0.5 and hasattr(proof.items[-1], "formula"):
            proof.goal = proof.items[-1].formula
        mutants.append(proof)
    written = [write(proof, draw) for proof in mutants]
    judged = kernel.check_many([(one.proof, one.theorem) for one in written])
    accepted = [(m, w) for m, w, j in zip(mutants, written, judged, strict=True) if j.correct]
    assert len(accepted) > count / 20
    assert [w for m, w in accepted if refuted(m.premises, m.goal)] == []


def written_labels(written: Written) -> list[str]:
    return [line.split(". ")[0].strip() for line in written.proof.splitlines()]
