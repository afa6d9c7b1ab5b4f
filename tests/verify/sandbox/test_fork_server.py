"""The sandbox from threads, event loops and other processes, and what is left when its owner ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sandboxes import descendants
from sandboxes import level as level

from ponder.errors import ConfigError
from ponder.verify.program import verify_program
from ponder.verify.sandbox import Limits, Outcome, Sandbox, Stopped, open_sandbox

CASES = {"entry_point": "f", "cases": [{"args": [1], "expected": 2}]}
RIGHT, WRONG, ENDLESS = "def f(x): return 2", "def f(x): return 3", "while True: pass"
OWNER = """
import sys, threading, time
from ponder.verify.program import verify_program
from ponder.verify.sandbox import Limits
cases = {{"entry_point": "f", "cases": [{{"args": [1], "expected": 2}}]}}
assert verify_program("def f(x): return 2", cases, level={level!r}).correct
print("ready", flush=True)
verify_program("while True: pass", cases, level={level!r}, limits=Limits(seconds=60))
"""


def correct(level: str, source: str = RIGHT) -> bool:
    return verify_program(source, CASES, level=level).correct


def test_many_threads_share_one_server(level: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        sources = [RIGHT, WRONG] * 20
        assert list(threads.map(lambda source: correct(level, source), sources)) == [True, False] * 20


def test_a_thread_that_has_ended_does_not_take_the_server_with_it(level: str) -> None:
    with Sandbox(level) as sandbox:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(run_once, sandbox).result()
        time.sleep(0.2)
        assert run_once(sandbox) == b"1\n"


def run_once(sandbox: Sandbox) -> bytes:
    with sandbox.start_job({"mode": "script", "source": "print(1)"}, Limits()) as job:
        return job.wait().stdout


def test_from_an_event_loop(level: str) -> None:
    async def judge() -> list[bool]:
        return await asyncio.gather(
            *(asyncio.to_thread(correct, level, source) for source in (RIGHT, WRONG, RIGHT))
        )

    assert asyncio.run(judge()) == [True, False, True]


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_from_other_processes(level: str, method: str) -> None:
    assert correct(level)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.starmap(correct, [(level, RIGHT), (level, WRONG)] * 3) == [True, False] * 3
    assert correct(level)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_its_owner_ends_nothing_is_left(level: str, how: signal.Signals) -> None:
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n" + OWNER.format(
        level=level
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as owner:
        assert owner.stdout and owner.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        below = descendants(owner.pid)
        assert len(below) >= 2, "the fork server and the endless job"
        owner.send_signal(how)
        owner.wait(10)
    wait_until_gone(below)


def wait_until_gone(processes: dict[int, str]) -> None:
    deadline = time.monotonic() + 5
    while left := [pid for pid in processes if alive(pid)]:
        assert time.monotonic() < deadline, {pid: processes[pid] for pid in left}
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_closing_ends_every_process(level: str) -> None:
    before = set(descendants())
    sandbox = Sandbox(level)
    job = sandbox.start_job({"mode": "script", "source": ENDLESS}, Limits())
    added = {pid: line for pid, line in descendants().items() if pid not in before}
    assert added
    sandbox.close()
    wait_until_gone(added)
    job.__exit__()
    sandbox.close()


def test_a_server_that_is_killed_is_replaced(level: str) -> None:
    with Sandbox(level) as sandbox:
        assert run_once(sandbox) == b"1\n"
        for pid in set(descendants()) - {os.getpid()}:
            if "zygote" in descendants().get(pid, ""):
                os.kill(pid, signal.SIGKILL)
        assert run_once(sandbox) == b"1\n"


def test_a_job_whose_server_dies_is_our_failure(level: str) -> None:
    with Sandbox(level) as sandbox:
        before = set(descendants())
        with sandbox.start_job({"mode": "script", "source": ENDLESS}, Limits(seconds=20)) as job:
            for pid in set(descendants()) - before:
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(Stopped) as stopped:
                job.wait()
        assert stopped.value.outcome is Outcome.INFRASTRUCTURE_ERROR


def test_a_sandbox_is_proved_once_and_shared(level: str) -> None:
    assert open_sandbox(level) is open_sandbox(level)
    assert open_sandbox("auto").level == "guard"


def test_limits_are_checked() -> None:
    with pytest.raises(ConfigError, match="seconds must be at least"):
        Limits(seconds=0)
    with pytest.raises(ConfigError, match="memory_mb must be at least"):
        Limits(memory_mb=1)
