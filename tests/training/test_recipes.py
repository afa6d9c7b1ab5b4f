"""The recipes for an adapter of SmolLM2: short, with their command in the first line, and all keys known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ponder.config import resolve
from ponder.training.recipes import GRPORecipe, SFTRecipe

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
