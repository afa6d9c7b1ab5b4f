"""Somebody's reward function may do anything: the batch goes on, and only what failed is masked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
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


def test_its_time_must_be_above_zero() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        load_reward(named(moody), seconds=0.0)


@pytest.mark.slow
def test_a_worker_that_hangs_ends_with_its_parent() -> None:
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from ponder.verify.reward_functions import load_reward
function = load_reward({named(its_process)!r})
print(int(function(completions=["x"])[0]), flush=True)
load_reward({named(always_hangs)!r})(completions=["x"])
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.perf_counter() + 20
    while Path(f"/proc/{worker}/cmdline").exists() and time.perf_counter() < deadline:
        if b"reward_worker" not in Path(f"/proc/{worker}/cmdline").read_bytes():
            return
        time.sleep(0.1)
    assert time.perf_counter() < deadline
