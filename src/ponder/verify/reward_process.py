"""Somebody's reward function in a process of its own, which can be killed when it hangs.

The process is started at once, serves all batches, and is started again after it was killed or died. Columns
go there pickled; what comes back is JSON. What the function itself starts is killed with it. It is not a
sandbox: the function has the user's rights, because the user named it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import weakref
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ponder.errors import ConfigError

HANGS_AFTER = 60.0
"""Seconds for a batch."""
STARTS_WITHIN = 120.0
"""Seconds for importing the function's module: it may load a model."""
MEMORY_SHARE = 0.5
"""Of the memory that is free when the process starts; the rest is for who trains."""
LEAST_MB = 2048


class RewardStopped(Exception):
    """The function did not come back: it ran out of time, or its process ended."""


class RewardRaised(Exception):
    """The function raised; the message says what."""


class IsolatedReward:
    """Called as the function itself would be. `seconds` are for one call; `memory_mb`, half of what is free
    unless given, is for the function's whole process, and bounded on Linux only."""

    def __init__(self, name: str, seconds: float = HANGS_AFTER, *, memory_mb: int | None = None) -> None:
        if seconds <= 0:
            raise ConfigError(f"a reward function needs time: its limit must be above 0, not {seconds:g}")
        self.name, self.seconds = name, seconds
        self.memory_mb = memory_mb or max(LEAST_MB, int(_free_mb() * MEMORY_SHARE))
        self.needed = list[str]()
        """The columns that the function cannot do without."""
        self._pipe: Connection | None = None
        self._stop = weakref.finalize(self, _nothing)
        try:
            self._start()  # a name that cannot be imported shows before anything is sampled
        except RewardStopped as stopped:
            raise ConfigError(f"reward {name!r} cannot be imported: {stopped}") from None

    def __call__(self, **columns: Any) -> list[Any]:
        packed = pickle.dumps(columns)
        try:
            answer = self._receive(self._send(packed), self.seconds)
        except KeyboardInterrupt:
            self._end()
            raise
        if "mistake" in answer:
            raise ConfigError(answer["mistake"])
        if "raised" in answer:
            raise RewardRaised(answer["raised"])
        return answer["values"]

    def _send(self, packed: bytes) -> Connection:
        """To the process; one that has died since the last batch is replaced."""
        if self._pipe is not None:
            try:
                self._pipe.send_bytes(packed)
            except OSError:
                self._end()
            else:
                return self._pipe
        try:
            pipe = self._start()
            pipe.send_bytes(packed)
        except (ConfigError, OSError) as error:  # its file was changed meanwhile: no reason to end a run
            self._end()
            raise RewardStopped(f"it cannot be started again: {error}") from None
        return pipe

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        path = os.pathsep.join(each for each in sys.path if each)
        command = [sys.executable, "-m", "ponder.verify.reward_worker", self.name, str(theirs.fileno())]
        with theirs:
            process = subprocess.Popen(
                [*command, str(self.seconds), str(self.memory_mb)],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # to be killed with all it starts; Ctrl-C goes to the owner only
            )
        self._pipe = ours
        self._stop = weakref.finalize(self, _stop, process, ours)
        answer = self._receive(ours, STARTS_WITHIN)
        if "mistake" in answer:
            self._end()
            raise ConfigError(answer["mistake"])
        self.needed = answer["needed"]
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
    with contextlib.suppress(ProcessLookupError, PermissionError):  # not yet waited for, so the group is its
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _nothing() -> None:
    """Before there is a process."""


def _free_mb() -> int:
    """Linux's MemAvailable, or all that the machine has."""
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) >> 10
    return (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 20
