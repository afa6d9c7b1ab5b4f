"""`ponder train distill` by each method, from a recipe to a model that loads, and resumed after its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ponder
from ponder.cli.main import run
from ponder.config import resolve
from ponder.errors import ConfigError
from ponder.training.recipes import DistillRecipe

RECIPES = Path(__file__).parents[2] / "recipes"
SHORT = ("problems=12", "samples=2", "max_tokens=40", "sft.loop.steps=2", "sft.loop.warmup_steps=0")
METHODS = {
    "logits": ("logits.examples_per_file=4",),
    "on-policy": ("on_policy.problems_per_step=3", "on_policy.max_tokens=40"),
    "expert-iteration": ("expert_iteration.rounds=2", "expert_iteration.heldout=5"),
}


def command(out: Path, method: str, *overrides: str, resume: bool = False) -> list[str]:
    given = (f"method={method}", *SHORT, *overrides)
    settings = [part for each in given for part in ("--set", f"distill.{each}")]
    argv = ["train", "distill", str(RECIPES / "distill.toml"), *settings, "--out", str(out)]
    return [*argv, "--json", "--quiet", *(["--resume"] if resume else [])]


def result(argv: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(argv) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_a_method_runs_from_recipe_to_model_and_is_resumed(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = result(command(tmp_path / "run", method, *METHODS[method]), capsys)
    assert ponder.load(first["model"]).transformer.arch.parameters == first["parameters"]
    assert first["flops"] > 0
    second = result(command(tmp_path / "run", method, *METHODS[method], resume=True), capsys)
    assert second["flops"] == first["flops"]
    if method == "expert-iteration":
        assert [each["number"] for each in first["rounds"]] == [1, 2]
        assert first["accuracy_after"] == first["rounds"][-1]["accuracy"]
    if method == "logits":
        assert any((tmp_path / "run" / "logprobs").iterdir())


@pytest.mark.slow
def test_a_student_is_cut_out_of_its_teacher(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = ("student_layers=3", "student_mlp_width=384")
    made = result(command(tmp_path / "run", "logits", *layers), capsys)
    arch = ponder.load(made["model"]).transformer.arch
    assert (arch.layers, arch.mlp_width) == (3, 384)
    assert made["parameters"] <= ponder.load("tiny").transformer.arch.parameters / 2


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["distill.method=osmosis"], "method"),
        (["distill.logits.top_k=4"], 'method is "traces": set "logits"'),
        (["distill.student_mlp_width=4"], "goes with student_layers"),
        (["distill.method=logits", "distill.logits.temprature=2"], "temperature"),
    ],
)
def test_what_a_recipe_cannot_mean_is_refused(overrides: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        resolve(DistillRecipe, RECIPES / "distill.toml", overrides)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["logits", "on-policy"])
def test_an_endpoint_has_no_weights_to_learn_from(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = [*command(tmp_path / "run", method), "--set", "teacher=http://127.0.0.1:9"]
    assert run(argv) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()
