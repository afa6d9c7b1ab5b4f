"""Verdicts a second, by kind of verifier, on this machine and in this process.

Each kind judges one fixed batch once to warm up and then again and again until the time is over. What cannot
run here (no bubblewrap, no Coq) is a row with the reason. Does not measure correctness: a batch that is not
judged as it should be raises.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ponder.errors import UserError
from ponder.records import Judgement

Pairs = Sequence[tuple[str, str]]
Many = Callable[[Pairs], list[Judgement]]

PLAIN = [("1,234", "1234"), (r"\boxed{\frac{3}{4}}", "0.75"), ("-17", "-17"), ("$18", "18"), ("2.50", "5/2")]
SYMBOLIC = [
    (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
    ("(x+1)^2", "x^2+2x+1"),
    (r"2\sqrt{3}", r"\sqrt{12}"),
    (r"\frac{\pi}{2}", r"0.5\pi"),
    (r"x^2-1", "(x-1)(x+1)"),
]
PROGRAM = (
    "def f(x):\n    return x + 1\n",
    {"entry_point": "f", "cases": [{"args": [n], "expected": n + 1} for n in range(3)]},
)
DEDUCTION = ("1. p -> q  given\n2. p  given\n3. q  by 1, 2\n", "p -> q, p |- q")
COQ = (
    "Theorem t : forall n : nat, n + 0 = n.\nProof. induction n; simpl; congruence. Qed.\n",
    "Theorem t : forall n : nat, n + 0 = n.",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """One kind's speed; `verdicts_per_second` is None where it cannot run, and `note` says why."""

    kind: str
    verdicts_per_second: float | None
    verdicts: int = 0
    seconds: float = 0.0
    note: str = ""


def measure_all(seconds: float) -> Iterator[Rate]:
    """Every kind in turn, about `seconds` each."""
    for kind, make in KINDS.items():
        try:
            many, pairs = make()
            yield _measure(kind, many, pairs, seconds)
        except UserError as error:
            yield Rate(kind, None, note=str(error))


def _measure(kind: str, many: Many, pairs: Pairs, seconds: float) -> Rate:
    count, began = 0, 0.0
    while count == 0 or time.perf_counter() - began < seconds:
        judgements = many(pairs)
        wrong = next((judgement for judgement in judgements if not judgement.correct), None)
        if wrong is not None:
            raise RuntimeError(f"{kind}: a right answer was judged {wrong.verdict.value}: {wrong.reason}")
        if not began:  # the first batch has started workers and filled caches
            began = time.perf_counter()
            continue
        count += len(pairs)
    elapsed = time.perf_counter() - began
    return Rate(kind, count / elapsed, count, elapsed)


def _plain() -> tuple[Many, Pairs]:
    from ponder.verify.math import verify_math_many

    return verify_math_many, PLAIN * 1_000


def _symbolic() -> tuple[Many, Pairs]:
    from ponder.verify.math import verify_math_many

    return verify_math_many, SYMBOLIC * 10


def _programs(level: str) -> tuple[Many, Pairs]:
    from ponder.verify.program import ProgramVerifier

    source, tests = PROGRAM
    return ProgramVerifier(level=level).many, [(source, json.dumps(tests))] * 50


def _deduction() -> tuple[Many, Pairs]:
    from ponder.verify.proof import verify_proofs

    return verify_proofs, [DEDUCTION] * 20


def _metamath() -> tuple[Many, Pairs]:
    from ponder.verify.kernels.metamath import built_in_database
    from ponder.verify.proof import load_kernel

    kernel, database = load_kernel("metamath"), built_in_database()
    pairs = [(database.proof(label), label) for label in database.theorems]
    return lambda pairs: [kernel(proof, label) for proof, label in pairs], pairs


def _coq() -> tuple[Many, Pairs]:
    from ponder.errors import SandboxError
    from ponder.verify.proof import load_kernel

    if shutil.which("coqc") is None:
        raise SandboxError("coqc is not installed: apt install coq")
    kernel = load_kernel("coq")
    return lambda pairs: [kernel(proof, theorem) for proof, theorem in pairs], [COQ]


KINDS: dict[str, Callable[[], tuple[Many, Pairs]]] = {
    "plain numbers": _plain,
    "symbolic maths": _symbolic,
    "programs, guard": lambda: _programs("guard"),
    "programs, jail": lambda: _programs("jail"),
    "natural deduction": _deduction,
    "metamath": _metamath,
    "coq": _coq,
}
