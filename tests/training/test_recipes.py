"""Recipes are short, have their command in the first line, and know all their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ponder.config import resolve
from ponder.training.recipes import DistillRecipe, GRPORecipe, SFTRecipe

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.mark.parametrize(("name", "kind"), [("smollm2_sft", SFTRecipe), ("smollm2_grpo", GRPORecipe)])
def test_a_recipe_says_its_command_and_trains_an_adapter(name: str, kind: Any) -> None:
    path = RECIPES / f"{name}.toml"
    lines = path.read_text().splitlines()
    assert len(lines) <= 40 and lines[0].startswith(
        f"# ponder train {name.removeprefix('smollm2_')} recipes/{name}"
    )
    recipe = resolve(kind, path, ["data=elsewhere.jsonl"]).config
    assert recipe.lora is not None and recipe.data == Path("elsewhere.jsonl")


@pytest.mark.parametrize(
    ("name", "method"), [("distill_half", "logits"), ("expert_iteration", "expert-iteration")]
)
def test_a_recipe_of_distillation_says_its_command_and_its_method(name: str, method: str) -> None:
    path = RECIPES / f"{name}.toml"
    lines = path.read_text().splitlines()
    assert len(lines) <= 40 and lines[0].startswith(f"# ponder train distill recipes/{name}.toml")
    assert resolve(DistillRecipe, path).config.distill.method == method
