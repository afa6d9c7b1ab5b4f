"""`ponder probe overthinking` as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ponder.cli.main import run
from ponder.evaluation.budget_outcomes import read_outcomes


def probed(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert run(["probe", "overthinking", *argv, "--json", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


@pytest.mark.slow
def test_a_probe_answers_in_files_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--task", "arithmetic", "--task", "copying", "--limit", "5", "--budgets", "0,8,40"]
    made = probed(capsys, *argv, "--out", str(tmp_path / "run"))
    assert [task["name"] for task in made["tasks"]] == ["arithmetic", "copying"]
    assert made["budgets"] == [0, 8, 40] and made["problems"] == made["traces"] == 10
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "completions.jsonl", "manifest.json", "outcomes.jsonl", "overthinking.json", "overthinking.md",
        "overthinking.svg", "prompts.json", "report.html",
    }  # fmt: skip
    rows = read_outcomes(tmp_path / "run" / "outcomes.jsonl")
    assert len(rows) == 10 and all(row.direct and row.depth for row in rows)
    prompts = json.loads((tmp_path / "run" / "prompts.json").read_text())
    assert "Think step by step" in prompts["think"] and "Give only" in prompts["direct"]
    # Again: nothing is sampled, and nothing is found otherwise. More budgets ask only for what is missing.
    completions = (tmp_path / "run" / "completions.jsonl").read_text()
    again = probed(capsys, *argv, "--out", str(tmp_path / "run"))
    assert again == made
    assert (tmp_path / "run" / "completions.jsonl").read_text() == completions
    finer = [*argv[:-1], "0,4,8,40"]
    probed(capsys, *finer, "--out", str(tmp_path / "run"))
    grown = (tmp_path / "run" / "completions.jsonl").read_text()
    assert grown.startswith(completions) and len(grown.splitlines()) == len(completions.splitlines()) + 10


@pytest.mark.slow
def test_several_samples_and_problems_of_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "sums.jsonl"
    sums = [{"question": f"Compute {n}+5.", "answer": str(n + 5)} for n in range(4)]
    data.write_text("".join(json.dumps(each) + "\n" for each in sums))
    argv = ["--data", str(data), "--task", "sums", "--samples", "3"]
    made = probed(capsys, *argv, "--out", str(tmp_path / "run"))
    (task,) = made["tasks"]
    assert (task["name"], task["problems"], task["traces"]) == ("sums", 4, 12)
    samples = [row.sample for row in read_outcomes(tmp_path / "run" / "outcomes.jsonl")]
    assert samples == [0, 1, 2] * 4


@pytest.mark.slow
def test_a_problem_of_two_tasks_is_asked_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--task", "copying", "copying", "one-step", "--limit", "12", "--budgets", "0,8"]
    probed(capsys, *argv, "--out", str(tmp_path / "run"))
    rows = read_outcomes(tmp_path / "run" / "outcomes.jsonl")
    assert len({(row.task, row.id) for row in rows}) == len(rows)


@pytest.mark.slow
def test_another_run_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--limit", "2", "--budgets", "0,8", "--out", str(tmp_path / "run")]
    probed(capsys, "--task", "copying", *argv)
    assert run(["probe", "overthinking", "--task", "lookup", *argv, "--quiet"]) == 2
    assert "holds a run with another tasks: choose another --out" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(
    sent: signal.Signals, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--task", "arithmetic", "ordering", "--limit", "24"]
    whole = probed(capsys, *argv, "--out", str(tmp_path / "whole"))
    cut = [*argv, "--out", str(tmp_path / "cut")]
    command = f"from ponder.cli.main import main; main({['probe', 'overthinking', *cut]!r})"
    child = subprocess.Popen(
        [sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)
    )
    store, until = tmp_path / "cut" / "completions.jsonl", time.monotonic() + 60
    while not (store.exists() and store.stat().st_size) and child.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    child.send_signal(sent)
    said = child.communicate()[1].decode()
    assert child.returncode == code
    if sent is signal.SIGINT:
        assert f"stopped; run the same command with --out {tmp_path / 'cut'} to go on" in said
    before = store.read_text().count("\n")
    assert not (tmp_path / "cut" / "report.html").exists()
    resumed = probed(capsys, *cut)
    for made in (whole, resumed):
        del made["report"], made["cost"]["seconds"]
    assert resumed == whole
    keys = [(row["key"], row["number"]) for row in map(json.loads, store.read_text().splitlines())]
    assert len(keys) == len(set(keys)) >= before > 0


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["--budgets", "0,16,8"], "the budgets 0,16,8 should ascend, each once"),
        (["--budgets", "-4,8"], "the budgets -4,8 hold a negative number"),
        (["--budgets", "8"], "should be two at least"),
        (["--budgets", "none"], "should be whole numbers with commas between them"),
        (["--budgets", "0,4000"], "4000 tokens of thinking do not fit a context of 512 beside the longest"),
        (["--task", "riddles"], "unknown task 'riddles'; known: arithmetic, "),
        (["--limit", "0"], "--limit must be at least 1"),
        (["--samples", "0"], "samples must be at least 1"),
        (["--samples", "2", "--temperature", "0"], "at --temperature 0 are 2 times the same trace"),
        (["--temperature", "-1"], "temperature must be at least 0"),
        (["--answer-tokens", "0"], "answer_tokens must be at least 1"),
        (["--answer-tokens", "500"], "leaves no room to think in a context of 512"),
        (["--model", "http://localhost:1/v1"], "this needs the weights"),
        (["--model", "nobody"], "nobody"),
        (["--data", "empty.jsonl"], "empty.jsonl holds no problems"),
        (["--data", "missing.jsonl"], "there is no file missing.jsonl"),
        (["--data", "empty.jsonl", "--task", "a", "b"], "--data is one task, and --task names 2: a, b"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line_and_leaves_nothing(
    argv: list[str],
    complaint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").write_text("")
    assert run(["probe", "overthinking", *argv, "--out", "run", "--quiet"]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and complaint in printed.err
    assert printed.err.startswith("ponder: ") and printed.err.count("\n") == 1
    assert not (tmp_path / "run").exists()
