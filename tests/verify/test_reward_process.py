"""Somebody's reward function may do anything: the batch goes on, and only what failed is masked."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ponder.errors import ConfigError
from ponder.verify.reward import weighted_rewards
from ponder.verify.reward_functions import load_reward
from ponder.verify.reward_process import IsolatedReward

COMPLETIONS = ["a", "bb", "hang", "exit", "raise", "die", "nan", "text", "f" * 6]


def named(function: object) -> str:
    return f"{__name__}:{function.__name__}"  # type: ignore[attr-defined]


def moody(completions: list[str], **_: object) -> list[float | str]:
    print("said to standard output")
    for text in completions:
        if text == "hang":
            time.sleep(3600)
        if text == "exit":
            sys.exit(3)
        if text == "raise":
            raise ValueError("no")
        if text == "die":
            os._exit(1)
    return [{"nan": float("nan"), "text": "well"}.get(text, len(text)) for text in completions]


def only_lengths(completion_ids: list[list[int]]) -> Iterator[int]:
    """Names one column, and is a generator."""
    return (len(ids) for ids in completion_ids)


def needs_difficulty(completions: list[str], difficulty: list[float]) -> list[float]:
    return difficulty


def always_hangs(**_: object) -> list[float]:
    time.sleep(3600)
    return []


def too_few(completions: list[str], **_: object) -> list[float]:
    return [1.0]


async def awaited(completions: list[str], **_: object) -> list[float]:
    await asyncio.sleep(0.01)
    return [float(len(text)) for text in completions]


def starts_another(completions: list[str], **_: object) -> list[float]:
    """Waits for a process of its own, whose number it leaves in a file."""
    program = (
        "import os, sys, time; print(os.getpid(), file=open(sys.argv[1], 'w'), flush=True); time.sleep(600)"
    )
    subprocess.run([sys.executable, "-c", program, completions[0]], check=False)
    return [0.0]


def eats(completions: list[str], **_: object) -> list[float]:
    eaten = [bytearray(1 << 24) for text in completions if text == "eat" for _ in range(10_000)]
    return [float(len(eaten))] * len(completions)


def sleeps(completions: list[str]) -> list[float]:
    """Leaves the number of its process in a file first."""
    Path(completions[0]).write_text(str(os.getpid()))
    time.sleep(3600)
    return []


def hangs_in_c(completions: list[str]) -> list[float]:
    """The same where the interpreter is never asked."""
    Path(completions[0]).write_text(str(os.getpid()))
    re.match("(a+)+$", "a" * 60 + "b")
    return []


def wordy(**_: object) -> list[float]:
    raise ValueError("first line\nsecond line " + "x" * 5000)


def its_process(completions: list[str], **_: object) -> list[int]:
    return [os.getpid()] * len(completions)


@pytest.mark.slow
def test_only_what_failed_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    function = IsolatedReward(named(moody), seconds=2.0)
    paid = weighted_rewards({"moody": 1.0}, {"moody": function}, completions=COMPLETIONS)
    assert [reward.total for reward in paid] == [1.0, 2.0, *[None] * 6, 6.0]
    reasons = [reward.failed.get("moody", "") for reward in paid]
    for reason, expected in zip(
        reasons[2:8],
        ("did not come back within 2 s", "SystemExit: 3", "ValueError: no", "process ended", "nan", "well"),
        strict=True,
    ):
        assert expected in reason
    assert "reward moody failed on 6 of 9 completions" in caplog.text


@pytest.mark.slow
def test_a_function_that_always_hangs_is_given_up_soon() -> None:
    function, began = IsolatedReward(named(always_hangs), seconds=0.5), time.perf_counter()
    paid = weighted_rewards({"it": 1.0}, {"it": function}, completions=["x"] * 100)
    assert all(reward.total is None for reward in paid)
    assert "not tried" in paid[-1].failed["it"]
    assert time.perf_counter() - began < 60


def test_a_function_gets_the_columns_it_names_and_may_be_a_generator() -> None:
    function = load_reward(named(only_lengths))
    paid = weighted_rewards(
        {"it": 1.0}, {"it": function}, completions=["x", "y"], completion_ids=[[1, 2], [3]], answer=["", ""]
    )
    assert [reward.total for reward in paid] == [2.0, 1.0]


def test_a_column_that_is_missing_is_named() -> None:
    for function in (needs_difficulty, load_reward(named(needs_difficulty))):
        with pytest.raises(ConfigError, match=r"needs a column 'difficulty'.*completions"):
            weighted_rewards({"it": 1.0}, {"it": function}, completions=["x"])


def test_the_wrong_length_is_named() -> None:
    with pytest.raises(ConfigError, match="'it' returned 1 values for 2"):
        weighted_rewards({"it": 1.0}, {"it": load_reward(named(too_few))}, completions=["x", "y"])


def test_it_is_one_process_for_all_batches_and_not_this_one() -> None:
    function = load_reward(named(its_process))
    assert function(completions=["x"]) == function(completions=["y"]) != [os.getpid()]


def test_an_async_function_is_waited_for() -> None:
    for function in (awaited, load_reward(named(awaited))):
        paid = weighted_rewards({"it": 1.0}, {"it": function}, completions=["x", "yy"])
        assert [reward.total for reward in paid] == [1.0, 2.0]


def test_a_process_that_died_between_two_batches_is_replaced() -> None:
    function = load_reward(named(its_process))
    (first,) = function(completions=["x"])
    os.kill(int(first or 0), signal.SIGKILL)
    os.waitid(os.P_PID, int(first or 0), os.WEXITED | os.WNOWAIT)  # with all its threads
    (second,) = function(completions=["x"])
    assert second != first
    assert function(completions=["y"]) == [second]


def test_a_reason_is_short_and_in_one_line() -> None:
    for function in (wordy, load_reward(named(wordy))):
        (paid,) = weighted_rewards({"it": 1.0}, {"it": function}, completions=["x"])
        assert paid.failed["it"].startswith("ValueError: first line second line xxx")
        assert len(paid.failed["it"]) <= 300


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def it(:", "SyntaxError: .*line 1"),
        ("raise RuntimeError('no key')", "RuntimeError: no key"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import os; os._exit(3)", "its process ended"),
        ("it = 3", "is not a function"),
    ],
)
def test_a_module_that_cannot_be_imported_says_why(
    source: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "somebodys.py").write_text(source)
    with pytest.raises(ConfigError, match=f"'somebodys:it' .*{reason}"):
        load_reward("somebodys:it")


@pytest.mark.slow
def test_a_file_that_is_broken_while_it_serves_masks_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    file = tmp_path / "edited.py"
    source = "import os\ndef it(completions):\n    return [1.0 if 'die' not in completions else os._exit(1)]"
    file.write_text(source)
    function = load_reward("edited:it")
    file.write_text("def it(:")
    totals = [
        weighted_rewards({"it": 1.0}, {"it": function}, completions=[text])[0] for text in ("x", "die", "x")
    ]
    assert [reward.total for reward in totals] == [1.0, None, None]
    assert "cannot be started again" in totals[2].failed["it"]
    file.write_text(source)
    assert weighted_rewards({"it": 1.0}, {"it": function}, completions=["x"])[0].total == 1.0


@pytest.mark.slow
def test_what_a_function_has_started_is_killed_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    function = IsolatedReward(named(starts_another), seconds=2.0)
    (paid,) = weighted_rewards({"it": 1.0}, {"it": function}, completions=[str(file)])
    assert "did not come back" in paid.failed["it"]
    assert ended(int(file.read_text()), within=10)


@pytest.mark.slow
def test_memory_is_bounded() -> None:
    function = IsolatedReward(named(eats), memory_mb=600)
    paid = weighted_rewards({"it": 1.0}, {"it": function}, completions=["x", "eat", "y"])
    assert [reward.total for reward in paid] == [0.0, None, 0.0]
    assert paid[1].failed["it"].startswith(("MemoryError", "its process ended"))


def test_its_time_must_be_above_zero() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        load_reward(named(moody), seconds=0.0)


@pytest.mark.slow
@pytest.mark.parametrize("hanging", [sleeps, hangs_in_c])
def test_a_worker_that_hangs_ends_with_its_parent(hanging: Callable[..., object], tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from ponder.verify.reward_functions import load_reward
load_reward({named(hanging)!r}, seconds=3.0)(completions=[{str(file)!r}])
"""
    parent = subprocess.Popen([sys.executable, "-c", script])
    while not (file.exists() and file.read_text()):
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert ended(int(file.read_text()), within=20)


def ended(pid: int, *, within: float) -> bool:
    """Whether a process is gone, or a zombie whose number is still kept, or another has its number."""
    command = Path(f"/proc/{pid}/cmdline")
    deadline = time.perf_counter() + within
    while time.perf_counter() < deadline:
        try:
            if b"python" not in command.read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False
