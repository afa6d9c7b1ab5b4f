"""How the owner of worker processes ends: whatever happens to it, nothing of it is left.

Each owner is a script of its own that prints the pids of its nursery and of two workers. As in
`test_workers.py` the function is `builtins:eval`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc"),
]

PID = "__import__('os').getpid()"
SLEEP, BUSY = "__import__('time').sleep(60)", "9**9**9"
SCRIPT = """
import os, signal, sys, threading, time
from ponder.verify.workers import WorkerPool
pool = WorkerPool("builtins:eval", seconds=3.0, size=2)
pids = pool.map(["(__import__('time').sleep(.2), __import__('os').getpid(), __import__('os').getppid())"] * 2)
print(pids[0][2], pids[0][1], pids[1][1], flush=True)
"""
KILLS: dict[str, Callable[[subprocess.Popen[str]], None]] = {
    "SIGTERM": lambda owner: owner.terminate(),
    "SIGKILL": lambda owner: owner.kill(),
    "Ctrl-C": lambda owner: os.killpg(owner.pid, signal.SIGINT),
}


@pytest.mark.parametrize("ending", ["pass", "sys.exit(3)", "1 / 0", "os._exit(0)", "pool.close()"])
def test_nothing_is_left_when_the_owner_ends_by_itself(ending: str) -> None:
    owner, pids = started(SCRIPT + ending)
    owner.communicate(timeout=30)
    assert all(gone(pid) for pid in pids)


@pytest.mark.parametrize("kill", list(KILLS))
@pytest.mark.parametrize(
    "doing", ["time.sleep(60)", f"pool.map([{SLEEP!r}] * 2)", f"pool.map([{BUSY!r}] * 2)"]
)
def test_nothing_is_left_when_the_owner_is_killed(kill: str, doing: str) -> None:
    owner, pids = started(SCRIPT + f"print('ready', flush=True)\n{doing}")
    assert owner.stdout is not None and owner.stdout.readline() == "ready\n"
    time.sleep(0.2)
    KILLS[kill](owner)
    owner.communicate(timeout=30)
    assert owner.returncode != 0
    assert all(gone(pid) for pid in pids)


def test_after_ctrl_c_in_a_call_its_worker_is_dead_and_the_pool_works() -> None:
    script = f"""
try:
    print("ready", flush=True)
    pool.call({SLEEP!r}, seconds=60)
except KeyboardInterrupt:
    left = {{pool.call({PID!r}) for _ in range(5)}} | set(pool.map([{PID!r}] * 20))
    print(len(left & {{pids[0][1], pids[1][1]}}), pool.call("1 + 1"))
"""
    owner, pids = started(SCRIPT + script)
    assert owner.stdout is not None and owner.stdout.readline() == "ready\n"
    time.sleep(0.3)
    owner.send_signal(signal.SIGINT)
    said, _ = owner.communicate(timeout=30)
    assert said == "1 2\n" and owner.returncode == 0
    assert all(gone(pid) for pid in pids)


def test_without_its_nursery_a_busy_worker_ends_by_its_own_timer() -> None:
    script = f"print('ready', flush=True)\nos.kill(pids[0][2], signal.SIGKILL)\npool.map([{BUSY!r}] * 2)"
    owner, pids = started(SCRIPT + script)
    assert owner.stdout is not None and owner.stdout.readline() == "ready\n"
    time.sleep(0.3)
    owner.kill()
    owner.communicate(timeout=30)
    assert all(gone(pid) for pid in pids)


def started(script: str) -> tuple[subprocess.Popen[str], list[int]]:
    """The owner, in a session of its own, and the processes it has printed."""
    owner = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert owner.stdout is not None
    line = owner.stdout.readline()
    if not line:
        pytest.fail(owner.communicate()[1])
    return owner, [int(pid) for pid in line.split()]


def gone(pid: int) -> bool:
    """Whether the process ends within a few seconds; a zombie is one that init has yet to collect."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False
