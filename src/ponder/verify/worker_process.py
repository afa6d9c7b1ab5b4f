"""Worker processes and their nursery, seen from the owner: sockets, deadlines, descriptors and the kill.

`nursery.py` holds the other side and the messages. A pidfd comes with each worker on Linux, so a kill can
never hit another process that has got the same number; elsewhere a late worker is ended by its own timer.
Does not know which worker is free: that is the pool's.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from ponder.errors import PonderError
from ponder.verify.nursery import MOST_REPLY_BYTES, SECONDS_TO_IMPORT
from ponder.verify.sandbox.inside.messages import HEADER, pack, unpack

SECONDS_TO_FORK = 10.0
GRACE = 0.25
"""How many seconds after the owner's limit a worker's own timer ends it."""
IN_BETWEEN = threading.RLock()
"""Held while there are descriptors that no pool knows yet; a fork waits for it."""
_START = "from ponder.verify.nursery import main; main()"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")


class WorkerFailure(PonderError):
    """A call that came back without a value. The base itself: the function raised, the message says what."""


class WorkerTimeout(WorkerFailure):
    """The call ran past its time limit; its worker was killed."""


class WorkerOutOfMemory(WorkerFailure):
    """The call needed more memory than a worker may have; its worker was replaced."""


class WorkerDied(WorkerFailure):
    """The worker ended by itself, or none could be started. Worth one retry."""


class Worker:
    """One worker seen from outside: its channel, its pidfd where there is one, and the call it is on."""

    def __init__(self, channel: socket.socket, pidfd: int | None) -> None:
        self.channel, self.pidfd = channel, pidfd
        self.channel.setblocking(False)
        self.reusable = True
        self.deadline = 0.0
        self._said = bytearray()
        self._ended = False

    def is_alive(self) -> bool:
        """Whether an idle worker is still there: its channel has nothing to say."""
        try:
            self.channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def begin(self, payload: Any, seconds: float) -> None:
        self.reusable, self._said = False, bytearray()
        self.limit, self.deadline = seconds, time.monotonic() + seconds
        own_limit = seconds if self.pidfd is None else seconds + GRACE
        self.channel.settimeout(seconds)
        with contextlib.suppress(OSError):  # a dead worker: `read` will find out
            self.channel.sendall(pack({"payload": payload, "seconds": own_limit}))
        self.channel.setblocking(False)

    def read(self) -> None:
        try:
            part = self.channel.recv(1 << 16)
        except OSError:
            part = b""
        self._said += part
        self._ended = not part

    def is_done(self) -> bool:
        return self._ended or self._length() is not None or time.monotonic() >= self.deadline

    def _length(self) -> int | None:
        """Bytes of the reply when it is complete, or too long to be waited for."""
        if len(self._said) < HEADER.size:
            return None
        length = int(HEADER.unpack_from(self._said)[0])
        return length if length > MOST_REPLY_BYTES or len(self._said) >= HEADER.size + length else None

    def outcome(self) -> Any | WorkerFailure:
        """The value or the failure of the call that is done."""
        length = self._length()
        if length is None and time.monotonic() >= self.deadline:
            return WorkerTimeout(f"still running after {self.limit:g} s")
        if length is None or length > MOST_REPLY_BYTES:
            return WorkerDied("the worker ended before its reply")
        reply = unpack(bytes(self._said[HEADER.size :]))
        self.reusable = not reply["last"]
        if "memory" in reply:
            return WorkerOutOfMemory("it needs more memory than a worker may have")
        if "raised" in reply:
            return WorkerFailure(reply["raised"])
        return reply["value"]

    def kill(self) -> None:
        if self.pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.channel.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.channel.close()
        if self.pidfd is not None:
            pidfd, self.pidfd = self.pidfd, None
            os.close(pidfd)


class Nursery:
    """The process that forks the workers, and the socket to it."""

    def __init__(self, function: str, memory_mb: int) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in sys.path)
        environment["PYTHONHASHSEED"] = "0"  # the same verdict in every process
        with IN_BETWEEN:
            self.control, theirs = socket.socketpair()
            with theirs:
                self.process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _START, function, str(memory_mb)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env=environment,
                    cwd="/",
                    start_new_session=True,  # a terminal's Ctrl-C goes to the owner only
                )
        self.control.settimeout(SECONDS_TO_IMPORT)

    def wait_until_ready(self) -> None:
        """Raises `WorkerDied` with what stands in the way."""
        try:
            told, _ = self._receive()
            reason = told.get("failed")
        except OSError as error:
            self.process.kill()
            words = self.process.communicate()[1].decode("utf-8", "replace").strip().rpartition("\n")[2]
            reason = words or str(error)
        if reason:
            raise WorkerDied(f"no worker can be started: {reason}")
        self.control.settimeout(SECONDS_TO_FORK)

    def hatch(self, held: list[Worker], workers: set[Worker]) -> dict[str, Any]:
        """Add a new worker to both, before a fork of this process could copy its descriptors."""
        self.control.sendall(b"?")
        select.select([self.control], [], [], SECONDS_TO_FORK)
        with IN_BETWEEN:
            told, descriptors = self._receive()
            if descriptors:
                channel = socket.socket(fileno=descriptors[0])
                held.append(Worker(channel, descriptors[1] if descriptors[1:] else None))
                workers.add(held[-1])
        return told

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        """One message and the descriptors that come with it."""
        said, descriptors = bytearray(), list[int]()
        while len(said) < HEADER.size or len(said) < HEADER.size + HEADER.unpack_from(said)[0]:
            part, found, _, _ = socket.recv_fds(self.control, 1 << 16, 2)
            descriptors += found
            if not part:
                raise ConnectionResetError("the nursery has gone")
            said += part
        return unpack(bytes(said[HEADER.size :])), descriptors

    def end(self) -> None:
        """Close the control socket, upon which the nursery kills its workers and leaves, and wait for it."""
        self.control.close()
        try:
            self.process.wait(SECONDS_TO_FORK)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close_pipe()

    def disown(self) -> None:
        self.control.close()
        self.process.returncode = 0  # not our child: nothing to wait for
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self.process.stderr is not None:
            self.process.stderr.close()
