"""`ponder route` as a user meets it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ponder.cli.main import run
from ponder.evaluation.budget_outcomes import outcome_lines
from tests.outcome_rows import row

HARD, EASY = "The sum of {} and {}?", "Say {}."


def outcomes(folder: Path, problems: int = 60, *, right: str = "--+++") -> Path:
    """Those that say "sum" are right with thinking only, all others at once."""
    rows = [
        replace(
            row(str(n), right if n % 2 else "+++++", direct=n % 2 == 0),
            question=(HARD if n % 2 else EASY).format(n + 10, 3 * n + 10),
        )
        for n in range(problems)
    ]
    folder.mkdir(exist_ok=True)
    (folder / "outcomes.jsonl").write_text(outcome_lines(rows))
    return folder / "outcomes.jsonl"


def calibrated(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    assert run(["route", "calibrate", *argv, "--json", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_router_learns_explains_and_is_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "router"
    test = outcomes(tmp_path / "others", 40)
    made = calibrated(
        capsys, "--outcomes", str(outcomes(tmp_path / "seen")), "--test", str(test), "--out", str(out)
    )
    assert {path.name for path in out.iterdir()} == {
        "manifest.json", "report.html", "route.json", "route.md", "route.svg", "router.json",
    }  # fmt: skip
    (judged,) = made["judged"]
    assert judged["name"] == "others" and judged["kept"] >= 0.97 and judged["asked"] == 0
    assert "Should tiny think here?" in (out / "report.html").read_text()

    for question, action in ((HARD.format(12, 46), "think"), (EASY.format(12), "answer at once")):
        assert run(["route", "explain", str(out), question]) == 0
        assert capsys.readouterr().out.startswith(action)

    for worth, reasoned in (("0", False), ("10000", True)):
        argv = ["ask", HARD.format(12, 46), "--think", "auto", "--router", str(out), "--worth", worth]
        assert run([*argv, "--json", "--quiet"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert bool(answer["cost"]["reasoning_tokens"]) == reasoned
        assert answer["strategy"] == "auto" and "Expected right" in answer["why"]


def test_an_evaluation_may_be_routed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    router = tmp_path / "router"
    calibrated(capsys, "--outcomes", str(outcomes(tmp_path / "seen")), "--out", str(router))
    argv = ["eval", "--strategy", "auto", "--router", str(router), "--limit", "4", "--json", "--quiet"]
    assert run([*argv, "--worth", "0", "--out", str(tmp_path / "run")]) == 0
    assert json.loads(capsys.readouterr().out)["cost_per_problem"]["reasoning_tokens"] == 0
    assert run(["eval", "--strategy", "auto", "--quiet"]) == 2
    assert "--router go together" in capsys.readouterr().err


def test_signals_are_asked_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    router = tmp_path / "router"
    seen = str(outcomes(tmp_path / "seen", 40))
    made = calibrated(capsys, "--outcomes", seen, "--signals", "first-token", "--out", str(router))
    assert made["judged"][0]["asked"] == 1
    assert run(["route", "explain", str(router), "Say 12."]) == 2
    assert "give --model" in capsys.readouterr().err
    assert run(["route", "explain", str(router), "Say 12.", "--model", "tiny"]) == 0


def test_two_models_from_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{HARD.format(n, 7)},False,True" if n % 2 else f"{EASY.format(n)},True,True" for n in range(60)]
    (tmp_path / "pairs.csv").write_text("\n".join(["prompt,weak,strong", *lines]))
    argv = ["--table", str(tmp_path / "pairs.csv"), "--small", "weak", "--large", "strong"]
    made = calibrated(capsys, *argv, "--out", str(tmp_path / "router"))
    assert made["actions"] == ["weak", "strong"]
    assert made["apgr"] > 0.7 and made["cpt_50"] < 0.35
    assert run(["route", "explain", str(tmp_path / "router"), HARD.format(4, 5)]) == 0
    assert capsys.readouterr().out.startswith("strong")


@pytest.mark.parametrize(
    ("problems", "right", "words"), [(20, "--+++", "needs 30 at least"), (0, "", "holds no outcomes")]
)
def test_too_few_outcomes_are_refused(
    problems: int, right: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = outcomes(tmp_path / "seen", problems, right=right)
    assert run(["route", "calibrate", "--outcomes", str(path), "--out", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_class_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row(str(n), "+++++", direct=True) for n in range(40)]
    (tmp_path / "outcomes.jsonl").write_text(outcome_lines(rows))
    assert run(["route", "calibrate", "--outcomes", str(tmp_path / "outcomes.jsonl")]) == 2
    assert "every outcome is right" in capsys.readouterr().err


def test_another_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    router = tmp_path / "router"
    calibrated(capsys, "--outcomes", str(outcomes(tmp_path / "seen")), "--out", str(router))
    stored = json.loads((router / "router.json").read_text())
    (router / "router.json").write_text(json.dumps({**stored, "fingerprint": "00000000", "model": "other"}))
    assert run(["ask", "Say 12.", "--router", str(router)]) == 2
    assert "calibrated for other" in capsys.readouterr().err
