"""`ponder verify`: judge one answer, program or proof, or audit a file of answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from ponder.cli.output import Common
from ponder.cli.reading import read_text

if TYPE_CHECKING:
    from ponder.evaluation.grader_audit import Audit
    from ponder.records import Judgement

app = App(
    name="verify", help="Judge an answer, a program or a proof, or audit a file.", help_format="plaintext"
)


@app.command
def math(
    *,
    gold: Annotated[str, Parameter(allow_leading_hyphen=True)],
    answer: Annotated[str, Parameter(allow_leading_hyphen=True)],
    kind: Literal["math", "choice", "text"] = "math",
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    r"""Judge an answer in mathematics against the right one.

    ponder verify math --gold 1/2 --answer '\boxed{\frac{1}{2}}'

    Parameters
    ----------
    gold
        The right answer, bare or boxed.
    answer
        The answer to judge, bare or as a text with its last box; `-` reads it from standard input.
    kind
        math compares values, choice letters of multiple choice, text words.
    """
    from ponder.records import Judgement, Verdict
    from ponder.text.chat_format import parse_completion
    from ponder.verify.math import VERIFIERS

    parsed = parse_completion(read_text(answer))
    began = time.perf_counter()
    if parsed.closed:
        judgement = VERIFIERS[kind](parsed.answer, gold)
    else:
        judgement = Judgement(Verdict.TRUNCATED, None, "the reasoning was never closed")
    _show(common, judgement, time.perf_counter() - began)


@app.command
def program(
    file: Path,
    *,
    tests: Path,
    level: Literal["auto", "guard", "jail"] = "auto",
    seconds: float = 5.0,
    memory_mb: int = 512,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Run a Python program against its tests in the sandbox, and judge it from outside.

    ponder verify program solution.py --tests tests.json

    Parameters
    ----------
    file
        The program, or a completion with the program in its last fenced block; `-` reads standard input.
    tests
        JSON: cases of args and expected, or of stdin and stdout, or a row of HumanEval, MBPP, LiveCodeBench,
        APPS or TACO.
    level
        guard needs no package; jail needs bubblewrap and gives the program a place to write; auto is the
        first that holds.
    seconds
        For the program; one that reads standard input gets as long for each case.
    memory_mb
        Address space of the program.
    """
    from ponder.verify.program import verify_program
    from ponder.verify.program_tests import read_tests
    from ponder.verify.sandbox import Limits

    limits = Limits(seconds=seconds, memory_mb=memory_mb)
    source, known = read_text(file), read_tests(read_text(tests))
    began = time.perf_counter()
    _show(common, verify_program(source, known, level=level, limits=limits), time.perf_counter() - began)


@app.command
def proof(
    file: Path,
    *,
    theorem: str | None = None,
    kernel: Literal["natural-deduction", "metamath", "coq", "lean"] | None = None,
    database: Path | None = None,
    server: str | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Check a proof with a kernel.

    ponder verify proof modus_ponens.txt

    Parameters
    ----------
    file
        The proof: numbered steps under `given:` and `prove:` lines, a Coq file (.v), a Lean file (.lean), or
        a Metamath proof; `-` reads standard input.
    theorem
        What is to be proved, or a file that says it: a sequent `p -> q, p |- q`, a Metamath label, a Coq or
        Lean statement. Without it the file itself has to state it.
    kernel
        What checks it; without it the file's ending decides.
    database
        For Metamath: the .mm file; the built-in one when not given.
    server
        For Lean: the URL of a Kimina or REPL server.
    """
    from ponder.verify.proof import KernelOptions, read_proof

    source = read_text(file)
    stated = read_text(Path(theorem)) if theorem and Path(theorem).is_file() else theorem
    options = KernelOptions(database, server)
    request = read_proof(source, suffix=file.suffix, theorem=stated, kernel=kernel, options=options)
    began = time.perf_counter()
    _show(common, request.judge(), time.perf_counter() - began)


@app.command
def audit(
    file: Path,
    *,
    shown: int = 20,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Show where our judge of maths answers, math-verify alone and plain equality disagree.

    ponder verify audit answers.jsonl

    Parameters
    ----------
    file
        JSON lines with `gold` and `response`, and `label` (true or false) where it is known.
    shown
        Disagreements to print; --json has them all.
    """
    from ponder.evaluation.grader_audit import audit as run_audit
    from ponder.evaluation.grader_audit import read_cases

    found = run_audit(read_cases(file))
    common.show(found.to_json(), _audit_text(found, shown))


def _show(common: Common, judgement: Judgement, seconds: float) -> None:
    result: dict[str, Any] = {
        "verdict": judgement.verdict.value,
        "extracted": judgement.extracted,
        "reason": judgement.reason,
        "outcome": judgement.outcome or None,
        "level": judgement.level or None,
        "seconds": seconds,
    }
    extras = [word for word in (judgement.outcome, judgement.level and f"in {judgement.level}") if word]
    note = f" ({', '.join(extras)})" if extras else ""
    common.show(result, f"{judgement.verdict.value}{note}: {judgement.reason}")


def _audit_text(found: Audit, shown: int) -> str:
    lines = [f"{len(found.cases)} responses, {len(found.disagreements)} on which the judges disagree"]
    for judge in found.paid:
        rates = found.rates(judge)
        errors = [
            f"{name.replace('_', ' ')} {rate['count']}/{rate['of']} ({rate['rate']:.1%}, 95% interval "
            f"{rate['interval'][0]:.1%} to {rate['interval'][1]:.1%})"
            for name in ("false_positives", "false_negatives")
            if (rate := rates[name])
        ]
        lines.append(f"  {judge:<12} pays {rates['paid']:>6}  {'; '.join(errors)}")
    for row in found.to_json()["disagreements"][:shown]:
        lines.append(
            f"{row['where']}: gold {row['gold']!r}, extracted {row['extracted']!r}, "
            f"paid by {', '.join(row['paid_by']) or 'nobody'} ({row['verdict']}: {row['reason']})"
        )
    return "\n".join(lines)
