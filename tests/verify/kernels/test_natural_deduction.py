"""Natural deduction: what follows is accepted, what does not is refused, and the first bad step is named."""

# ruff: noqa: E501 - a proof a row reads better than a proof a page

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.kernels.logic_parser import Unreadable, parse_formula
from ponder.verify.kernels.natural_deduction import NaturalDeduction

sys.path.insert(0, str(Path(__file__).parent))  # the generator lies beside this file
from deduction_proofs import Proof, is_broken, mutate, valid_proofs

kernel = NaturalDeduction()
CORRECT, WRONG, UNPARSABLE, NO_ANSWER = Verdict.CORRECT, Verdict.WRONG, Verdict.UNPARSABLE, Verdict.NO_ANSWER

RIGHT = {
    "modus ponens": ("p -> q, p |- q", "1. p -> q  given\n2. p  given\n3. q  modus ponens 1, 2"),
    "any order": ("p -> q, p |- q", "1. p -> q  given\n2. p  given\n3. q  MP 2, 1"),
    "decided": ("p -> q, p |- q", "1. p -> q  given\n2. p  given\n3. q  by 1, 2"),
    "brackets": ("p -> q, p |- q", "1. p -> q [given]\n2. p (premise)\n3. q [modus ponens, 1 and 2]"),
    "prose": ("p -> q, p |- q", "Proof.\n1) p → q, given\nclearly\n2) p, given\n3) q, by modus ponens from steps 1 and 2.\nQED"),
    "headings": ("given: p -> q, p\nprove: q", "1. p -> q  given\n2. p  given\n3. q  by 1, 2"),
    "conditional proof": ("|- p -> (q -> p)", "1. assume p\n2. q -> p  by 1\n3. p -> (q -> p)  conditional proof 1-2"),
    "nested": (
        "|- p -> (q -> p & q)",
        "1. assume p\n2.   assume q\n3.   p & q  &I 1, 2\n4.   q -> p & q  ->I 2-3\n5. p -> (q -> p & q)  →I 1-4",
    ),
    "dotted": ("|- p -> p", "1. p  assumption\n1.1. p  reiteration 1\n2. p -> p  implication introduction 1-1.1"),
    "cases": (
        "p | q |- q | p",
        "1. p | q  given\n2. assume p\n3. q | p  or introduction 2\n4. assume q\n5. q | p  ∨I 4\n6. q | p  cases 1, 2-3, 4-5",
    ),
    "reductio": ("p -> q, ~q |- ~p", "1. p -> q  given\n2. ~q  given\n3. assume p\n4. q  MP 1, 3\n5. false  contradiction 2, 4\n6. ~p  RAA 3-5"),
    "classical": ("~~p |- p", "1. ~~p given\n2. p  double negation 1"),
    "excluded middle": ("|- p or not p", "1. p or not p  excluded middle"),
    "explosion": ("p, ~p |- q", "1. p given\n2. ~p given\n3. q  ex falso 1, 2"),
    "biconditional": ("p <-> q, q |- p", "1. p <-> q given\n2. q given\n3. p  iff elimination 1, 2"),
    "syllogism": (
        "forall x. man(x) -> mortal(x), man(socrates) |- mortal(socrates)",
        "1. forall x. man(x) -> mortal(x)  given\n2. man(socrates)  given\n3. man(socrates) -> mortal(socrates)  UI 1\n"
        "4. mortal(socrates)  modus ponens 2, 3",
    ),
    "generalisation": ("∀x p(x) |- ∀y p(y)", "1. ∀x p(x)  given\n2. p(c)  universal instantiation 1\n3. ∀y p(y)  universal generalization 2"),
    "renamed": ("forall x. p(x) |- forall y. p(y)", "1. forall z. p(z)  given\n2. forall y. p(y)  reiteration 1"),
    "existential": (
        "exists x. p(x) & q(x) |- exists x. p(x)",
        "1. exists x. p(x) & q(x)  given\n2. assume p(c) & q(c)\n3. p(c)  and elimination 2\n"
        "4. exists x. p(x)  existential introduction 3\n5. exists x. p(x)  existential elimination 1, 2-4",
    ),
    "two quantifiers": ("forall x. forall y. r(x, y) |- r(a, b)", "1. forall x. forall y. r(x, y) given\n2. r(a, b)  UI 1"),
    "equality": ("a = b, p(a) |- p(b)", "1. a = b given\n2. p(a) given\n3. p(b)  substitution 1, 2"),
    "symmetric": ("a = b |- b = a", "1. a = b given\n2. b = a  symmetry 1"),
    "arithmetic": ("x < y |- 2*x + 1 < 2*y + 1", "1. x < y given\n2. 2*x + 1 < 2*y + 1  by 1"),
    "transitive": ("x <= y, y < z |- x < z", "1. x <= y given\n2. y < z given\n3. x < z  transitivity 1, 2"),
    "names Z3 knows": ("and1 -> xor, and1 |- xor", "1. and1 -> xor given\n2. and1 given\n3. xor  by 1, 2"),
    "a constant called b0": ("forall x. r(x, b0) |- r(a, b0)", "1. forall x. r(x, b0) given\n2. r(a, b0)  by 1"),
}  # fmt: skip

REFUSED = {
    "wrong rule": ("p -> q, p |- q", "1. p -> q given\n2. p given\n3. q  modus tollens 1, 2", WRONG, "step 3"),
    "too little cited": ("p -> q, p |- q", "1. p -> q given\n2. p given\n3. q  by 1", WRONG, "step 3: q does not follow from 1"),
    "cites the future": ("p -> q, p |- q", "1. p -> q given\n2. q  by 1, 3\n3. p given", WRONG, "step 2: it cites step 3"),
    "cites itself": ("|- p", "1. p  by 1", WRONG, "step 1: it cites step 1"),
    "cites nothing that is there": ("|- p", "1. p  by 7", WRONG, "step 1: it cites step 7"),
    "not given": ("p |- q", "1. q given", WRONG, "step 1: q is not given"),
    "the goal given": ("|- p", "1. p premise", WRONG, "step 1"),
    "assumed only": ("|- p", "1. assume p", WRONG, "step 1: it rests on the assumption"),
    "an assumption kept": ("p -> q |- q", "1. p -> q given\n2. assume p\n3. q MP 1, 2", WRONG, "step 3: it rests on the assumption of step 2"),
    "out of a closed subproof": (
        "|- p",
        "1. assume p\n2. p  reiteration 1\n3. p -> p  conditional proof 1-2\n4. p  reiteration 2", WRONG, "step 4",
    ),
    "a premise discharged as if assumed": ("p |- p -> q", "1. p given\n2. p -> q  conditional proof 1-1", WRONG, "step 2"),
    "discharges another": ("p |- q -> p", "1. p given\n2. assume r\n3. q -> p  conditional proof 2-1", WRONG, "step 3"),
    "one case of two": ("p | q |- p", "1. p | q given\n2. assume p\n3. p r 2\n4. p  cases 1, 2-3", WRONG, "step 4"),
    "another goal": ("p & q |- q", "1. p & q given\n2. p  and elimination 1", WRONG, "step 2: the last step is p"),
    "affirming the consequent": ("p -> q, q |- p", "1. p -> q given\n2. q given\n3. p  by 1, 2", WRONG, "step 3"),
    "generalised from a given": ("p(a) |- forall x. p(x)", "1. p(a) given\n2. forall x. p(x)  UG 1", WRONG, "step 2"),
    "generalised from an assumption": (
        "|- p(a) -> forall x. p(x)",
        "1. assume p(a)\n2. forall x. p(x)  UG 1\n3. p(a) -> forall x. p(x)  ->I 1-2", WRONG, "step 2",
    ),
    "half generalised": ("forall x. r(x, x) |- forall x. r(x, a)", "1. forall x. r(x, x) given\n2. r(a, a) UI 1\n3. forall x. r(x, a)  UG 2", WRONG, "step 3"),
    "a witness that is not fresh": (
        "exists x. p(x), q(c) |- p(c)",
        "1. exists x. p(x) given\n2. q(c) given\n3. assume p(c)\n4. p(c) r 3\n5. p(c)  existential elimination 1, 3-4", WRONG, "step 5",
    ),
    "a witness from another assumption": (
        "exists x. p(x), exists x. q(x) |- exists x. p(x) & q(x)",
        "1. exists x. p(x) given\n2. exists x. q(x) given\n3. assume p(c)\n4. assume q(c)\n5. p(c) & q(c)  &I 3, 4\n"
        "6. exists x. p(x) & q(x)  EG 5\n7. exists x. p(x) & q(x)  existential elimination 2, 4-6\n"
        "8. exists x. p(x) & q(x)  existential elimination 1, 3-7", WRONG, "step 7",
    ),
    "captured by instantiation": (
        "forall x. exists y. r(x, y) |- exists y. r(y, y)",
        "1. forall x. exists y. r(x, y) given\n2. exists y. r(y, y)  UI 1", WRONG, "step 2",
    ),
    "captured by introduction": (
        "forall y. r(y, y) |- exists x. forall y. r(x, y)",
        "1. forall y. r(y, y) given\n2. exists x. forall y. r(x, y)  EG 1", WRONG, "step 2",
    ),
    "quantifiers exchanged": (
        "forall x. exists y. r(x, y) |- exists y. forall x. r(x, y)",
        "1. forall x. exists y. r(x, y) given\n2. exists y. forall x. r(x, y)  by 1", WRONG, "step 2",
    ),
    "two things exist": ("|- exists x. exists y. x != y", "1. exists x. exists y. x != y  by", WRONG, "step 1"),
    "numbers are not whole": ("x < y |- x + 1 <= y", "1. x < y given\n2. x + 1 <= y  by 1", WRONG, "step 2"),
    "numbers brought in": ("|- exists x. exists y. x != y", "1. 0 < 1  by\n2. exists x. exists y. x != y  by 1", WRONG, "step 1: arithmetic"),
    "two uses of a name": ("p(a) |- p", "1. p(a) given\n2. p  by 1", UNPARSABLE, "p is used in two ways"),
    "no reason": ("p |- p", "1. p", UNPARSABLE, "step 1: it gives no reason"),
    "sorry": ("|- p", "1. p  sorry", UNPARSABLE, "step 1"),
    "a number twice": ("p, q |- q", "1. p given\n1. q given", WRONG, "step 1: this number has been used"),
    "a product": ("x < y |- x < y", "1. x*y < y*y  by", UNPARSABLE, "linear"),
    "no formula": ("p |- p", "1. p &&& q  given", UNPARSABLE, "step 1: cannot be read"),
    "deep": ("p |- p", f"1. {'(' * 500}p{')' * 500} given", UNPARSABLE, "step 1"),
    "deeper": ("p |- p", f"1. {'~' * 4000}p given", UNPARSABLE, "step 1"),
    "long": ("p |- p", f"1. {'p & ' * 50_000} p given", UNPARSABLE, "longer"),
    "ten thousand steps": ("p |- p", "\n".join(f"{number}. p given" for number in range(1, 10_001)), UNPARSABLE, ""),
    "empty": ("p |- p", "", NO_ANSWER, "no numbered steps"),
    "prose only": ("p |- p", "It is obvious.", NO_ANSWER, "no numbered steps"),
    "an unreadable theorem": ("p |- q |- r", "1. p given", Verdict.ERROR, "theorem cannot be read"),
    "no theorem": ("", "1. p given", Verdict.ERROR, "theorem cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_follows_is_accepted(name: str) -> None:
    theorem, proof = RIGHT[name]
    judged = kernel(proof, theorem)
    assert judged.verdict is CORRECT, judged.reason


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_is_refused_and_the_first_bad_step_named(name: str) -> None:
    theorem, proof, verdict, said = REFUSED[name]
    judged = kernel(proof, theorem)
    assert judged.verdict is verdict, judged.reason
    assert said in judged.reason


def test_the_earliest_bad_step_is_named_whoever_finds_it() -> None:
    """Step 2 is refused by Z3, step 3 by its shape."""
    judged = kernel("1. p given\n2. q  by 1\n3. r  modus ponens 1, 2", "p |- r")
    assert judged.reason.startswith("step 2:")


def test_what_is_not_decided_in_time_is_not_accepted() -> None:
    """Z3 finds no finite model of this, for there is none, and no proof."""
    endless = "forall x. exists y. r(x, y)"
    order = "forall x. forall y. forall z. (r(x, y) & r(y, z) -> r(x, z))"
    givens = [endless, order, "forall x. ~r(x, x)"]
    proof = "\n".join(f"{number}. {formula}  given" for number, formula in enumerate(givens, 1))
    judged = kernel(f"{proof}\n4. r(a, a)  by 1, 2, 3", f"{', '.join(givens)} |- r(a, a)")
    assert judged.verdict in (WRONG, Verdict.TIMED_OUT) and judged.reason.startswith("step 4")


def broken_proofs(count: int, seed: int) -> list[tuple[Proof, int]]:
    """Mutated proofs with a model against the mutated line, and that line's number (0: the goal)."""
    draw, proofs, found = random.Random(seed), list(valid_proofs(60, seed)), list[tuple[Proof, int]]()
    while len(found) < count:
        mutated = mutate(draw.choice(proofs), draw)
        if mutated is not None and is_broken(*mutated):
            found.append(mutated)
    return found


@pytest.mark.parametrize(("valid", "broken"), [(30, 120), pytest.param(200, 2000, marks=pytest.mark.slow)])
def test_generated_proofs_are_accepted_and_broken_ones_refused(valid: int, broken: int) -> None:
    accepted = kernel.check_many([(proof.text, proof.theorem) for proof in valid_proofs(valid, seed=valid)])
    assert [judged.reason for judged in accepted if not judged.correct] == []
    cases = broken_proofs(broken, seed=broken)
    judged = kernel.check_many([(proof.text, proof.theorem) for proof, _ in cases])
    for (proof, number), judgement in zip(cases, judged, strict=True):
        assert judgement.verdict is WRONG, (proof.theorem, proof.text)
        assert not number or judgement.reason.startswith(f"step {number}:"), (proof.text, judgement.reason)


@given(st.text(alphabet="pqxy()~&|->.,=<+*12 \nforallexists", max_size=80))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        formula = parse_formula(text)
    except Unreadable:
        return
    assert parse_formula(str(formula)) == formula


@given(st.text(alphabet="123. pq->~\nbygivenassume,-", max_size=120))
def test_no_text_crashes(proof: str) -> None:
    assert kernel(proof, "p -> q, p |- r").verdict is not CORRECT
