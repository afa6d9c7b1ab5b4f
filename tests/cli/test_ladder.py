"""`ponder ladder` as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ponder.cli.main import run

pytestmark = pytest.mark.slow
ARMS = "direct,chain-of-thought,self-consistency:4,adaptive-consistency:4"


def argv(out: Path, *more: str) -> list[str]:
    return ["ladder", "--limit", "24", "--arms", ARMS, "--out", str(out), "--json", "--quiet", *more]


def timeless(text: str) -> object:
    def clean(value: object) -> object:
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items() if key not in ("seconds", "report")}
        return [clean(inner) for inner in value] if isinstance(value, list) else value

    return clean(json.loads(text))


def test_the_same_seed_gives_the_same_ladder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs: list[str] = []
    for name in ("a", "b"):
        assert run(argv(tmp_path / name)) == 0
        outputs.append(capsys.readouterr().out)
    assert timeless(outputs[0]) == timeless(outputs[1])
    ladder = json.loads((tmp_path / "a" / "ladder.json").read_text())
    assert [arm["name"] for arm in ladder["arms"]] == [
        "direct", "chain-of-thought", "self-consistency-4", "adaptive-consistency-4"
    ]  # fmt: skip
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {"completions.jsonl", "manifest.json", "ladder.md", "ladder.svg", "report.html"} <= names
    pages = {path.stem for path in (tmp_path / "a" / "arms").iterdir()}
    assert pages == {arm["name"] for arm in ladder["arms"]}


def test_a_killed_ladder_goes_on_and_samples_nothing_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(argv(tmp_path / "whole"))
    whole = capsys.readouterr().out
    command = [sys.executable, "-c", f"from ponder.cli.main import main; main({argv(tmp_path / 'cut')!r})"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ))
    store = tmp_path / "cut" / "completions.jsonl"
    until = time.monotonic() + 60
    while not (store.exists() and store.stat().st_size) and child.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = store.read_text().count("\n")
    assert run(argv(tmp_path / "cut")) == 0
    assert timeless(capsys.readouterr().out) == timeless(whole)
    keys = [(row["key"], row["number"]) for row in map(json.loads, store.read_text().splitlines())]
    assert len(keys) == len(set(keys)) >= before > 0


def test_an_arm_is_added_without_sampling_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(argv(tmp_path / "run"))
    store = tmp_path / "run" / "completions.jsonl"
    before = store.read_text()
    run([*argv(tmp_path / "run")[:4], f"{ARMS},best-of-n:4", *argv(tmp_path / "run")[5:]])
    assert store.read_text() == before  # best of 4 chooses among the votes of self-consistency


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--arms", "nope"), "unknown strategy 'nope'"),
        (("--arms", "direct:x"), "should look like"),
        (("--limit", "0"), "limit must be at least 1"),
        (("--task", "nope"), "unknown task"),
        (("--model", "nope"), "unknown model"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], said: str
) -> None:
    assert run(["ladder", "--out", str(tmp_path / "run"), *more]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_folder_of_another_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(argv(tmp_path / "run"))
    capsys.readouterr()
    assert run(argv(tmp_path / "run", "--task", "arithmetic")) != 0
    assert "holds a run with another task" in capsys.readouterr().err


def test_a_recipe_with_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(
        'limit = 8\n[[arms]]\nstrategy = "direct"\n'
        '[[arms]]\nname = "sure"\nstrategy = "self-consistency"\nsamples = 2\n'
        '[arms.options]\nweighting = "confidence"\n'
    )
    assert run(["ladder", str(recipe), "--out", str(tmp_path / "run"), "--json", "--quiet"]) == 0
    assert [arm["name"] for arm in json.loads(capsys.readouterr().out)["arms"]] == ["direct", "sure"]
    recipe.write_text('[[arms]]\nstrategy = "self-consistency"\n[arms.options]\nweight = 1\n')
    assert run(["ladder", str(recipe), "--out", str(tmp_path / "two")]) == 2
    assert "no option 'weight'" in capsys.readouterr().err
    recipe.write_text('[[arms]]\nstrategy = "direct"\nsample = 1\n')
    assert run(["ladder", str(recipe), "--out", str(tmp_path / "three")]) == 2
    assert "sample" in capsys.readouterr().err


def test_few_shot_is_an_arm_and_a_chain_of_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'limit = 4\n[[arms]]\nstrategy = "few-shot"\n'
        '[[arms]]\nstrategy = "self-consistency"\nsamples = 2\n[arms.options]\nchain = "few-shot:1"\n'
    )
    assert run(["ladder", str(recipe), "--out", str(tmp_path / "a"), "--quiet"]) == 0
    capsys.readouterr()
    prompts = json.loads((tmp_path / "a" / "prompts.json").read_text())
    assert {arm: prompt.count("Think step by step") for arm, prompt in prompts.items()} == {
        "few-shot": 4,
        "self-consistency-2-few-shot-1": 2,
    }


def test_without_json_there_is_a_table_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = [word for word in argv(tmp_path / "run") if word != "--json"]
    assert run(plain) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= max(
        110, len(f"The report: {tmp_path / 'run' / 'report.html'}")
    )
    assert "\x1b" not in text and "Which arm to buy" in text and "| ---" not in text
    assert all(f" {name} " in text for name in ("direct", "chain-of-thought", "self-consistency-4"))
    sentences = [
        line[2:] for line in (tmp_path / "run" / "ladder.md").read_text().splitlines() if line[:2] == "- "
    ]
    assert len(sentences) == 3 and all(
        " ".join(sentence.split()) in " ".join(text.split()) for sentence in sentences
    )


def test_an_arm_named_like_a_path_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "r.toml"
    for name in ("../x", "a/b"):
        recipe.write_text(f'[[arms]]\nstrategy = "direct"\nname = "{name}"\n')
        assert run(["ladder", str(recipe), "--out", str(tmp_path / "run")]) == 2
        assert "an arm cannot be called" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["r.toml"]
