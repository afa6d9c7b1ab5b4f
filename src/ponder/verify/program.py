"""Judges a program by its tests. The verdict is never computed in the program's process.

The supervisor keeps the expected values. A function is called through a private pipe, one question with a
random id outstanding at a time, in random order; what comes back is typed JSON, and the supervisor compares
it: `True` is not 1, an object is nothing, numbers are exact unless the tests state a tolerance. A program
that reads standard input gets a fresh process for each case, and its whole output is compared. Tests that
are code run in a second sandboxed process, where the program's functions are stand-ins that ask across.

A failure of ours is tried once more and then reported as such (`Verdict.ERROR`), never as a wrong program.
Does not know how good a program is beyond its tests, nor languages other than Python.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from os import sched_getaffinity
from typing import Any

from ponder.errors import DataError
from ponder.records import Judgement, Verdict
from ponder.verify.fenced import last_block
from ponder.verify.program_answers import agree, same_output
from ponder.verify.program_tests import Examination, FunctionTests, ProgramTests, Row, StreamTests, read_tests
from ponder.verify.sandbox import (
    VERDICTS,
    Job,
    Limits,
    Outcome,
    Sandbox,
    Stopped,
    open_sandbox,
    outcome_of,
    why,
)
from ponder.verify.sandbox.inside.messages import NotPlain, decode, encode

DEFAULT_LIMITS = Limits()
SHOWN = 120  # characters of a value in a reason
LONGEST_PROGRAM = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramVerifier:
    """A `Verifier` whose gold is the JSON of the tests and whose answer is a program, fenced or bare."""

    level: str = "auto"
    limits: Limits = DEFAULT_LIMITS

    def __call__(self, answer: str, gold: str) -> Judgement:
        return verify_program(answer, gold, level=self.level, limits=self.limits)

    def many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Every (answer, gold), on all processors, order kept."""
        open_sandbox(self.level)  # a level that does not hold is told once, before any work
        with ThreadPoolExecutor(len(sched_getaffinity(0)) + 1) as threads:
            return list(threads.map(self, *zip(*pairs, strict=True))) if pairs else []


def verify_program(
    answer: str, tests: ProgramTests | Row | str, *, level: str = "auto", limits: Limits = DEFAULT_LIMITS
) -> Judgement:
    """Run the program against its tests in the sandbox `level` (`guard`, `jail`, or the first that holds).

    Raises `SandboxError` when no level holds on this machine; broken tests give `Verdict.ERROR`.
    """
    try:
        known = _known(tests)
    except DataError as error:
        return Judgement(Verdict.ERROR, None, str(error), Outcome.INFRASTRUCTURE_ERROR)
    source = complete_program(last_block(answer), known)
    if not source.strip():
        return Judgement(Verdict.NO_ANSWER, None, "there is no program")
    if len(source) > LONGEST_PROGRAM:
        return Judgement(Verdict.UNPARSABLE, source[:SHOWN], f"longer than {LONGEST_PROGRAM} characters")
    sandbox = open_sandbox(level)
    stopped = _run(sandbox, source, known, limits)
    if stopped.outcome is Outcome.INFRASTRUCTURE_ERROR:
        stopped = _run(sandbox, source, known, limits)
    verdict = VERDICTS.get(stopped.outcome, Verdict.WRONG)
    return Judgement(verdict, source, str(stopped), stopped.outcome.value, sandbox.level)


def _known(tests: ProgramTests | Row | str) -> ProgramTests:
    if isinstance(tests, ProgramTests):
        return tests
    return _read_text(tests) if isinstance(tests, str) else read_tests(tests)


@lru_cache(maxsize=1024)
def _read_text(tests: str) -> ProgramTests:
    """The same tests judge many samples."""
    return read_tests(tests)


def complete_program(source: str, tests: ProgramTests) -> str:
    """HumanEval's prompt is to be continued: a bare body follows it, a function gets what precedes it."""
    match tests:
        case (
            FunctionTests(entry_point=name, prompt=prompt)
            | Examination(entry_point=str(name), prelude=prompt)
        ):
            pass
        case _:
            return source
    if not prompt or not source.strip():
        return source
    definition = re.compile(rf"^(?:async )?def {re.escape(name)}\b", re.MULTILINE)
    if not definition.search(source):
        return prompt + source
    if source.startswith(prompt):
        return source
    found = definition.search(prompt)
    before = prompt[: found.start()] if found else ""
    return f"{before}\n{source}" if "from __future__" not in source else source


def _run(sandbox: Sandbox, source: str, tests: ProgramTests, limits: Limits) -> Stopped:
    """One try; how it ended, passing included."""
    try:
        match tests:
            case FunctionTests():
                _call_functions(sandbox, source, tests, limits)
            case StreamTests():
                _feed_streams(sandbox, source, tests, limits)
            case Examination():
                _examine(sandbox, source, tests, limits)
    except Stopped as stopped:
        return stopped
    return Stopped(Outcome.PASSED, "passed its tests")


def _call_functions(sandbox: Sandbox, source: str, tests: FunctionTests, limits: Limits) -> None:
    order = list(enumerate(tests.cases, 1))
    random.SystemRandom().shuffle(order)
    with _open_program(sandbox, source, (tests.entry_point,), limits) as program:
        for number, case in order:
            given = _ask(
                program, tests.entry_point, encode(case.arguments), encode(dict(case.named)), f"case {number}"
            )
            if not agree(given, case.expected, tests.tolerance, python=tests.python):
                called = f"{tests.entry_point}({', '.join(map(_show, case.arguments))})"
                told = f"case {number}: {called} gave {_show(given)}, not {_show(case.expected)}"
                raise Stopped(Outcome.WRONG, told)


def _open_program(sandbox: Sandbox, source: str, names: Iterable[str], limits: Limits) -> Job:
    """A process that has defined the program and waits for calls."""
    program = sandbox.start_job({"mode": "function", "source": source, "names": list(names)}, limits)
    try:
        match program.receive():
            case {"ready": True}:
                return program
            case {"failed": {"type": str(kind), "message": str(message)}}:
                raise Stopped(outcome_of(kind), f"{kind}: {message}")
            case _:
                raise Stopped(Outcome.WRONG, "its first message is not one")
    except BaseException:
        program.__exit__()
        raise


def _ask(program: Job, name: str, arguments: Any, named: Any, where: str) -> Any:
    """One question and its answer, decoded. Raises `Stopped` on anything else."""
    question = secrets.token_hex(8)
    if program.said_more:
        raise Stopped(Outcome.WRONG, f"{where}: it wrote answers that nobody had asked for")
    program.send({"id": question, "name": name, "arguments": arguments, "named": named})
    reply = program.receive()
    match reply:
        case {"id": str(answered), **rest} if answered == question and len(rest) == 1:
            pass
        case _:
            raise Stopped(Outcome.WRONG, f"{where}: it answered a question that was not asked")
    match rest:
        case {"value": value}:
            try:
                return decode(value)
            except (NotPlain, RecursionError) as error:
                raise Stopped(Outcome.WRONG, f"{where}: {error}") from None
        case {"raised": {"type": "NotPlain", "message": str(message)}}:
            raise Stopped(Outcome.WRONG, f"{where}: it {message}")
        case {"raised": {"type": str(kind), "message": str(message)}}:
            raise Stopped(outcome_of(kind), f"{where}: {kind}: {message}")
        case _:
            raise Stopped(Outcome.WRONG, f"{where}: its reply is not one")


def _feed_streams(sandbox: Sandbox, source: str, tests: StreamTests, limits: Limits) -> None:
    for number, case in enumerate(tests.cases, 1):
        with sandbox.start_job({"mode": "script", "source": source}, limits, case.stdin.encode()) as program:
            ended = program.wait()
        if ended.exit_code != 0:
            outcome, reason = why(ended, limits)
            raise Stopped(outcome, f"case {number}: {reason}")
        try:
            output = ended.stdout.decode("utf-8")
        except UnicodeDecodeError:
            raise Stopped(Outcome.WRONG, f"case {number}: its output is not UTF-8") from None
        if not same_output(output, case.stdout, tests.tolerance):
            raise Stopped(Outcome.WRONG, f"case {number}: printed {_show(output)}, not {_show(case.stdout)}")


def _examine(sandbox: Sandbox, source: str, tests: Examination, limits: Limits) -> None:
    job = {"mode": "examine", "source": tests.source, "prelude": tests.prelude}
    job |= {"names": list(tests.names), "entry_point": tests.entry_point}
    with (
        _open_program(sandbox, source, tests.names, limits) as program,
        sandbox.start_job(job, limits) as examiner,
    ):
        asked = 0
        while "ask" in (said := examiner.receive()):
            asked += 1
            value = _ask(program, said["ask"], said["arguments"], said["named"], f"call {asked}")
            examiner.send({"value": encode(value)})
        if program.said_more:
            raise Stopped(Outcome.WRONG, "it wrote answers that nobody had asked for")
    if "passed" in said and asked:
        return
    failed = said.get("failed", {"type": "", "message": "they never call the program"})
    told = ": ".join(part for part in (failed["type"], failed["message"]) if part)
    if not asked:
        raise Stopped(Outcome.INFRASTRUCTURE_ERROR, f"the tests do not run: {told}")
    raise Stopped(Outcome.WRONG, f"after call {asked}: {told}")


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a very long number"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
