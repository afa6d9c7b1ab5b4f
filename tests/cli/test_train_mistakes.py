"""Whatever a reward, a data file or a disk does, a run says so in one line and keeps what it sampled."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from ponder.records import Problem

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = (
    "grpo.loop.steps=2", "grpo.loop.evaluate_every=0", "grpo.problems_per_step=2", "grpo.group_size=2",
    "grpo.max_tokens=24", "grpo.reward_seconds=0.5", "problems=10", "heldout=4",
)  # fmt: skip


def raises(completions: list[str], **_: object) -> list[float]:
    raise ValueError("not today")


def is_nan(completions: list[str], **_: object) -> list[float]:
    return [float("nan")] * len(completions)


def too_many(completions: list[str], **_: object) -> list[float]:
    return [1.0] * (len(completions) + 1)


def hangs(completions: list[str], **_: object) -> list[float]:
    time.sleep(3600)
    return []


def exits(completions: list[str], **_: object) -> list[float]:
    os._exit(0)


def wants_a_hint(completions: list[str], hint: list[str]) -> list[float]:
    return [1.0 for _ in hint]


def by_chance(completions: list[str], **_: object) -> list[float]:
    return [float(zlib.crc32(text.encode()) % 97) for text in completions]


def nan_for_the_first(completions: list[str], **_: object) -> list[float]:
    return [float("nan"), *(float(len(text) % 3) for text in completions[1:])]


class OutOfOrder:
    pause, instruction = ("=",), ""

    def respond(self, problem: Problem, text: str) -> str | None:
        raise RuntimeError("out of order")


class Shaky(OutOfOrder):
    def respond(self, problem: Problem, text: str) -> str | None:
        """Fails on about half of the episodes, at their first call."""
        broken = text.count("=") == 1 and zlib.crc32(text.encode()) % 2
        return super().respond(problem, text) if broken else "7\n"


def grpo(
    out: Path, *settings: str, file_limit: int | None = None, resume: bool = False
) -> subprocess.CompletedProcess[str]:
    """A run in a process of its own, with this folder to import rewards from."""
    verb = ["train", "grpo", str(ROOT / "recipes" / "grpo.toml"), "--out", str(out), "--quiet"]
    verb += [part for each in (*SHORT, *settings) for part in ("--set", each)]
    verb += ["--resume"] if resume else []
    path = os.pathsep.join([str(ROOT / "src"), str(Path(__file__).parent)])

    def limited() -> None:
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.run(
        [sys.executable, "-c", "from ponder.cli.main import main; main()", *verb],
        env={**os.environ, "PYTHONPATH": path}, preexec_fn=limited,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def reward(function: object) -> str:
    return f'grpo.rewards={{"test_train_mistakes:{function.__name__}"=1.0}}'  # type: ignore[attr-defined]


def sampled(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "rollouts.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raises, "failed on every completion of the first batch: ValueError: not today"),
        (is_nan, "failed on every completion of the first batch: nan is not a finite number"),
        (too_many, "returned 5 values for 4 completions"),
        (hangs, "failed on every completion of the first batch: it did not come back within 0.5 s"),
        (exits, "failed on every completion of the first batch: its process ended"),
    ],
)
def test_a_reward_that_cannot_work_ends_the_run_in_one_line(
    function: object, said: str, tmp_path: Path
) -> None:
    done = grpo(tmp_path / "run", reward(function))
    assert done.returncode == 2, done.stderr
    *warnings, last = done.stderr.strip().splitlines()
    assert said in last
    assert len(warnings) <= 1 and "Traceback" not in done.stderr
    assert [row["reward"] for row in sampled(tmp_path / "run")] == [None] * 4


def test_a_column_that_is_not_there_ends_the_run_before_anything_is_sampled(tmp_path: Path) -> None:
    done = grpo(tmp_path / "run", reward(wants_a_hint))
    assert done.returncode == 2, done.stderr
    (said,) = done.stderr.strip().splitlines()
    assert "needs a column 'hint' that the problems do not have" in said
    assert not (tmp_path / "run" / "rollouts.jsonl").exists()


def test_an_environment_that_fails_ends_the_run_only_where_it_never_replies(tmp_path: Path) -> None:
    named = 'grpo.environment="test_train_mistakes:{}"'
    done = grpo(tmp_path / "never", named.format("OutOfOrder"))
    assert done.returncode == 2, done.stderr
    assert (
        "the environment failed throughout the first batch: RuntimeError"
        in done.stderr.strip().splitlines()[-1]
    )
    assert {tuple(row["failed"]) for row in sampled(tmp_path / "never")} == {("environment",)}
    done = grpo(tmp_path / "now-and-then", named.format("Shaky"), "grpo.max_turns=8", "grpo.max_tokens=48")
    assert done.returncode == 0, done.stderr
    assert "the environment failed in" in done.stderr and "Traceback" not in done.stderr


def test_a_reward_that_fails_now_and_then_only_masks(tmp_path: Path) -> None:
    done = grpo(tmp_path / "run", reward(nan_for_the_first))
    assert done.returncode == 0, done.stderr
    assert [row["reward"] is None for row in sampled(tmp_path / "run")] == [True, False, False, False] * 2
    metrics = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(metrics[0])["masked"] == 0.25


def test_a_row_without_an_answer_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"question": "1 + 1?", "answer": "2"}\n{"question": "2 + 2?"}\n')
    done = grpo(tmp_path / "run", "task=mine", f"data={data}")
    assert done.returncode == 2
    assert "line 2" in done.stderr and "answer" in done.stderr and done.stderr.count("\n") == 1


def test_a_disk_that_fills_up_is_one_line_and_the_run_goes_on_later(tmp_path: Path) -> None:
    """The weights fit, and after the first step the optimiser's state does not."""
    out = tmp_path / "run"
    settings = ("grpo.loop.checkpoint_every=1", "grpo.group_size=4", reward(by_chance))
    done = grpo(out, *settings, file_limit=12_000_000)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1 and "could not be written" in done.stderr
    assert len(sampled(out)) == 8
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-000000"]
    again = grpo(out, *settings, resume=True)
    assert again.returncode == 0, again.stderr
    assert [row["step"] for row in sampled(out)] == [0] * 8 + [1] * 8
