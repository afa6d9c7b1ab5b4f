"""What docs/overthinking.md says of the embedded model, held to the committed result files."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from readme_figures import RESULTS

from ponder.evaluation import formatting
from ponder.evaluation.budget_outcomes import read_outcomes

PAGE = (RESULTS.parent / "overthinking.md").read_text(encoding="utf-8")


def tasks(folder: str) -> dict[str, dict[str, Any]]:
    found = json.loads((RESULTS / folder / "overthinking.json").read_text(encoding="utf-8"))
    assert found["budgets"] == [0, 4, 8, 12, 16, 24, 32, 48, 64, 96] and found["traces"] == 1600
    return {task["name"]: task for task in found["tasks"]}


BASE, TRAINED = tasks("overthinking-tiny"), tasks("overthinking-grpo")
ANSWERS = {"yes": "think", "no need": "answer at once", "no, it does harm": "do not think"}


@pytest.mark.parametrize("name", BASE)
def test_the_table_is_what_was_measured(name: str) -> None:
    found = re.search(rf"^\| `{name}` \| (.*) \|$", PAGE, re.MULTILINE)
    assert found
    once, whole, answer, sufficient, tax, trained, trained_tax = found[1].split(" | ")
    base, after = BASE[name], TRAINED[name]
    assert once == formatting.percent(base["at_once"]["accuracy"]["value"])
    assert whole == formatting.percent(base["solved"]["value"])
    assert ANSWERS[answer] == base["should_i_think"] == after["should_i_think"]
    assert sufficient == shown(base["sufficient"]) and tax == shown(base["tax"])
    assert trained == formatting.percent(after["solved"]["value"])
    assert float(trained_tax) == round(after["tax"]["value"], 1)


def shown(estimate: dict[str, float | None]) -> str:
    value = estimate["value"]
    return formatting.DASH if value is None else formatting.count(value)


def test_sums_waste_on_what_is_never_right_until_reinforcement_learning() -> None:
    for name in ("arithmetic", "word-problems", "programs"):
        assert BASE[name]["spent"]["futile"]["value"] == pytest.approx(0.55, abs=0.01)
        assert 0.06 <= TRAINED[name]["spent"]["futile"]["value"] <= 0.09
        assert BASE[name]["tax"]["high"] < 1.1


def test_the_tax_grew_where_thinking_gains_nothing() -> None:
    for name in ("deduction", "lookup"):
        assert TRAINED[name]["tax"]["value"] / BASE[name]["tax"]["value"] == pytest.approx(1.5, abs=0.12)


def test_thinking_breaks_what_needs_none() -> None:
    assert BASE["deduction"]["broken"]["value"] == pytest.approx(0.315)
    copied, translated = BASE["copying"]["depths"][0], BASE["dictionary"]["depths"][0]
    assert copied["problems"] == 8 and copied["at_once"]["accuracy"]["value"] == 7 / 8
    assert translated["at_once"]["accuracy"]["value"] == pytest.approx(0.562, abs=0.001)
    assert copied["solved"]["value"] == translated["solved"]["value"] == 0
    assert BASE["dictionary"]["depths"][1]["at_once"]["accuracy"]["value"] == 0


def test_of_two_numbers_it_copies_those_that_are_sorted() -> None:
    rows = read_outcomes(RESULTS / "overthinking-tiny" / "outcomes.jsonl.gz")
    assert len(rows) == 1600
    pairs = [row for row in rows if row.task == "copying" and row.depth == 2 and row.gold[0].isdigit()]
    right: dict[bool, list[bool]] = {True: [], False: []}
    for row in pairs:
        first, second = map(int, row.gold.split())
        right[first < second].append(row.direct is not None and row.direct.correct)
    assert (sum(right[True]), len(right[True])) == (38, 39)
    assert (sum(right[False]), len(right[False])) == (0, 33)


def test_a_thought_closed_at_once_is_no_answer_at_once() -> None:
    ordering = BASE["ordering"]
    assert ordering["at_once"]["accuracy"]["value"] == 0.845
    assert ordering["curve"][0]["accuracy"]["value"] == 0.495
    assert round(ordering["written_on"]) == 18 and round(TRAINED["programs"]["written_on"]) == 21
    assert TRAINED["programs"]["curve"][0]["accuracy"]["value"] > 0.5
