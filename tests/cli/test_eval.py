import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ponder.cli.main import run

pytestmark = pytest.mark.slow


def write_problems(path: Path, answers: list[int]) -> Path:
    rows = ({"question": f"Compute {a - 1}+1.", "answer": f"so\n#### {a}"} for a in answers)
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def evaluate(data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict:
    assert run(["eval", "--task", "mine", "--data", str(data), "--out", str(out), "--json", "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_a_file_is_measured_and_a_wrong_gold_file_lowers_the_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = list(range(20, 60))
    right = evaluate(write_problems(tmp_path / "right.jsonl", answers), tmp_path / "a", capsys)
    wrong_file = tmp_path / "wrong.jsonl"
    wrong_file.write_text((tmp_path / "right.jsonl").read_text().replace("#### ", "#### 1"))
    wrong = evaluate(wrong_file, tmp_path / "b", capsys)
    assert right["accuracy"] > 0.5 > wrong["accuracy"]
    assert wrong["accuracy"] == 0
    assert right["n"] == 40 and sum(right["verdicts"].values()) == 40
    low, high = right["interval"]
    assert low < right["accuracy"] < high
    assert len((tmp_path / "a" / "items.jsonl").read_text().splitlines()) == 40
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert manifest["config"]["task"] == "mine" and manifest["versions"]["torch"]


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    data = write_problems(tmp_path / "p.jsonl", list(range(20, 60)))
    argv = ["eval", "--task", "mine", "--data", str(data), "--out", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", f"from ponder.cli.main import main; main({argv!r})"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),  # items.jsonl is larger
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "items.jsonl" in done.stderr
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["manifest.json"]


def test_worked_examples_come_before_the_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_problems(tmp_path / "test.jsonl", [20, 21])
    train = write_problems(tmp_path / "train.jsonl", [20, 31, 32, 33])
    argv = ["eval", "--strategy", "few-shot", "--data", str(data), "--out", str(tmp_path / "a"), "--quiet"]
    assert run([*argv, "--examples", str(train)]) == 0
    prompt = json.loads((tmp_path / "a" / "prompts.json").read_text())["few-shot"]
    turns = [prompt.index(f"Compute {number}+1.") for number in (30, 31, 32, 19)]
    assert turns == sorted(turns)
    assert "so\n\\boxed{31}" in prompt and "####" not in prompt
    capsys.readouterr()
    assert run([*argv[:-2], str(tmp_path / "b"), "--quiet"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "--examples" in error
    assert not (tmp_path / "b").exists()
