"""Runs untrusted programs: confined processes from a fork server, supervised from outside.

`open_sandbox` gives the sandbox of a level, started and proved by its self-check, once per process.
"""

from __future__ import annotations

import os
import threading

from ponder.errors import ConfigError, SandboxError
from ponder.verify.sandbox.fork_server import Sandbox
from ponder.verify.sandbox.levels import LEVELS
from ponder.verify.sandbox.limits import VERDICTS, Limits, Outcome, Stopped
from ponder.verify.sandbox.running import Ended, Job, outcome_of, why
from ponder.verify.sandbox.self_check import self_check

__all__ = [
    "LEVELS", "VERDICTS", "Ended", "Job", "Limits", "Outcome", "Sandbox", "SandboxError", "Stopped",
    "open_sandbox", "outcome_of", "self_check", "why",
]  # fmt: skip

AUTO = "auto"
_proved: dict[str, Sandbox] = {}
_lock = threading.Lock()


def open_sandbox(level: str = AUTO) -> Sandbox:
    """The shared sandbox of a level; `auto` is the first of `LEVELS` that holds.

    Fails closed: raises `SandboxError` with every level's reason when none holds, `ConfigError` for a level
    that does not exist. Never falls back to running a program unconfined.
    """
    if level != AUTO and level not in LEVELS:
        raise ConfigError(f"there is no sandbox level {level!r}; known: {AUTO}, {', '.join(LEVELS)}")
    reasons = list[str]()
    with _lock:
        for name in LEVELS if level == AUTO else (level,):
            if name in _proved:
                return _proved[name]
            try:
                _proved[name] = _prove(name)
            except SandboxError as error:
                reasons.append(f"{name}: {error}")
            else:
                return _proved[name]
    raise SandboxError(f"programs cannot be run safely here, so they are not run; {'; '.join(reasons)}")


def _prove(level: str) -> Sandbox:
    sandbox = Sandbox(level)
    try:
        failed = self_check(sandbox)
    except BaseException:
        sandbox.close()
        raise
    if failed:
        sandbox.close()
        raise SandboxError(f"its self-check failed: {', '.join(failed)}")
    return sandbox


def _in_forked_child() -> None:
    """A fork may have happened while another thread held the lock."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_in_forked_child)
