"""The result as an object and as Markdown."""

from __future__ import annotations

import json

from outcome_rows import GRID, row

from ponder.evaluation.overthinking_result import MEASURES, OverthinkingResult, measures
from ponder.records import Cost

ROWS = [
    *(row(f"a{n}", "--+++", task="sums", depth=1 + n % 2, direct=False) for n in range(12)),
    *(row(f"b{n}", "-----", task="riddles", length=9, direct=False) for n in range(6)),
]


def result() -> OverthinkingResult:
    return OverthinkingResult.of(ROWS, model="planted", cost=Cost(answer_tokens=7), seed=3)


def test_the_object_is_json_and_holds_every_measure() -> None:
    made = json.loads(json.dumps(result().to_json(), allow_nan=False))
    assert (made["model"], made["seed"], made["problems"]) == ("planted", 3, 18)
    assert made["budgets"] == list(GRID) and made["cost"]["answer_tokens"] == 7
    sums, riddles = made["tasks"]
    assert sums["should_i_think"] == "think" and sums["sentence"].startswith("Yes")
    assert sums["sufficient"]["value"] == 4 and sums["tax"]["value"] == 12
    assert sums["enough_budget"] == sums["best_budget"] == 4
    assert sums["gain"]["helped"] == 12 and sums["gain"]["harmed"] == 0
    assert [point["budget"] for point in sums["curve"]] == list(GRID)
    assert sums["curve"][0]["starvation"]["value"] == 1
    assert "efficiency" not in sums["at_once"] and sums["at_once"]["in_its_own_words"]
    assert [each["name"] for each in sums["depths"]] == ["depth 1", "depth 2"]
    assert sum(each["problems"] for each in sums["depths"]) == 12
    assert riddles["sufficient"] == {"value": None, "low": None, "high": None}
    assert riddles["natural_stop"] == 9 and riddles["depths"] == []
    assert riddles["spent"]["futile"]["value"] == 1


def test_the_markdown_is_the_answer_and_two_tables() -> None:
    text = result().to_markdown()
    assert text.startswith("# Should planted think here?\n\nThink on sums;")
    assert "- **sums.** Yes:" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 * 4
    for table in (rows[:4], rows[4:]):
        assert len({line.count("|") for line in table}) == 1
    assert rows[0].count("|") == len(MEASURES) + 1


def test_a_row_of_measures_has_a_cell_for_each_heading() -> None:
    for found in result().tasks:
        cells = measures(found)
        assert len(cells) == len(MEASURES)
        assert all(cells)
