"""What a program may use, and how its run can end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ponder.config import at_least
from ponder.errors import PonderError
from ponder.records import Verdict


class Outcome(StrEnum):
    """How a program did. Only the last is not the program's doing."""

    PASSED = "passed"
    WRONG = "wrong"
    ERROR = "error"  # it raised, crashed, ended early or does not compile
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    BLOCKED = "blocked"  # it was stopped at something that the sandbox forbids
    INFRASTRUCTURE_ERROR = "infrastructure_error"


LONGEST_REASON = 600
"""Characters; a part of it may be the program's own words."""
VERDICTS = {
    Outcome.PASSED: Verdict.CORRECT,
    Outcome.TIMEOUT: Verdict.TIMED_OUT,
    Outcome.INFRASTRUCTURE_ERROR: Verdict.ERROR,
}
"""Of the outcomes that are not simply WRONG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one process. A program judged by many standard inputs gets a fresh process, and these, for each."""

    seconds: float = 5.0
    """On the clock, from the program's first line to its end."""
    memory_mb: int = 512
    """Address space, the interpreter's own (about 30 MB) included."""
    output_bytes: int = 1_000_000
    """Standard output, standard error and answers, each."""
    file_mb: int = 16
    """Of all files together; only `jail` has a place to write."""

    def __post_init__(self) -> None:
        at_least(0.01, seconds=self.seconds)
        at_least(64, memory_mb=self.memory_mb)
        at_least(1, output_bytes=self.output_bytes)
        at_least(0, file_mb=self.file_mb)


class Stopped(PonderError):
    """A program's run ended without the answer that was waited for."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(_printable(reason[:LONGEST_REASON]))
        self.outcome = outcome


def _printable(text: str) -> str:
    """Control characters and halves of characters as escapes: a reason is shown on terminals and stored."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )
