"""`ponder probe deduction` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ponder.cli.main import run
from ponder.cli.probe_deduction import parse_depths, tour_arms
from ponder.errors import ConfigError
from ponder.evaluation.deduction_run import ProbeArm
from ponder.logic.frozen_sets import read_set, write_set
from ponder.logic.items import VERSIONS, draw_items


def argv(*more: str) -> list[str]:
    return ["probe", "deduction", "--quiet", *more]


def complaint(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(argv(*more)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("ponder: ")
    return said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--form", "haiku"), "unknown form 'haiku'; known: statement, colours, word-problem"),
        (("--depths", "1-9"), "depths from 1 to 8"),
        (("--depths", "0"), "depths from 1 to 8"),
        (("--depths", "6-1"), "depths from 1 to 8"),
        (("--depths", "deep"), "should look like 1-6 or 1,3,5"),
        (("--limit", "0"), "--limit"),
        (("--arm", "grpo"), "should look like NAME=MODEL"),
        (("--arm", "=tiny"), "should look like NAME=MODEL"),
        (("--arm", "a=tiny:magic"), "unknown strategy 'magic'"),
        (("--arm", "a=tiny", "--arm", "A=tiny:direct"), "two arms are called a"),
        (("--strategy", "magic"), "unknown strategy 'magic'"),
        (("--strategy", "few-shot"), "no worked examples"),
        (("--run", "nowhere"), "nowhere is not the folder of a tour"),
        (("--items", "nowhere.jsonl"), "nowhere.jsonl"),
    ],
)
def test_mistakes_are_one_clear_line(
    given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in complaint(capsys, *given)


def test_an_empty_file_of_items_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert "empty.jsonl" in complaint(capsys, "--items", str(tmp_path / "empty.jsonl"))
    shallow = draw_items("colours", proofs=2, depths=(1,), versions=("familiar",), seed=0)
    write_set(tmp_path / "shallow.jsonl", shallow, seed=0)
    said = complaint(capsys, "--items", str(tmp_path / "shallow.jsonl"), "--depths", "3-4")
    assert "holds no item of the depths 3 to 4" in said


def test_a_tour_without_its_models_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {"model": "tiny"}}))
    assert "holds no model grpo" in complaint(capsys, "--run", str(tmp_path))


def test_a_tour_gives_four_arms(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {"model": "tiny"}}))
    for name in ("grpo", "distilled"):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "config.json").write_text("{}")
    arms = tour_arms(tmp_path)
    assert [(arm.name, arm.way.strategy) for arm in arms] == [
        ("Base at once", "direct"), ("Base prompted", "chain-of-thought"),
        ("After GRPO", "chain-of-thought"), ("Distilled", "chain-of-thought"),
    ]  # fmt: skip
    assert [Path(arm.model).name for arm in arms] == ["tiny", "tiny", "grpo", "distilled"]


@pytest.mark.parametrize(
    ("text", "model", "strategy", "samples"),
    [
        ("a=tiny", "tiny", "direct", 1),
        ("a=tiny:chain-of-thought", "tiny", "chain-of-thought", 1),
        ("a=runs/x:self-consistency:4", "runs/x", "self-consistency", 4),
        ("a=http://localhost:8000/v1", "http://localhost:8000/v1", "direct", 1),
        ("a=http://localhost:8000/v1:direct", "http://localhost:8000/v1", "direct", 1),
    ],
)
def test_an_arm_is_a_model_and_a_way_to_ask(text: str, model: str, strategy: str, samples: int) -> None:
    arm = ProbeArm.parse(text, default="direct")
    assert (arm.name, arm.model, arm.way.strategy, arm.way.samples) == ("a", model, strategy, samples)


def test_depths_are_ranges_and_lists() -> None:
    assert parse_depths("1-3,5") == (1, 2, 3, 5) and parse_depths("2") == (2,)
    with pytest.raises(ConfigError):
        parse_depths("1--2")


def timeless(text: str) -> Any:
    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items() if key not in ("seconds", "report")}
        return [clean(inner) for inner in value] if isinstance(value, list) else value

    return clean(json.loads(text))


@pytest.mark.slow
def test_a_probe_is_measured_written_and_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, train = tmp_path / "run", tmp_path / "train.txt"
    train.write_text("Nothing that matters.")
    more = ("--limit", "6", "--tested", "2", "--train", str(train), "--out", str(out), "--json")
    assert run(argv(*more)) == 0
    first = capsys.readouterr().out
    found = timeless(first)
    assert [arm["name"] for arm in found["arms"]] == ["tiny, direct", "tiny, chain-of-thought"]
    assert found["proofs"] == 6 and found["items"] == 6 * len(VERSIONS) and found["complete"]
    assert found["arms"][1]["steps"]["traces"] > 0 and found["contamination"]["same_problem"] == 0.0
    kept = found["arms"][1]["faithfulness"]["kept"][-1]
    assert kept["same"] == kept["n"] > 0, "an unchanged trace is answered as before"
    names = {path.name for path in out.iterdir()}
    assert {"deduction.json", "deduction.md", "deduction.svg", "report.html", "flips.jsonl"} <= names
    store = (out / "completions.jsonl").read_text()
    assert run(argv(*more)) == 0
    assert timeless(capsys.readouterr().out) == found
    assert (out / "completions.jsonl").read_text() == store, "nothing is sampled twice"
    (out / "completions.jsonl").write_text(store[: len(store) // 2])
    assert run(argv(*more)) == 0
    assert timeless(capsys.readouterr().out) == found
    frozen = out / "items.jsonl"
    assert len(read_set(frozen).items) == found["items"]
    again = ("--items", str(frozen), "--strategy", "direct", "--json", "--out", str(tmp_path / "again"))
    assert run(argv(*again)) == 0
    other = timeless(capsys.readouterr().out)
    assert other["items_sha256"] == found["items_sha256"]
    assert other["arms"][0]["cells"] == found["arms"][0]["cells"]
    assert "another seed" in complaint(capsys, *more, "--seed", "1")
