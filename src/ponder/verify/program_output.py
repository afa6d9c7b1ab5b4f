"""What a program prints: run in the sandbox without tests, for answers that are computed by a program.

Program-aided reasoning (Gao et al., PAL, arXiv:2211.10435): the model writes the steps as code and leaves
the arithmetic to the interpreter. Judges nothing; a program that fails has simply no output.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from os import sched_getaffinity

from ponder.verify.sandbox import Limits, Outcome, Stopped, open_sandbox, why

LIMITS = Limits(seconds=3.0, output_bytes=10_000)


def run_for_output(source: str, *, level: str = "auto", limits: Limits = LIMITS) -> str | None:
    """The last line it prints, or None if it prints none, fails, or is stopped.

    Raises `SandboxError` when no level holds here, and `Stopped` when the sandbox itself failed twice.
    """
    try:
        return _last_line(source, level, limits)
    except Stopped as stopped:
        if stopped.outcome is not Outcome.INFRASTRUCTURE_ERROR:
            return None
    return _last_line(source, level, limits)


def run_all_for_output(sources: Sequence[str], *, level: str = "auto") -> list[str | None]:
    """Each one's, on all processors, order kept."""
    if not sources:
        return []
    open_sandbox(level)  # a level that does not hold is told once, before any work
    with ThreadPoolExecutor(len(sched_getaffinity(0)) + 1) as threads:
        return list(threads.map(partial(run_for_output, level=level), sources))


def _last_line(source: str, level: str, limits: Limits) -> str | None:
    with open_sandbox(level).start_job({"mode": "script", "source": source}, limits, b"") as program:
        ended = program.wait()
    if ended.exit_code != 0:
        outcome, reason = why(ended, limits)
        if outcome is Outcome.INFRASTRUCTURE_ERROR:
            raise Stopped(outcome, reason)
        return None
    lines = [line.strip() for line in ended.stdout.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else None
