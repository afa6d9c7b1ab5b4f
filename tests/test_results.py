"""What docs and README say of ladders, held to the committed result files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from readme_figures import RESULTS


def arms_and_comparisons(folder: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    ladder = json.loads((RESULTS / folder / "ladder.json").read_text())
    assert ladder["complete"]
    return (
        ladder,
        {arm["name"]: arm for arm in ladder["arms"]},
        {each["b"]: each for each in ladder["comparisons"]},
    )


def tokens(arm: dict[str, Any]) -> float:
    return arm["cost_per_problem"]["generated_tokens"]


def test_a_ladder_of_many_arms_ends_soon_and_finds_what_beats_a_chain_of_thought() -> None:
    ladder, arms, against = arms_and_comparisons("ladder-tiny")
    assert len(arms) >= 10 and all(arm["n"] == 400 for arm in arms.values())
    assert ladder["seconds"] < 15 * 60
    assert ladder["arms"][0]["name"] == "chain-of-thought"
    beating = {name for name, each in against.items() if each["delta"] > 0 and each["p_value"] < 0.01}
    assert "best-of-n-4" in beating
    assert min(tokens(arms[name]) for name in beating) == tokens(arms["best-of-n-4"])


@pytest.mark.parametrize("samples", [4, 16])
def test_at_equal_tokens_a_score_beats_a_vote(samples: int) -> None:
    found = json.loads((RESULTS / "ladder-tiny" / f"compare-at-{samples}.json").read_text())
    assert found["delta"] > 0 and found["p_value"] < 0.01


@pytest.mark.parametrize("family", ["arithmetic", "word-problems", "deduction", "ordering"])
def test_the_adaptive_vote_is_tied_with_sixteen_for_less_than_half(family: str) -> None:
    _, arms, against = arms_and_comparisons(f"adaptive-{family}")
    adaptive = "adaptive-consistency-8-confidence"
    assert tokens(arms[adaptive]) <= 0.45 * tokens(arms["self-consistency-16"])
    low, high = against[adaptive]["interval"]
    assert low <= 0 <= high and against[adaptive]["p_value"] > 0.05


def test_intervals_cover_what_they_promise() -> None:
    found = json.loads((RESULTS / "statistics-coverage.json").read_text())["summary"]
    for name in ("wilson", "clustered", "paired"):
        assert found[name]["within_1.5_points"] == found[name]["rows"] > 30


@pytest.mark.parametrize("folder", ["ladder-smollm2", "ladder-endpoint"])
def test_ladders_of_other_models_are_whole(folder: str) -> None:
    _, arms, _ = arms_and_comparisons(folder)
    assert len(arms) >= 8 and all(arm["n"] == 50 for arm in arms.values())
