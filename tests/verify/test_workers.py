"""Worker processes: values and failures, limits, and that nothing is left behind however the owner ends.

The function under test is `builtins:eval`, so a payload is a Python expression and can do anything at all.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ponder.verify.workers import (
    WorkerDied,
    WorkerFailure,
    WorkerOutOfMemory,
    WorkerPool,
    WorkerTimeout,
)

PID, PARENT = "__import__('os').getpid()", "__import__('os').getppid()"
SLEEP, BUSY = "__import__('time').sleep(60)", "9**9**9"
EXIT = "__import__('os')._exit(3)"
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    with WorkerPool("builtins:eval", seconds=0.5, memory_mb=128, size=2) as made:
        yield made


def test_values_come_back_in_order_as_json(pool: WorkerPool) -> None:
    assert pool.map([f"{n} * 2" for n in range(50)]) == [n * 2 for n in range(50)]
    assert pool.call("{'a': [1, (2.5, None)], 'b': 'é\\ud800'}") == {"a": [1, [2.5, None]], "b": "é\ud800"}
    assert pool.map([]) == []


def test_an_exception_is_told_and_costs_no_worker(pool: WorkerPool) -> None:
    before = pool.call(PID)
    with pytest.raises(WorkerFailure, match="ZeroDivisionError: division by zero") as raised:
        pool.call("1 / 0")
    assert type(raised.value) is WorkerFailure
    with pytest.raises(WorkerFailure, match="TypeError"):
        pool.call("{1, 2}")  # no JSON
    with pytest.raises(WorkerFailure, match="bytes"):
        pool.call("'x' * 10**7")
    assert pool.call(PID) == before


@pytest.mark.parametrize("forever", [SLEEP, BUSY], ids=["asleep", "inside C code"])
def test_a_call_past_its_limit_is_killed_and_the_next_is_served_at_once(
    pool: WorkerPool, forever: str
) -> None:
    pool.call("0")
    began = time.monotonic()
    with pytest.raises(WorkerTimeout, match=r"0\.5 s"):
        pool.call(forever)
    assert time.monotonic() - began < 1.5
    began = time.monotonic()
    assert pool.call("1 + 1") == 2
    assert time.monotonic() - began < 0.5


def test_memory_is_bounded(pool: WorkerPool) -> None:
    with pytest.raises(WorkerOutOfMemory):
        pool.call("len(bytearray(10**9))")
    with pytest.raises(WorkerOutOfMemory):
        pool.call("len([bytes(10**6) for _ in range(10**4)])")
    assert pool.call("len(bytearray(10**7))") == 10**7


def test_a_worker_that_ends_by_itself_is_replaced(pool: WorkerPool) -> None:
    outcomes = pool.map(["1", EXIT, "__import__('os').abort()", "2"])
    assert [outcome for outcome in outcomes if not isinstance(outcome, WorkerDied)] == [1, 2]
    assert isinstance(outcomes[1], WorkerDied) and isinstance(outcomes[2], WorkerDied)


def test_failures_of_a_batch_stand_in_their_place(pool: WorkerPool) -> None:
    outcomes = pool.map(["1", SLEEP, "2", "1 / 0", "3", EXIT, "4"])
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [int, WorkerTimeout, int, WorkerFailure, int, WorkerDied, int]
    assert pool.map(["5", "6"]) == [5, 6]


def test_the_limit_of_one_call_may_differ(pool: WorkerPool) -> None:
    with pytest.raises(WorkerTimeout):
        pool.call(SLEEP, seconds=0.05)
    assert pool.call("__import__('time').sleep(0.7)", seconds=5.0) is None


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("builtins:no_such_function", "no attribute"),
        ("sys:path", "not a function"),
    ],
)
def test_a_function_that_cannot_be_loaded_is_named(function: str, reason: str) -> None:
    with WorkerPool(function, size=1) as pool:
        with pytest.raises(WorkerDied, match=reason):
            pool.call(1)
        assert all(isinstance(outcome, WorkerDied) for outcome in pool.map([1, 2]))


def test_too_little_memory_to_begin_with_is_told() -> None:
    with WorkerPool("builtins:eval", memory_mb=8) as pool, pytest.raises(WorkerDied, match=r"allow \d+ MB"):
        pool.call("1")


def test_wrong_limits_are_refused() -> None:
    for wrong in ({"seconds": 0}, {"memory_mb": 0}, {"size": 0}):
        with pytest.raises(ValueError, match="positive"):
            WorkerPool("builtins:eval", **wrong)  # type: ignore[arg-type]


@NEEDS_PROC
def test_nothing_starts_before_the_first_call_and_nothing_stays_after_close() -> None:
    before = children()
    with WorkerPool("builtins:eval", size=1) as pool:
        assert children() == before
        worker, nursery = pool.call(PID), pool.call(PARENT)
        assert children() - before == {nursery}
    assert children() == before
    assert gone(worker) and gone(nursery)
    with pool:
        assert pool.call("1") == 1  # a closed pool starts anew


def test_threads_share_the_workers(pool: WorkerPool) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda n: pool.call(f"{n} + 1"), range(200)))
    assert results == list(range(1, 201))


def test_a_neighbour_is_not_disturbed_by_a_kill(pool: WorkerPool) -> None:
    with ThreadPoolExecutor(2) as threads:
        doomed = threads.submit(pool.map, [BUSY] * 2)
        assert threads.submit(pool.map, ["7"] * 20).result() == [7] * 20
        assert all(isinstance(outcome, WorkerTimeout) for outcome in doomed.result())


def test_a_long_batch_leaves_room_for_one_call(pool: WorkerPool) -> None:
    with ThreadPoolExecutor(1) as threads:
        batch = threads.submit(pool.map, ["__import__('time').sleep(0.02)"] * 200)
        while not batch.running():
            time.sleep(0.01)
        assert pool.call("1") == 1
        assert not batch.done()
        assert batch.result() == [None] * 200


def test_it_can_be_called_from_asyncio(pool: WorkerPool) -> None:
    async def squares() -> list[int]:
        return await asyncio.gather(*(asyncio.to_thread(pool.call, f"{n} ** 2") for n in range(20)))

    assert asyncio.run(squares()) == [n**2 for n in range(20)]


def test_no_signal_or_timer_of_the_caller_is_touched(pool: WorkerPool) -> None:
    numbers = (signal.SIGALRM, signal.SIGCHLD, signal.SIGINT, signal.SIGPIPE)
    before, timer = [signal.getsignal(number) for number in numbers], signal.getitimer(signal.ITIMER_REAL)[0]
    pool.map(["1", SLEEP])
    assert [signal.getsignal(number) for number in numbers] == before
    assert 0 <= timer - signal.getitimer(signal.ITIMER_REAL)[0] < 10  # the test runner's own still runs


@NEEDS_PROC
def test_a_worker_inherits_neither_secrets_nor_files(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with (tmp_path / "file").open("w"):
        assert pool.call("__import__('os').environ.get('SECRET_TOKEN')") is None
        assert len(pool.call("__import__('os').listdir('/proc/self/fd')")) <= 5
    assert pool.call("__import__('sys').get_int_max_str_digits()") == 4300


@NEEDS_PROC
def test_workers_are_recycled() -> None:
    with WorkerPool("builtins:eval", size=1) as pool:
        assert len(set(pool.map([PID] * 5_100))) == 2
        small = pool.call(PID)
        pool.call("globals().update(kept=bytearray(150 * 10**6))")  # memory that it does not give back
        assert pool.call(PID) != small


@NEEDS_PROC
def test_processes_killed_from_outside_are_replaced(pool: WorkerPool) -> None:
    worker, nursery = pool.call(PID), pool.call(PARENT)
    os.kill(worker, signal.SIGKILL)
    assert gone(worker)
    second = pool.call(PID)
    assert second != worker
    os.kill(nursery, signal.SIGKILL)
    os.kill(second, signal.SIGKILL)
    assert gone(second)
    assert pool.call(PARENT) != nursery


@NEEDS_PROC
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_process_gets_workers_of_its_own(pool: WorkerPool, method: str) -> None:
    nursery = pool.call(PARENT)
    context = multiprocessing.get_context(method)
    answers = context.SimpleQueue()
    child = context.Process(target=ask_in_child, args=(pool if method == "fork" else None, answers))
    child.start()
    value, its_nursery = answers.get()
    child.join()
    answers.close()
    assert child.exitcode == 0 and value == 42 and its_nursery != nursery
    assert gone(its_nursery)
    assert pool.call(PARENT) == nursery
    child.close()


def ask_in_child(pool: WorkerPool | None, answers: multiprocessing.SimpleQueue[tuple[int, int]]) -> None:
    used = pool or WorkerPool("builtins:eval", size=1)
    answers.put((used.call("6 * 7"), used.call(PARENT)))


@NEEDS_PROC
def test_a_fork_while_other_threads_call_is_safe(pool: WorkerPool) -> None:
    stop = threading.Event()

    def keep_calling() -> None:
        while not stop.is_set():
            pool.map(["1", EXIT])

    threads = [threading.Thread(target=keep_calling) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    code = 0 if pool.call("2") == 2 else 1
                    pool.close()
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert pool.call("3") == 3


def gone(pid: int) -> bool:
    """Whether the process ends within a few seconds; a zombie is one that init has yet to collect."""
    for _ in range(500):
        state = status(pid)
        if state is None or state[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def children() -> set[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return {pid for pid in pids if (state := status(pid)) and state[1] == os.getpid()}


def status(pid: int) -> tuple[str, int] | None:
    """The state letter and the parent of a process, or None."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)
