"""The supervisor's side of the fork server: starts it, takes confined processes from it, ends it.

One server per `Sandbox`, used from any number of threads. A process that forks (multiprocessing) leaves its
parent's server alone and starts its own at the first use. When the owner ends, however it ends, the server
sees its control socket close and kills every job.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import threading
import weakref
from types import TracebackType
from typing import Any

from ponder.errors import ConfigError, SandboxError
from ponder.verify.sandbox.inside.messages import pack
from ponder.verify.sandbox.levels import LEVELS, Packages
from ponder.verify.sandbox.limits import Limits, Outcome, Stopped
from ponder.verify.sandbox.running import Job

DESCRIPTORS = 7
NO_PACKAGES = Packages()
SECONDS_TO_START = 30.0


class Sandbox:
    """A level at work. Starts nothing before its first job; `close`, or the end of the program, ends it."""

    def __init__(self, level: str, *, packages: Packages = NO_PACKAGES, file_mb: int = 16) -> None:
        if level not in LEVELS:
            raise ConfigError(f"there is no sandbox level {level!r}; known: {', '.join(LEVELS)}")
        self.level, self.packages, self.file_mb = level, packages, file_mb
        self._forget()
        _OPEN.add(self)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def start_job(self, job: dict[str, Any], limits: Limits, stdin: bytes | None = None) -> Job:
        """A fresh confined process that has been told `job`. Raises `Stopped` on a failure of ours."""
        cpu = limits.seconds + 1
        resources = {
            "memory_mb": limits.memory_mb,
            "cpu_seconds": cpu,
            "file_mb": min(limits.file_mb, self.file_mb),
        }
        running = Job(self._take_process(), limits, stdin)
        running.send({**job, "limits": resources})
        return running

    def close(self) -> None:
        """End the server and every job of it."""
        with self._lock:
            server, control = self._server, self._control
            self._server = self._control = None
        if control is not None:
            control.close()
        if server is not None:
            _end(server)

    def _take_process(self) -> list[int]:
        for attempt in (1, 2):
            try:
                with self._lock:
                    control = self._control or self._start()
                    control.sendall(b"?")
                    told, descriptors = _receive_line(control)
            except OSError as error:
                told, descriptors = {"failed": str(error)}, list[int]()
            if len(descriptors) == DESCRIPTORS:
                return descriptors
            for descriptor in descriptors:
                os.close(descriptor)
            self.close()
            if attempt == 2:
                raise Stopped(
                    Outcome.INFRASTRUCTURE_ERROR, f"no process from the fork server: {told['failed']}"
                )
        raise AssertionError("unreachable")

    def _start(self) -> socket.socket:
        start = LEVELS[self.level](self.packages, self.file_mb)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                server = subprocess.Popen(
                    start.command,
                    env=start.environment,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=start.inherited,
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            ours.close()
            raise SandboxError(f"{start.command[0]} does not start: {error.strerror}") from error
        finally:
            for descriptor in start.inherited:
                os.close(descriptor)
        ours.settimeout(SECONDS_TO_START)
        try:
            ours.sendall(pack(start.settings))
            told, _ = _receive_line(ours)
        except OSError as error:
            told = {"failed": str(error)}
        if "failed" in told:
            ours.close()
            raise SandboxError(f"level {self.level} does not start: {_last_words(server) or told['failed']}")
        self._server, self._control = server, ours
        return ours

    def _forget(self) -> None:
        """Begin without a server: in a new sandbox, and in a forked child, whose server is its parent's."""
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None


_OPEN: weakref.WeakSet[Sandbox] = weakref.WeakSet()


def _in_forked_child() -> None:
    for sandbox in _OPEN:
        control, server = sandbox._control, sandbox._server  # pyright: ignore[reportPrivateUsage]
        if control is not None:
            control.close()  # else the server would outlive its owner for as long as this child lives
        if server is not None:
            if server.stderr:
                server.stderr.close()
            server.returncode = 0  # not our child: nothing to wait for
        sandbox._forget()  # pyright: ignore[reportPrivateUsage]


def _close_all() -> None:
    for sandbox in list(_OPEN):
        sandbox.close()


os.register_at_fork(after_in_child=_in_forked_child)
atexit.register(_close_all)


def _receive_line(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """One JSON line and the descriptors that come with it."""
    text, descriptors = b"", list[int]()
    while not text.endswith(b"\n"):
        part, found, _, _ = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
        descriptors += found
        if not part:
            return {"failed": "the fork server has gone"}, descriptors
        text += part
    return json.loads(text), descriptors


def _last_words(server: subprocess.Popen[bytes]) -> str:
    """The last line a server that failed has written."""
    try:
        _, errors = server.communicate(timeout=SECONDS_TO_START)
    except subprocess.TimeoutExpired:
        server.kill()
        _, errors = server.communicate()
    return errors.decode("utf-8", "replace").strip().rpartition("\n")[2]


def _end(server: subprocess.Popen[bytes]) -> None:
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stderr:
        server.stderr.close()
