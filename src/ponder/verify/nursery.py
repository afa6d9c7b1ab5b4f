"""The child side of a worker pool: imports a function once, then forks workers that serve it.

Started with `module:function` and the megabytes one worker may have. Standard input is the control socket.
Its first message is `{"ready": true}` or `{"failed": reason}`; then each byte `?` asks for a worker and is
answered by `{"worker": pid}` with the worker's channel and, where the system has them, a pidfd, or by
`{"failed": reason}`. When the control socket closes, every worker is killed. A module that has a function
`warm_up()` gets it called once, before the first fork.

A worker reads `{"payload", "seconds"}` and writes `{"value"}`, `{"raised": reason}` or `{"memory": true}`,
with `"last": true` when it leaves after that. Messages are four bytes of length and JSON. Before each job a
kernel timer with its default action is armed, so that a worker whose owner has vanished dies even inside C
code that never comes back to Python. The memory limit is on address space, which only Linux enforces. Does
not know what the function does, or what a verdict is.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ponder.verify.sandbox.inside.messages import pack, receive

SECONDS_TO_IMPORT = 60.0
JOBS_PER_WORKER = 5_000
MOST_REPLY_BYTES = 1 << 20
LEAST_ROOM_MB = 32
_MEGABYTE = 1 << 20
_OUT_OF_MEMORY = pack({"memory": True, "last": True})


def main() -> None:
    """Started by the pool with the control socket as standard input."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # masks and ignored signals are inherited through exec
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    control = socket.socket(fileno=os.dup(0))
    name, memory_mb = sys.argv[1], int(sys.argv[2])
    signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_IMPORT)
    try:
        function = _load(name)
        _check_room(memory_mb)
    except Exception as error:  # whatever a module raises on import is the owner's to read
        control.sendall(pack({"failed": f"{name}: {type(error).__name__}: {error}"[:500]}))
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 2)  # until here standard error was the owner's, to tell of a start that failed
    os.close(nothing)
    gc.collect()
    gc.freeze()  # a collection in a worker would otherwise write to, and so copy, every shared page
    with contextlib.suppress(ConnectionError):
        control.sendall(pack({"ready": True}))
        Nursery(control, function, memory_mb).serve()


class Nursery:
    """Forks workers on request and reaps them; single-threaded."""

    def __init__(self, control: socket.socket, function: Callable[[Any], Any], memory_mb: int) -> None:
        self.control, self.function, self.memory_mb = control, function, memory_mb
        self.workers = set[int]()
        self.woken, self.wake = os.pipe()

    def serve(self) -> None:
        """Until the control socket closes."""
        os.set_blocking(self.woken, False)
        os.set_blocking(self.wake, False)
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake_up)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.control, selectors.EVENT_READ)
                selector.register(self.woken, selectors.EVENT_READ)
                while True:
                    for key, _ in selector.select():
                        if key.fd == self.woken:
                            os.read(self.woken, 4096)
                            self.reap()
                        elif self.control.recv(1):
                            self.hatch(selector)
                        else:
                            return
        finally:
            self.end()

    def hatch(self, selector: selectors.BaseSelector) -> None:
        """Fork one worker and hand its channel over."""
        theirs, ours = socket.socketpair()
        try:
            pid = os.fork()
        except OSError as error:
            theirs.close()
            ours.close()
            self.control.sendall(pack({"failed": f"fork: {error.strerror}"}))
            return
        if pid == 0:
            self.become_worker(ours, theirs, selector)
        self.workers.add(pid)
        ours.close()
        given = [theirs.fileno()]
        with contextlib.suppress(OSError, AttributeError):  # a system without pidfds: the timer has to do
            given.append(os.pidfd_open(pid))  # not yet reaped, so the pid is still this worker's
        socket.send_fds(self.control, [pack({"worker": pid})], given)
        theirs.close()
        for pidfd in given[1:]:
            os.close(pidfd)

    def become_worker(
        self, ours: socket.socket, theirs: socket.socket, selector: selectors.BaseSelector
    ) -> NoReturn:
        """In the child: drop what belongs to the nursery, serve, exit. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            selector.close()
            theirs.close()
            self.control.close()
            os.close(self.woken)
            os.close(self.wake)
            with contextlib.suppress(ConnectionError):  # the owner has gone
                _Worker(ours, self.function, self.memory_mb).serve()
            code = 0
        finally:
            os._exit(code)

    def reap(self) -> None:
        while self.workers:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self.workers.discard(pid)

    def end(self) -> None:
        """Kill what is left, and wait, so that no orphan depends on the system's init."""
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)  # at most a zombie: only `reap` frees a pid
        for pid in self.workers:
            os.waitpid(pid, 0)


class _Worker:
    """Serves one function over one channel, one job at a time."""

    def __init__(self, channel: socket.socket, function: Callable[[Any], Any], memory_mb: int) -> None:
        self.channel, self.function = channel, function
        self.most_resident = memory_mb * _MEGABYTE
        self.bound_memory()

    def bound_memory(self) -> None:
        """Allow as much new address space as there is room for between what is resident and the limit."""
        self.unbounded = resource.getrlimit(resource.RLIMIT_AS)
        self.resident_at_start = 0
        if (sizes := _memory()) is not None:
            mapped, self.resident_at_start = sizes
            allowed = mapped + self.most_resident - self.resident_at_start
            if self.unbounded[1] == resource.RLIM_INFINITY or allowed < self.unbounded[1]:
                resource.setrlimit(resource.RLIMIT_AS, (allowed, self.unbounded[1]))

    def serve(self) -> None:
        for left in reversed(range(JOBS_PER_WORKER)):
            request = receive(self.channel.fileno())
            if request is None:
                return
            signal.setitimer(signal.ITIMER_REAL, request["seconds"])
            reply = self.answer(request["payload"], last=left == 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            self.channel.sendall(reply)
            if reply is _OUT_OF_MEMORY or self.grown:
                return

    def answer(self, payload: Any, *, last: bool) -> bytes:
        try:
            value = self.function(payload)
            self.grown = last or self.is_swollen()
            reply = pack({"value": value, "last": self.grown})
            if len(reply) <= MOST_REPLY_BYTES:
                return reply
            reason = f"a reply of {len(reply)} bytes"
        except MemoryError:
            resource.setrlimit(resource.RLIMIT_AS, self.unbounded)
            return _OUT_OF_MEMORY
        except Exception as error:  # any failure of the function is told to the caller, who decides
            reason = f"{type(error).__name__}: {error}"[:500]
        self.grown = last
        return pack({"raised": reason, "last": last})

    def is_swollen(self) -> bool:
        """Whether half of the room is gone, so that the next job would have too little."""
        sizes = _memory()
        return sizes is not None and 2 * sizes[1] > self.most_resident + self.resident_at_start


def _only_wake_up(_: int, __: object) -> None:
    """The wake-up descriptor has been written to already."""


def _load(name: str) -> Callable[[Any], Any]:
    module_name, _, function_name = name.partition(":")
    module = importlib.import_module(module_name)
    function = getattr(module, function_name)
    if not callable(function):
        raise TypeError("not a function")
    if warm_up := getattr(module, "warm_up", None):
        warm_up()
    return function


def _check_room(memory_mb: int) -> None:
    sizes = _memory()
    used = sizes[1] // _MEGABYTE if sizes else 0
    if used + LEAST_ROOM_MB > memory_mb:
        raise ValueError(
            f"{used} MB are in use before the first job; allow {used + LEAST_ROOM_MB} MB or more"
        )


def _memory() -> tuple[int, int] | None:
    """Bytes mapped and bytes resident, where the system tells."""
    try:
        with open("/proc/self/statm", "rb") as file:
            mapped, resident = file.read().split()[:2]
    except FileNotFoundError:
        return None
    page = resource.getpagesize()
    return int(mapped) * page, int(resident) * page
