"""Coq proofs: a trusted file restates the theorem, and Coq's kernel decides whether the answer proves it.

Three programs run, each in the jail and each alone: `coqc` on the statement, whose type is kept under a name
of ours; `coqc` on the answer, in its own file, which may use the statement's definitions and whose output is
ignored; and `coqc` with `coqchk` on a file of ours that gives the answer's theorem the statement's type.
That file requires the answer's compiled file without importing it, so no notation, coercion, hint or
shadowing name of the answer has a say in it, and it must exit with 0 and print that the proof is closed
under the global context: no axioms and no check switched off. `coqchk -norec` then checks the answer and the
comparison anew, because `Print Assumptions` alone can be deceived. Kernels have faults too: see
`coq_language.py`.

Works with Coq 8.16, Debian 12's. Knows no theorems that need axioms: classical logic and the real numbers of
the standard library are not to be had.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from os import sched_getaffinity
from pathlib import Path
from shutil import which

from ponder.errors import DataError, PonderError, SandboxError
from ponder.records import Judgement, Verdict
from ponder.verify.kernels.code_block import LONGEST_ANSWER, code_of
from ponder.verify.kernels.coq_language import recursive_functions, refusal
from ponder.verify.kernels.coq_recursion import is_plain
from ponder.verify.kernels.coq_source import (
    Statement,
    folded,
    last_theorem,
    read_statement,
    restate,
    sentences,
    strip_comments,
)
from ponder.verify.sandbox.command import (
    ENVIRONMENT,
    FOLDER,
    CommandLimits,
    Ending,
    Finished,
    run_jailed,
)

LEVEL = "jail"
SHOWN = 300
DEFAULT_LIMITS = CommandLimits()
_READ_ONLY = (Path("/etc/ocamlfind.conf"),)
_COQC = ("coqc", "-q", "-noglob", "-w", "none", "-native-compiler", "no", "-Q", FOLDER, "Ponder")
_COQCHK = ("coqchk", "-silent", "-norec", "Ponder.Answer", "-norec", "Ponder.Check", "-Q", FOLDER, "Ponder")
_CLOSED = "Closed under the global context"
_STATED = "Ponder_statement"
_PLACE = re.compile(r'^File "[^"]*", line \d+, characters \d+-\d+:$', re.MULTILINE)
_OUTCOMES = {
    Ending.TIMEOUT: Verdict.TIMED_OUT,
    Ending.INFRASTRUCTURE_ERROR: Verdict.ERROR,
}


class _Refused(PonderError):
    """Why an answer is not accepted, as the judgement will tell it."""

    def __init__(self, verdict: Verdict, reason: str, outcome: str = "error") -> None:
        super().__init__(reason)
        self.verdict, self.outcome = verdict, outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Coq:
    """A `Verifier`: the gold is Coq text that ends in `Theorem name : statement.`, the answer proves it.

    The gold may begin with `Require` lines and definitions. The answer is a whole file that declares `name`,
    with or without what the gold has said already, or only the proof. Raises `SandboxError` where Coq or
    bubblewrap is missing; a gold that Coq does not accept gives `Verdict.ERROR`.
    """

    limits: CommandLimits = DEFAULT_LIMITS
    """For each of the three programs."""

    def __call__(self, answer: str, gold: str) -> Judgement:
        try:
            statement = read_statement(gold)
            compiled = _compile_statement(statement, self.limits)
        except (DataError, _Refused) as error:
            outcome = Ending.INFRASTRUCTURE_ERROR.value
            return Judgement(Verdict.ERROR, None, f"the statement cannot be used: {error}", outcome, LEVEL)
        source = code_of(answer).strip()
        if not source:
            return Judgement(Verdict.NO_ANSWER, None, "there is no proof", "error", LEVEL)
        try:
            _check_answer(source, statement, compiled, self.limits)
        except _Refused as refused:
            return Judgement(refused.verdict, source[:SHOWN], str(refused), refused.outcome, LEVEL)
        return Judgement(Verdict.CORRECT, source[:SHOWN], f"{statement.name} is proved", "passed", LEVEL)

    def check_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Every (answer, gold), on all processors, order kept."""
        with ThreadPoolExecutor(len(sched_getaffinity(0))) as threads:
            return list(threads.map(self, *zip(*pairs, strict=True))) if pairs else []


def installed() -> bool:
    """Whether Coq is where the jail can see it."""
    return which("coqc", path=ENVIRONMENT["PATH"]) is not None


def check_file(source: str, *, limits: CommandLimits = DEFAULT_LIMITS) -> Judgement:
    """Check the last theorem of a file by itself. What it states is in `extracted`, as Coq understood it.

    The names in it are Coq's own where they are not qualified with `Answer`: read it, nobody else has said
    what was to be proved.
    """
    try:
        own = _read_answer(code_of(source))
        name = last_theorem(own)
        if name is None:
            raise _Refused(Verdict.NO_ANSWER, "there is no sentence like `Theorem name : statement.`")
        _gate(own)
        answer = _compile("Answer", own, {}, limits)
        stated = _check({"Answer.vo": answer}, name, None, recursive_functions(own), limits)
    except _Refused as refused:
        return Judgement(refused.verdict, None, str(refused), refused.outcome, LEVEL)
    return Judgement(Verdict.CORRECT, f"{name} : {stated}", f"{name} is proved", "passed", LEVEL)


def _check_answer(source: str, statement: Statement, compiled: bytes, limits: CommandLimits) -> None:
    own = restate(_read_answer(source), statement)
    known = folded(statement.sentence)  # trusted wherever it is repeated
    _gate([each for each in own if folded(each) != known], [*statement.preamble, statement.sentence])
    head = [*statement.requires, "Require Import Ponder.Statement.", *statement.settings]
    given = {"Statement.vo": compiled}
    answer = _compile("Answer", [*head, *own], given, limits)
    given["Answer.vo"] = answer
    stated = f"Ponder.Statement.{_STATED}"
    _check(given, statement.name, stated, recursive_functions(own), limits)


def _read_answer(source: str) -> list[str]:
    if len(source) > LONGEST_ANSWER:
        raise _Refused(Verdict.UNPARSABLE, f"longer than {LONGEST_ANSWER} characters")
    try:
        return sentences(strip_comments(source))
    except DataError as error:
        raise _Refused(Verdict.UNPARSABLE, str(error)) from error


def _gate(own: list[str], trusted: list[str] | None = None) -> None:
    if why := refusal(own, trusted or ()):
        raise _Refused(Verdict.WRONG, why, "blocked")


@lru_cache(maxsize=256)
def _compile_statement(statement: Statement, limits: CommandLimits) -> bytes:
    """The same statement judges many answers."""
    named = f"Definition {_STATED} := ltac:(let T := type of (@{statement.name}) in exact T)."
    return _compile("Statement", [*statement.preamble, statement.sentence, "Admitted.", named], {}, limits)


def _compile(module: str, text: list[str], given: dict[str, bytes], limits: CommandLimits) -> bytes:
    """The compiled file of a module; what the compiler prints is only told as a reason."""
    source = "\n".join([*text, ""]).encode("utf-8", "replace")
    finished = _run([*_COQC, f"{module}.v"], {f"{module}.v": source, **given}, limits, f"{module}.vo")
    compiled = finished.files.get(f"{module}.vo")
    if finished.returncode or compiled is None:
        raise _Refused(Verdict.WRONG, _first_error(finished.stderr))
    return compiled


def _check(
    given: dict[str, bytes], name: str, statement: str | None, functions: list[str], limits: CommandLimits
) -> str:
    """Compare what the answer's theorem says with the statement, and find what it rests on.

    Returns the theorem's type as Coq prints it. `functions` are the recursive ones to look at.
    """
    nonce = secrets.token_hex(8)
    mark = f"Check marked_{nonce}."
    text = [
        f"Require {'Ponder.Statement ' if statement else ''}Ponder.Answer.",
        f"Definition proved_{nonce}{f' : {statement}' if statement else ''} := @Ponder.Answer.{name}.",
        f"Definition marked_{nonce} := Coq.Init.Datatypes.tt.",
        "Set Printing Coercions. Set Printing Depth 1000000. Set Printing Width 1000000.",
        f"Check proved_{nonce}. {mark}",
        f"Print Assumptions proved_{nonce}. {mark}",
        "Set Printing All.",
        *(f"Print Ponder.Answer.{function}. {mark}" for function in functions),
        "",
    ]
    # coqchk speaks on the other channel: what is read as Coq's word comes from coqc alone.
    both = " ".join([*_COQC, "Check.v", "&&", "exec", *_COQCHK, ">&2"])
    files = {"Check.v": "\n".join(text).encode(), **given}
    finished = _run(["/usr/bin/sh", "-c", both], files, limits)
    told = re.split(rf"^marked_{nonce}\n     : unit\n", finished.stdout, flags=re.MULTILINE)
    before, colon, stated = told[0].partition(":")
    if len(told) != 3 + len(functions) or before.strip() != f"proved_{nonce}" or not colon:
        raise _Refused(Verdict.WRONG, f"it does not prove the statement: {_first_error(finished.stderr)}")
    if told[1].strip() != _CLOSED:
        raise _Refused(Verdict.WRONG, f"it rests on more than Coq: {' '.join(told[1].split())[:SHOWN]}")
    for function, printed in zip(functions, told[2:], strict=False):
        if not is_plain(printed, function):
            raise _Refused(Verdict.WRONG, f"the recursion of {function} is not plainly structural", "blocked")
    if finished.returncode:
        raise _Refused(Verdict.WRONG, f"coqchk refuses it: {_last_error(finished.stderr)}")
    return " ".join(stated.split())


def _run(argv: list[str], files: dict[str, bytes], limits: CommandLimits, *keep: str) -> Finished:
    """Run in the jail; a failure of ours is tried once more. Raises `_Refused` at a limit."""
    if not installed():
        raise SandboxError("Coq is not installed below /usr: apt install coq")
    finished = run_jailed(argv, files=files, keep=keep, read_only=_READ_ONLY, limits=limits)
    if finished.ending is Ending.INFRASTRUCTURE_ERROR:
        finished = run_jailed(argv, files=files, keep=keep, read_only=_READ_ONLY, limits=limits)
    match finished.ending:
        case Ending.EXITED:
            return finished
        case Ending.TIMEOUT:
            reason = f"{argv[0]} was still running after {limits.seconds:g} s"
        case Ending.MEMORY:
            reason = f"{argv[0]} needs more than {limits.memory_mb} MB"
        case Ending.OUTPUT_LIMIT:
            reason = f"more than {limits.output_bytes} bytes of output"
        case Ending.INFRASTRUCTURE_ERROR:
            reason = finished.stderr
    raise _Refused(_OUTCOMES.get(finished.ending, Verdict.WRONG), reason, finished.ending.value)


def _first_error(stderr: str) -> str:
    """Coq's first error, without the place in a file that nobody sees."""
    told = _PLACE.sub("", stderr[stderr.find("Error:") :] if "Error:" in stderr else stderr)
    return " ".join(told.split())[:SHOWN] or "Coq does not accept it"


def _last_error(stderr: str) -> str:
    return " ".join(stderr.strip().rpartition("\n")[2].split())[:SHOWN]
