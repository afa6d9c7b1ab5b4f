"""Somebody's reward function in a process of its own, which can be killed when it hangs.

The process is started at the first batch, serves all others, and is started again after it was killed or
died. Columns go there pickled; what comes back is JSON. It is not a sandbox: the function has the user's
rights, because the user named it.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import weakref
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from ponder.errors import ConfigError

HANGS_AFTER = 60.0
"""Seconds for a batch."""
STARTS_WITHIN = 120.0
"""Seconds for importing the function's module: it may load a model."""


class RewardStopped(Exception):
    """The function did not come back: it ran out of time, or its process ended."""


class RewardRaised(Exception):
    """The function raised; the message says what."""


class IsolatedReward:
    """Called as the function itself would be. `seconds` are for one call."""

    def __init__(self, name: str, seconds: float = HANGS_AFTER) -> None:
        if seconds <= 0:
            raise ConfigError(f"a reward function needs time: its limit must be above 0, not {seconds:g}")
        self.name, self.seconds = name, seconds
        self._pipe: Connection | None = None
        self._stop = weakref.finalize(self, _nothing)
        self._start()  # a name that cannot be imported shows before anything is sampled

    def __call__(self, **columns: Any) -> list[Any]:
        pipe = self._pipe or self._start()
        try:
            pipe.send_bytes(pickle.dumps(columns))
            answer = self._receive(pipe, self.seconds)
        except KeyboardInterrupt:
            self._end()
            raise
        if "mistake" in answer:
            raise ConfigError(answer["mistake"])
        if "raised" in answer:
            raise RewardRaised(answer["raised"])
        return answer["values"]

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        path = os.pathsep.join(each for each in sys.path if each)
        process = subprocess.Popen(
            [sys.executable, "-m", "ponder.verify.reward_worker", self.name, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=2,
            pass_fds=(theirs.fileno(),),
            env={**os.environ, "PYTHONPATH": path},
        )
        theirs.close()
        self._pipe = ours
        self._stop = weakref.finalize(self, _stop, process, ours)
        answer = self._receive(ours, STARTS_WITHIN)
        if "mistake" in answer:
            self._end()
            raise ConfigError(answer["mistake"])
        return ours

    def _receive(self, pipe: Connection, seconds: float) -> dict[str, Any]:
        try:
            if pipe.poll(seconds):
                return json.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            self._end()
            raise RewardStopped("its process ended") from None
        self._end()
        raise RewardStopped(f"it did not come back within {seconds:g} s")

    def _end(self) -> None:
        self._stop()
        self._pipe = None


def _stop(process: subprocess.Popen[bytes], pipe: Connection) -> None:
    pipe.close()
    process.kill()
    process.wait()


def _nothing() -> None:
    """Before there is a process."""
