"""A pool of worker processes that can be killed: any function, a time limit and a memory limit per call.

The function, `module:function` from JSON to JSON, is imported in a nursery process that forks the workers
(`nursery.py`), so a killed worker is replaced in milliseconds. A worker serves one call after another until
it is killed at a limit. Nothing here uses a signal handler, an alarm or a thread of the caller's process:
calls may come from any thread, and a process that forks leaves its parent's workers alone and gets its own.
However the owner ends, the nursery sees its control socket close and ends every worker.

Time is on the clock, counted from when a free worker takes the call; memory is that of one worker, the shared
pages of its imports included, and is bounded on Linux only. Does not know what the function does, and is no
sandbox: the function is trusted, its input is not.
"""

from __future__ import annotations

import atexit
import os
import selectors
import threading
import time
import weakref
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from ponder.verify.worker_process import (
    IN_BETWEEN,
    Nursery,
    Worker,
    WorkerDied,
    WorkerFailure,
    WorkerOutOfMemory,
    WorkerTimeout,
)

__all__ = ["WorkerDied", "WorkerFailure", "WorkerOutOfMemory", "WorkerPool", "WorkerTimeout"]


class WorkerPool:
    """Calls `function` in up to `size` processes. Starts none before the first call.

    `seconds` bounds one call and `memory_mb` one worker; `size` is the number of usable cores unless given.
    """

    def __init__(
        self, function: str, *, seconds: float = 1.0, memory_mb: int = 256, size: int | None = None
    ) -> None:
        if seconds <= 0 or memory_mb < 1 or (size is not None and size < 1):
            raise ValueError("seconds, memory_mb and size must be positive")
        self.function, self.seconds, self.memory_mb = function, seconds, memory_mb
        self.size = size or _usable_cores()
        self._forget()
        _POOLS.add(self)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def call(self, payload: Any, *, seconds: float | None = None) -> Any:
        """The function's value for `payload`. Raises a `WorkerFailure` when there is none."""
        (outcome,) = self.map((payload,), seconds=seconds)
        if isinstance(outcome, WorkerFailure):
            raise outcome
        return outcome

    def map(self, payloads: Sequence[Any], *, seconds: float | None = None) -> list[Any | WorkerFailure]:
        """The value or the failure of each payload, in their order, over all workers that are free."""
        limit = self.seconds if seconds is None else seconds
        outcomes: list[Any | WorkerFailure] = [None] * len(payloads)
        waiting = deque(range(len(payloads)))
        running = dict[Worker, int]()
        held = list[Worker]()
        with selectors.DefaultSelector() as selector:
            try:
                while waiting or running:
                    while waiting and self._take(held, wait=not running):
                        worker, index = held[-1], waiting.popleft()
                        running[worker] = index
                        worker.begin(payloads[index], limit)
                        selector.register(worker.channel, selectors.EVENT_READ, worker)
                    soonest = min(worker.deadline for worker in running)
                    for key, _ in selector.select(max(0.0, soonest - time.monotonic())):
                        key.data.read()
                    for worker in [worker for worker in running if worker.is_done()]:
                        selector.unregister(worker.channel)
                        outcomes[running.pop(worker)] = worker.outcome()
                        self._give_back(worker)
                        held.remove(worker)
            except WorkerDied as failure:  # none can be started, and none runs
                for index in waiting:
                    outcomes[index] = failure
            finally:  # also Ctrl-C: what still runs for this caller is killed
                for worker in held:
                    self._remove(worker)
        return outcomes

    def close(self) -> None:
        """End all workers and the nursery; calls in other threads fail. A later call starts anew."""
        with self._free:
            workers, idle, nursery = list(self._workers), list(self._idle), self._nursery
            self._workers.clear()
            self._idle.clear()
            self._nursery = None
            self._free.notify_all()
        for worker in workers:
            worker.kill()
        for worker in idle:  # a busy one's channel is closed by the thread that waits on it
            worker.close()
        if nursery is not None:
            nursery.end()

    def _take(self, held: list[Worker], *, wait: bool) -> bool:
        """Add a free worker to `held`. Without `wait`, False when none is free or others have none yet."""
        with self._free:
            while wait or not self._queued:
                while self._idle:
                    held.append(self._idle[-1])  # first append, then remove: an interrupt loses no worker
                    del self._idle[-1]
                    if held[-1].is_alive():
                        return True
                    self._remove(held.pop())
                if len(self._workers) < self.size:
                    try:
                        self._hatch(held)
                    except WorkerDied:
                        if wait:
                            raise
                        return False
                    return True
                if not wait:
                    return False
                self._queued += 1
                try:
                    self._free.wait()
                finally:
                    self._queued -= 1
            return False

    def _hatch(self, held: list[Worker]) -> None:
        for attempt in (1, 2):
            nursery = self._nursery
            try:
                if nursery is None:
                    nursery = self._nursery = Nursery(self.function, self.memory_mb)
                    nursery.wait_until_ready()
                told = nursery.hatch(held, self._workers)
            except BaseException as error:  # Ctrl-C as well: the conversation has broken off
                self._nursery = None
                if nursery is not None:
                    nursery.end()
                if not isinstance(error, OSError):
                    raise
                if attempt == 2:
                    raise WorkerDied(f"no worker for {self.function}: {error}") from error
            else:
                if "failed" in told:  # the nursery is well, and so may the other workers be
                    raise WorkerDied(f"no worker for {self.function}: {told['failed']}")
                return

    def _give_back(self, worker: Worker) -> None:
        with self._free:
            if worker.reusable and worker in self._workers:
                self._idle.append(worker)
                self._free.notify_all()
                return
        self._remove(worker)

    def _remove(self, worker: Worker) -> None:
        worker.kill()
        with self._free:
            if worker in self._idle:
                self._idle.remove(worker)
            self._workers.discard(worker)
            self._free.notify_all()
        worker.close()

    def _forget(self) -> None:
        """Begin without processes: in a new pool, and in a forked child, whose nursery is its parent's."""
        self._free = threading.Condition(threading.RLock())
        self._idle = list[Worker]()
        self._workers = set[Worker]()
        self._nursery: Nursery | None = None
        self._queued = 0

    def _leave_to_parent(self) -> None:
        """In a forked child: close the descriptors, or the nursery would outlive its owner."""
        for worker in self._workers:
            worker.close()
        if self._nursery is not None:
            self._nursery.disown()
        self._forget()


_POOLS: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    IN_BETWEEN.release()  # by the one thread there is, which took it before the fork
    for pool in list(_POOLS):
        pool._leave_to_parent()  # pyright: ignore[reportPrivateUsage]


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


os.register_at_fork(
    before=IN_BETWEEN.acquire, after_in_parent=IN_BETWEEN.release, after_in_child=_after_fork_in_child
)
atexit.register(_close_all)


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1
