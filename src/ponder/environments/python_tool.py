"""A Python interpreter: `<python>print(12*7)</python>` is followed by `<output>84</output>`.

The program runs in the sandbox and nowhere else, each time in a fresh process that remembers nothing. A
program that fails, or is stopped at a limit, gets what it printed until then and the reason. Does not know
whether an output helps; a program that reads the clock or draws random numbers may print something else next
time.
"""

from __future__ import annotations

from dataclasses import dataclass

from ponder.environments.tags import last_call, tagged
from ponder.records import Problem
from ponder.verify.sandbox import Limits, Outcome, Stopped, open_sandbox, why

LIMITS = Limits(seconds=3.0, output_bytes=100_000)
MOST_SHOWN = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTool:
    """An `Environment`. Raises `SandboxError` where no level of the sandbox holds: a program never runs
    outside it."""

    pause: tuple[str, ...] = ("</python>",)
    instruction: str = "To run a program, write it like <python>print(12*7)</python>; its output will follow."
    level: str = "auto"
    limits: Limits = LIMITS
    shown: int = MOST_SHOWN
    """Characters of an output; the rest is cut."""

    def respond(self, problem: Problem, text: str) -> str:
        call = last_call(text, "python")
        return tagged("error: no program" if call is None else self._output(call.strip("\n")), "output")

    def _output(self, source: str) -> str:
        """A failure of the sandbox itself is tried once more, then raised as `Stopped`."""
        try:
            return self._run(source)
        except Stopped as stopped:
            if stopped.outcome is not Outcome.INFRASTRUCTURE_ERROR:
                return f"error: {stopped}"
        return self._run(source)

    def _run(self, source: str) -> str:
        with open_sandbox(self.level).start_job(
            {"mode": "script", "source": source}, self.limits, b""
        ) as job:
            ended = job.wait()
        printed = ended.stdout.decode("utf-8", "replace").strip()
        shown = printed if len(printed) <= self.shown else printed[: self.shown] + " ..."
        if ended.exit_code == 0:
            return shown
        outcome, reason = why(ended, self.limits)
        if outcome is Outcome.INFRASTRUCTURE_ERROR:
            raise Stopped(outcome, reason)
        return f"{shown}\nerror: {reason}".lstrip()
