"""What docs/deduction.md says of the embedded model, held to the committed result files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from readme_figures import RESULTS

PAGE = (RESULTS.parent / "deduction.md").read_text(encoding="utf-8")


def arms(folder: str) -> list[dict[str, Any]]:
    found = json.loads((RESULTS / folder / "deduction.json").read_text(encoding="utf-8"))
    assert found["complete"] and found["proofs"] == 240 and found["depths"] == [1, 2, 3, 4, 5, 6]
    assert found["seconds"] < 600
    return found["arms"]


def row(arm: dict[str, Any]) -> str:
    cells = [f"{100 * version['accuracy']:.1f}" for version in arm["versions"]]
    share = arm["pattern_matching_share"]
    told = "undefined"
    if share["value"] is not None:
        low, high = (f"{100 * end:.1f}" for end in share["interval"])
        told = f"{100 * share['value']:.1f}% ({low}–{high})"
    return f"| {arm['name']} | {' | '.join([*cells, told])} |"


@pytest.mark.parametrize("folder", ["probe-deduction-tiny", "probe-deduction-stories"])
def test_the_tables_are_what_was_measured(folder: str) -> None:
    found = arms(folder)
    assert [arm["name"] for arm in found] == ["Base at once", "Base prompted", "After GRPO", "Distilled"]
    assert all(row(arm) in PAGE for arm in found)


def test_no_arm_deduces_and_every_arm_is_misled() -> None:
    for arm in arms("probe-deduction-tiny"):
        assert arm["pattern_matching_share"]["reason"] == "the familiar version is at chance"
        misled = next(each for each in arm["versions"] if each["version"] == "distracted")
        assert misled["interval"][1] < misled["chance"]


def test_the_cost_of_a_clause_is_what_was_measured() -> None:
    found = json.loads((RESULTS / "probe-deduction-stories" / "deduction.json").read_text(encoding="utf-8"))
    told = re.search(r"takes most of it away: ([\d.]+)\s+points after GRPO, ([\d.]+) distilled", PAGE)
    lost = {each["within"]: each for each in found["version_differences"] if each["b"] == "distracted"}
    assert told is not None
    for name, points in zip(("After GRPO", "Distilled"), told.groups(), strict=True):
        assert f"{-100 * lost[name]['delta']:.1f}" == points
        assert lost[name]["holm_p_value"] < 0.001
