"""`ponder verify` and `ponder bench verify`: what they print, what they refuse, how they end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from sandboxes import level_or_skip

from ponder.cli.main import run

Capture = pytest.CaptureFixture[str]
SOLUTION = "def f(x):\n    return x + 1\n"
TESTS = {"entry_point": "f", "cases": [{"args": [1], "expected": 2}]}
MODUS_PONENS = "given: p -> q, p\nprove: q\n1. p -> q  given\n2. p  given\n3. q  modus ponens 1, 2\n"


def told(capsys: Capture, *arguments: str) -> dict[str, Any]:
    assert run(["verify", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: Capture, *arguments: str) -> str:
    assert run(["verify", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


def files(folder: Path, **contents: Any) -> list[str]:
    paths = list[str]()
    for name, content in contents.items():
        path = folder / name.replace("_", ".", 1)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        paths.append(str(path))
    return paths


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("1/2", "\\boxed{\\frac12}", "correct"),
        ("-3", "-3", "correct"),
        ("10", "10%", "unparsable"),
        ("3", "3 or 4", "wrong"),
        ("3", "", "no_answer"),
        ("3", "<think>\n\\boxed{3}", "truncated"),
        ("3", "<think>\n\\boxed{4}</think>\\boxed{3}", "correct"),
    ],
)
def test_math(capsys: Capture, gold: str, answer: str, verdict: str) -> None:
    result = told(capsys, "math", "--gold", gold, "--answer", answer)
    assert result["verdict"] == verdict
    assert {"extracted", "reason", "seconds"} <= set(result)


def test_kinds_of_answer(capsys: Capture) -> None:
    assert told(capsys, "math", "--gold", "B", "--answer", "(B) 42", "--kind", "choice")["extracted"] == "B"
    assert told(capsys, "math", "--gold", "Yes", "--answer", "yes.", "--kind", "text")["verdict"] == "correct"


def test_an_answer_on_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("The answer is:\n\\boxed{7}\n"))
    assert told(capsys, "math", "--gold", "7", "--answer", "-")["verdict"] == "correct"


def test_program(capsys: Capture, tmp_path: Path) -> None:
    level = level_or_skip("guard")
    program, tests = files(tmp_path, solution_py=SOLUTION, tests_json=TESTS)
    result = told(capsys, "program", program, "--tests", tests)
    assert (result["verdict"], result["outcome"], result["level"]) == ("correct", "passed", level)
    (endless,) = files(tmp_path, endless_py="while True: pass")
    result = told(capsys, "program", endless, "--tests", tests, "--seconds", "0.5")
    assert (result["verdict"], result["outcome"]) == ("timed_out", "timeout")
    assert run(["verify", "program", program, "--tests", tests]) == 0
    assert capsys.readouterr().out.startswith("correct (passed, in guard)")


def test_proof(capsys: Capture, tmp_path: Path) -> None:
    (proof,) = files(tmp_path, proof_txt=MODUS_PONENS)
    assert told(capsys, "proof", proof)["verdict"] == "correct"
    (wrong,) = files(tmp_path, wrong_txt=MODUS_PONENS.replace("3. q", "3. p"))
    assert told(capsys, "proof", wrong)["verdict"] == "wrong"
    (steps,) = files(tmp_path, steps_txt=MODUS_PONENS.split("\n", 2)[2])
    assert told(capsys, "proof", steps, "--theorem", "p -> q, p |- q")["verdict"] == "correct"


def test_audit(capsys: Capture, tmp_path: Path) -> None:
    (path,) = files(tmp_path, answers_jsonl='{"gold": "3", "response": "\\\\boxed{1=2=3}", "label": false}\n')
    result = told(capsys, "audit", path)
    assert [judge["judge"] for judge in result["judges"]] == ["ponder", "math-verify", "equality"]
    assert run(["verify", "audit", path]) == 0
    assert "1 responses" in capsys.readouterr().out


def test_bad_input_is_one_line(capsys: Capture, tmp_path: Path) -> None:
    program, tests, broken = files(tmp_path, a_py=SOLUTION, b_json=TESTS, c_json="{")
    assert "there is no file" in refused(capsys, "program", str(tmp_path / "none.py"), "--tests", tests)
    assert "not JSON" in refused(capsys, "program", program, "--tests", broken)
    assert "seconds" in refused(capsys, "program", program, "--tests", tests, "--seconds", "0")
    assert "level" in refused(capsys, "program", program, "--tests", tests, "--level", "open")
    assert "prove" in refused(capsys, "proof", program)
    assert "--server" in refused(capsys, "proof", program, "--kernel", "lean", "--theorem", "x")
    assert "--theorem" in refused(capsys, "proof", program, "--kernel", "metamath")
    assert "holds nothing" in refused(capsys, "audit", *files(tmp_path, d_jsonl=""))
    assert "there is no file" in refused(capsys, "audit", str(tmp_path / "none.jsonl"))
    (tmp_path / "latin.py").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in refused(capsys, "program", str(tmp_path / "latin.py"), "--tests", tests)


@pytest.mark.slow
def test_bench(capsys: Capture) -> None:
    assert run(["bench", "verify", "--seconds", "0.05", "--json", "--quiet"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {"plain numbers", "symbolic maths", "programs, guard", "natural deduction", "metamath"} <= {
        row["kind"] for row in rows
    }
    assert all(row["verdicts_per_second"] or row["note"] for row in rows)
