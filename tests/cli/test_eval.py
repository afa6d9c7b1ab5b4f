import json
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
