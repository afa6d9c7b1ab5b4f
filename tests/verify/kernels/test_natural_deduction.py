"""Natural deduction: what follows is accepted, what does not is refused, and the first bad step is named."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verify.kernels.deduction_tables import ACCEPTED, REFUSED, unfolded

from ponder.records import Verdict
from ponder.verify.kernels.justification import rule_names, spellings, split
from ponder.verify.kernels.natural_deduction import DECIDED, RULES, NaturalDeduction, ProofLimits
from ponder.verify.proof import split_heading

kernel = NaturalDeduction()
NESTED_UI = "r(" + ", ".join(f"f(g(h(m{n})))" for n in range(5)) + ")"
BIG = " | ".join(f"b{n}" for n in range(560))
HOSTILE = {
    "digits to backtrack over": ("1. p by " + "1" * 60 + "x", Verdict.WRONG),
    "numbers to backtrack over": ("1. p by " + "1 , " * 900 + "x", Verdict.WRONG),
    "a long number": ("1" + ".1" * 40_000 + ". p given", Verdict.UNPARSABLE),
    "a long label": ("1" * 90_000 + ". p given", Verdict.UNPARSABLE),
    "a long citation": ("1. p by " + "1" * 3_000, Verdict.WRONG),
    "2,000 brackets": ("1. " + "(" * 2_000 + "p" + ")" * 2_000 + " given", Verdict.UNPARSABLE),
    "1,900 brackets": ("1. " + "(" * 1_900 + "p" + ")" * 1_900 + " given", Verdict.UNPARSABLE),
    "many negations": ("1. " + "~" * 3_900 + "p given", Verdict.UNPARSABLE),
    "many minus signs": ("1. " + "-" * 3_900 + "1 = x by", Verdict.UNPARSABLE),
    "many functions": ("1. p(" + "f(" * 1_300 + "a" + ")" * 1_300 + ") given", Verdict.UNPARSABLE),
    "many equivalences": ("1. " + " <-> ".join(["p"] * 600) + " given", Verdict.UNPARSABLE),
    "many quantifiers": ("1. forall " + " ".join(f"x{n}" for n in range(600)) + ". p by", Verdict.UNPARSABLE),
    "many instances": (
        f"1. forall a, b, c, d, e. r(a, b, c, d, e) by\n2. {NESTED_UI} & q UI 1",
        Verdict.WRONG,
    ),
    "a megabyte": ("1. " + "p & " * 250_000 + "p given", Verdict.UNPARSABLE),
    "10,000 steps": ("\n".join(f"{n}. p given" for n in range(1, 10_001)), Verdict.UNPARSABLE),
    "1,500 steps": ("\n".join(f"{n}. p given" for n in range(1, 1_501)), Verdict.UNPARSABLE),
    "900 steps": ("\n".join(f"{n}. p given" for n in range(1, 901)), Verdict.CORRECT),
    "100 subproofs": ("\n".join("  " * n + f"{n}. assume p" for n in range(1, 101)), Verdict.UNPARSABLE),
    "much that is cited": (
        f"1. {BIG} by tautology\n2. p given\n" + "\n".join(f"{n}. p by 1, 2" for n in range(3, 900)),
        Verdict.WRONG,
    ),
    "much that is decided": (
        f"> 1. assume {BIG}\n> 2. p given\n".replace("> ", "  ")
        + "\n".join(f"  {n}. p by 1, 2" for n in range(3, 900)),
        Verdict.UNPARSABLE,
    ),
    "a huge number": ("1. x < " + "9" * 3_900 + " by", Verdict.UNPARSABLE),
    "a surrogate": ("1. \ud800 given", Verdict.UNPARSABLE),
    "a zero byte": ("1. p\0 given", Verdict.UNPARSABLE),
    "blank lines": ("\n" * 99_000, Verdict.NO_ANSWER),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_follows_is_accepted(name: str) -> None:
    theorem, proof = ACCEPTED[name]
    judged = kernel(unfolded(proof), theorem)
    assert judged.verdict is Verdict.CORRECT, judged.reason
    assert judged.extracted and judged.outcome == "proved"


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_is_refused_and_the_first_bad_step_named(name: str) -> None:
    theorem, proof, verdict, said = REFUSED[name]
    judged = kernel(unfolded(proof), theorem)
    assert judged.verdict is verdict, judged.reason
    assert said in judged.reason


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_proofs_are_judged_soon(name: str) -> None:
    proof, verdict = HOSTILE[name]
    kernel("1. p by", "p |- p")  # Z3 has been started
    began = time.monotonic()
    judged = kernel(proof, "p |- p")
    assert time.monotonic() - began < 5, "a generous guard: measured, none takes a second and a half"
    assert judged.verdict is verdict, judged.reason
    assert len(judged.reason) < 500


def test_every_rule_has_names_and_every_name_a_rule() -> None:
    assert set(rule_names()) == {*RULES, *DECIDED, "given", "assume"}
    for rule in rule_names():
        for spelled in spellings(rule):
            justified = split(f"p & q {spelled.upper()} 1, 2")
            assert justified is not None and (justified.formula, justified.rule) == ("p & q", rule), spelled


def test_the_earliest_bad_step_is_named_whoever_finds_it() -> None:
    """Step 2 is refused by Z3, step 3 by its shape."""
    judged = kernel("1. p given\n2. q by 1\n3. r modus ponens 1, 2", "p |- r")
    assert judged.reason == "step 2: q does not follow from 1"
    judged = kernel("1. p given\n2. p by 1\n3. r modus ponens 1, 2\n4. q by 1", "p |- r")
    assert judged.reason == "step 3: r does not follow from 1, 2 by modus ponens"


def test_many_at_once_are_judged_as_one_by_one() -> None:
    rows = [(unfolded(proof), theorem) for theorem, proof in ACCEPTED.values()]
    rows += [(unfolded(proof), theorem) for theorem, proof, *_ in REFUSED.values()]
    assert kernel.check_many(rows) == [kernel(proof, theorem) for proof, theorem in rows]
    assert kernel.check_many([]) == []


def test_threads_share_one_kernel() -> None:
    proof, theorem = "1. p -> q given\n2. p given\n3. q by 1, 2", "p -> q, p |- q"
    with ThreadPoolExecutor(8) as pool:
        judged = list(pool.map(lambda n: kernel(proof, theorem if n % 2 else "p -> q |- q"), range(40)))
    assert [one.correct for one in judged] == [n % 2 == 1 for n in range(40)]


def test_what_takes_too_long_is_not_accepted_and_does_not_stop_the_batch() -> None:
    theorem, proof, *_ = REFUSED["undecided"]
    good = ("1. p given\n2. p | q by 1", "p |- p | q")
    with NaturalDeduction(ProofLimits(seconds=0.2, work=0, workers=1)) as impatient:
        judged = impatient.check_many([(unfolded(proof), theorem), good])
    assert [one.verdict for one in judged] == [Verdict.TIMED_OUT, Verdict.CORRECT]
    assert judged[0].reason.startswith("step 4")


def test_without_z3_only_what_asks_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "z3.py").write_text("raise ImportError('there is no z3 here')")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from ponder.verify.kernels.natural_deduction import NaturalDeduction
kernel = NaturalDeduction()
print(kernel("1. p given", "p |- p").verdict)
print(kernel("1. p given\\n2. p by 1", "p |- p"))
""".replace("\\\\", "\\")
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "correct" and "ERROR" in second and "there is no z3 here" in second


def test_importing_the_kernel_does_not_import_z3() -> None:
    code = "import sys, ponder.verify.kernels.natural_deduction; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(alphabet="1234. pq->~|&()\nbygivenassumelet,-#xy", max_size=160))
@settings(deadline=None)
def test_no_text_crashes(proof: str) -> None:
    assert kernel(proof, "p -> q, p |- r").verdict is not Verdict.CORRECT


@given(st.text(max_size=200), st.text(max_size=60))
@settings(deadline=None)
def test_no_theorem_crashes(proof: str, theorem: str) -> None:
    kernel(proof, theorem)


def test_the_examples_of_the_page_hold() -> None:
    page = (Path(__file__).parents[3] / "docs" / "natural_deduction.md").read_text(encoding="utf-8")
    theorem, proof = split_heading(page.split("```")[1].strip())
    assert kernel(proof, theorem).correct
    starts = (0, 29, 59)
    block = page.split("```")[3].strip("\n").splitlines()
    for start, end in zip(starts, (*starts[1:], None), strict=True):
        example = "\n".join(line[start:end].rstrip() for line in block)
        assert kernel(example, "|- p -> p | q").correct, example
