from __future__ import annotations

import json
from pathlib import Path

import pytest

from ponder.cli.main import run
from ponder.evaluation.arm import ItemResult
from ponder.evaluation.item_files import item_lines
from ponder.records import Cost, Judgement, Verdict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "ladder"
    arms = "direct,chain-of-thought,self-consistency:2"
    assert run(["ladder", "--limit", "40", "--arms", arms, "--out", str(out), "--quiet"]) == 0
    return out


def test_arms_of_a_ladder(ladder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", f"{ladder}:direct", f"{ladder}:chain-of-thought", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    written = json.loads((ladder / "ladder.json").read_text())["comparisons"][0]
    for key in ("n", "delta", "interval", "p_value", "only_a", "only_b"):
        assert found[key] == written[key]


def test_an_eval_with_an_arm(ladder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        [
            "eval",
            "--limit",
            "40",
            "--max-tokens",
            "112",
            "--strategy",
            "direct",
            "--out",
            str(tmp_path / "e"),
            "--quiet",
        ]
    )
    capsys.readouterr()
    assert run(["compare", str(tmp_path / "e"), f"{ladder}:direct", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["only_a"], found["only_b"], found["delta"]) == (40, 0, 0, 0.0)
    assert "tied" in found["verdict"]


def test_a_tie_says_how_many_problems_would_end_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, right in (("a", 5), ("b", 6)):
        items = [
            ItemResult(
                problem_id=str(number), question="?", gold="1", answer="1",
                judgement=Judgement(Verdict.CORRECT if number < right else Verdict.WRONG), cost=Cost(),
            )
            for number in range(10)
        ]  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "items.jsonl").write_text(item_lines(items))
    assert run(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "more problems would separate the two" in capsys.readouterr().out


def test_what_is_not_there_is_said(ladder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, said in (
        (str(ladder), "name one of its arms"),
        (f"{ladder}:nope", "known: chain-of-thought, direct, self-consistency-2"),
        (str(tmp_path), "is not the folder of an eval or a ladder"),
    ):
        assert run(["compare", text, f"{ladder}:direct"]) == 2
        assert said in capsys.readouterr().err
