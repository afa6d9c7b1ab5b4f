"""One confined process, seen from outside: its pipes, its clock and its end.

Everything that is read here is hostile: sizes are bounded before anything is stored, JSON is parsed from
bounded bytes, and the clock runs until the kernel says that the process is gone (its pidfd is readable),
not until a pipe closes.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from ponder.verify.sandbox.inside.messages import HEADER, NotPlain, pack, unpack
from ponder.verify.sandbox.limits import Limits, Outcome, Stopped

STDERR_KEPT = 4_096
CHUNK = 1 << 16
SECONDS_TO_REAP = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is gone: its wait status, and what it wrote."""

    status: int
    cpu_seconds: float
    stdout: bytes
    stderr: bytes

    @property
    def exit_code(self) -> int | None:
        return os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else None

    @property
    def signal(self) -> int | None:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else None


class Job:
    """Owns the descriptors; a context manager that leaves no process behind."""

    def __init__(self, descriptors: list[int], limits: Limits, stdin: bytes | None = None) -> None:
        self.descriptors = list(descriptors)
        self.stdin, self.stdout, self.stderr, self.requests, self.replies, self.status, self.pidfd = (
            descriptors
        )
        self.limits = limits
        self.gone = False
        self._out, self._err, self._said, self._told = bytearray(), bytearray(), bytearray(), bytearray()
        self._err_count = 0
        self._pending = {self.stdin: memoryview(stdin or b""), self.requests: memoryview(b"")}
        self._selector = selectors.DefaultSelector()
        for descriptor, action in (
            (self.stdout, self._read_output),
            (self.stderr, self._read_errors),
            (self.replies, self._read_replies),
            (self.pidfd, self._note_end),
        ):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ, action)
        os.set_blocking(self.requests, False)
        os.set_blocking(self.stdin, False)
        if stdin:
            self._selector.register(self.stdin, selectors.EVENT_WRITE, self._write)
        else:
            self._close(self.stdin)
        self.deadline = time.monotonic() + limits.seconds

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()
        self._selector.close()
        for descriptor in list(self.descriptors):
            self._close(descriptor, watched=False)

    def send(self, message: Any) -> None:
        """Queue one message; it goes out while replies or the end are waited for."""
        waiting = bytes(self._pending[self.requests]) + pack(message)
        self._pending[self.requests] = memoryview(waiting)
        if self.requests in self.descriptors and self.requests not in self._selector.get_map():
            self._selector.register(self.requests, selectors.EVENT_WRITE, self._write)
        self._write(self.requests)

    def receive(self) -> Any:
        """The next message. Raises `Stopped` when the process ends or a limit is passed first."""
        self._pump(lambda: self.gone or self._has_message())
        if not self._has_message():
            raise self._why_it_ended()
        length = HEADER.unpack_from(self._said)[0]
        body = bytes(self._said[HEADER.size : HEADER.size + length])
        del self._said[: HEADER.size + length]
        try:
            return unpack(body)
        except NotPlain:
            raise Stopped(Outcome.WRONG, "its reply is not a message") from None

    @property
    def said_more(self) -> bool:
        """Whether it has written more than it was asked for."""
        return bool(self._said)

    def wait(self) -> Ended:
        """Until the process is gone. Raises `Stopped` at a limit."""
        self._pump(lambda: self.gone)
        status = self._read_status()
        return Ended(status["status"], status["cpu"], bytes(self._out), bytes(self._err))

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def _pump(self, done: Callable[[], bool]) -> None:
        while not done():
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.kill()
                raise Stopped(Outcome.TIMEOUT, f"still running after {self.limits.seconds:g} s")
            for key, _ in self._selector.select(left):
                if key.fd in self._selector.get_map():
                    key.data(key.fd)

    def _has_message(self) -> bool:
        if len(self._said) < HEADER.size:
            return False
        return len(self._said) >= HEADER.size + HEADER.unpack_from(self._said)[0]

    def _note_end(self, _: int) -> None:
        """The process is gone: take what is left in its pipes."""
        self._selector.unregister(self.pidfd)
        for descriptor, action in (
            (self.stdout, self._read_output),
            (self.stderr, self._read_errors),
            (self.replies, self._read_replies),
        ):
            while descriptor in self._selector.get_map() and action(descriptor):
                pass
        self.gone = True

    def _read_output(self, descriptor: int) -> bool:
        data = self._read(descriptor)
        self._out += data
        self._bound(len(self._out), "standard output")
        return bool(data)

    def _read_errors(self, descriptor: int) -> bool:
        data = self._read(descriptor)
        self._err = (self._err + data)[-STDERR_KEPT:]
        self._err_count += len(data)
        self._bound(self._err_count, "standard error")
        return bool(data)

    def _read_replies(self, descriptor: int) -> bool:
        data = self._read(descriptor)
        self._said += data
        announced = HEADER.unpack_from(self._said)[0] if len(self._said) >= HEADER.size else 0
        self._bound(max(len(self._said), announced), "an answer")
        return bool(data)

    def _bound(self, size: int, what: str) -> None:
        if size > self.limits.output_bytes:
            self.kill()
            raise Stopped(Outcome.OUTPUT_LIMIT, f"more than {self.limits.output_bytes} bytes of {what}")

    def _read(self, descriptor: int) -> bytes:
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            self._close(descriptor)
        return data

    def _write(self, descriptor: int) -> None:
        try:
            self._pending[descriptor] = self._pending[descriptor][
                os.write(descriptor, self._pending[descriptor]) :
            ]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it reads no further; what it does is judged by what it writes
            self._pending[descriptor] = memoryview(b"")
        if not self._pending[descriptor]:
            if descriptor == self.stdin:
                self._close(descriptor)
            elif descriptor in self._selector.get_map():
                self._selector.unregister(descriptor)

    def _close(self, descriptor: int, watched: bool = True) -> None:
        if descriptor not in self.descriptors:
            return
        if watched and descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)
        self.descriptors.remove(descriptor)
        os.close(descriptor)

    def _read_status(self) -> dict[str, Any]:
        """What the fork server tells of the end; it comes at once, or the server is broken."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.status, selectors.EVENT_READ)
            if not selector.select(SECONDS_TO_REAP):
                raise Stopped(
                    Outcome.INFRASTRUCTURE_ERROR, "the fork server does not tell how the process ended"
                )
        told = os.read(self.status, CHUNK)
        if not told:
            raise Stopped(Outcome.INFRASTRUCTURE_ERROR, "the fork server has gone")
        return json.loads(told)

    def _why_it_ended(self) -> Stopped:
        ended = self.wait()
        return Stopped(*why(ended, self.limits))


def why(ended: Ended, limits: Limits) -> tuple[Outcome, str]:
    """The outcome that a process's end stands for when it was not wanted."""
    tail = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
    match ended.signal:
        case None:
            return outcome_of(
                tail.partition(":")[0]
            ), tail or f"it ended itself with exit code {ended.exit_code}"
        case signal.SIGXCPU:
            return Outcome.TIMEOUT, "out of processor time"
        case signal.SIGSYS:
            return Outcome.BLOCKED, "killed at a forbidden system call"
        case signal.SIGXFSZ:
            return Outcome.OUTPUT_LIMIT, "wrote more to a file than it may"
        case signal.SIGKILL if ended.cpu_seconds < limits.seconds:
            return Outcome.MEMORY, "killed, most likely for want of memory"
        case signal.SIGKILL:
            return Outcome.TIMEOUT, "out of processor time"
        case number:
            return Outcome.ERROR, f"killed by signal {number} ({signal.strsignal(number)})"


def outcome_of(exception: str) -> Outcome:
    """The outcome that an uncaught exception stands for, by the name of its type."""
    match exception:
        case "MemoryError":
            return Outcome.MEMORY
        case "PermissionError":
            return Outcome.BLOCKED
        case _:
            return Outcome.ERROR
