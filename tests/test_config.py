from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.config import parse_value, resolve
from ponder.errors import ConfigError
from ponder.training.pretrain import PretrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    steps: int
    rate: float = 0.1
    kind: Literal["adamw", "muon"] = "adamw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    loop: Inner
    seed: int = 0
    name: str = "x"
    weights: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0})

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError("seed must not be negative")


def recipe(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_recipe_then_overrides_then_defaults_with_their_origins(tmp_path: Path) -> None:
    path = recipe(tmp_path, "seed = 3\n[loop]\nsteps = 10\nrate = 0.5\n")
    resolved = resolve(Outer, path, ["loop.steps=40", "name = tiny", "weights.length=0.5"])
    assert resolved.config == Outer(
        loop=Inner(steps=40, rate=0.5), seed=3, name="tiny", weights={"length": 0.5}
    )
    assert resolved.origins == {
        "seed": str(path),
        "loop.rate": str(path),
        "loop.steps": "--set",
        "name": "--set",
        "weights.length": "--set",
        "loop.kind": "default",
    }
    assert resolved.as_dict()["loop"] == {"steps": 40, "rate": 0.5, "kind": "adamw"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOptional:
    loop: Inner | None = None


def test_a_section_that_may_be_left_out_is_checked_where_it_is_given() -> None:
    assert resolve(WithOptional).config.loop is None
    resolved = resolve(WithOptional, overrides=["loop.steps=3"])
    assert resolved.config.loop == Inner(steps=3)
    assert resolved.origins["loop.rate"] == "default"
    with pytest.raises(ConfigError, match=r"unknown key loop\.stepz; did you mean loop\.steps"):
        resolve(WithOptional, overrides=["loop.stepz=3"])


def test_a_whole_table_may_be_set() -> None:
    resolved = resolve(Outer, None, ["loop={steps = 2, kind = 'muon'}"])
    assert resolved.config.loop == Inner(steps=2, kind="muon")
    assert resolved.origins["loop.kind"] == "--set"
    assert resolved.origins["loop.rate"] == "default"


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["loop.step=4"], "unknown key loop.step; did you mean loop.steps?"),
        (["sede=4"], "unknown key sede; did you mean seed?"),
        (["qqq=1"], "unknown key qqq; known: loop, seed, name, weights"),
        (["loop.steps=many"], "loop.steps: Input should be a valid integer"),
        (["loop.steps=2.5"], "loop.steps: Input should be a valid integer"),
        (["loop.steps=1", "loop.kind=sgd"], "loop.kind: Input should be 'adamw' or 'muon'"),
        (["loop=3"], "loop: Input should be"),
        (["loop.rate=0.2"], "loop.steps: Field required"),
        (["loop.steps=1", "seed=-1"], "seed must not be negative"),
        (["seed=1", "seed.x=2"], "seed is a value"),
        (["seed"], "should look like key=value"),
        (["=3"], "should look like key=value"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(overrides: list[str], complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(Outer, None, overrides)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("seed = ", "is not valid TOML"),
        ("[loop]\nsteps='a'", r"loop.steps in .*recipe.toml"),
        ("[lop]\na=1", "loop\\?"),
    ],
)
def test_a_broken_recipe_names_its_file_or_key(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        resolve(Outer, recipe(tmp_path, text))


def test_a_recipe_that_is_missing_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no recipe"):
        resolve(Outer, tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve(Outer, tmp_path)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ("'a b'", "a b"),
        ("adamw", "adamw"),
        ("", ""),
    ],
)
def test_values_are_toml_or_text(raw: str, value: Any) -> None:
    assert parse_value(raw) == value


@given(st.text())
def test_any_override_is_a_config_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        resolve(Outer, None, ["loop.steps=1", text])


def test_our_recipe_for_the_embedded_model_resolves() -> None:
    path = Path(__file__).parents[1] / "recipes" / "tiny.toml"
    assert resolve(PretrainConfig, path).config.pretrain.steps > 0
