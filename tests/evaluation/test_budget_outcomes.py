"""Outcomes by budget, written and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.evaluation.budget_outcomes import BudgetOutcome, ProblemOutcomes, outcome_lines, read_outcomes

counts = st.integers(0, 10_000)


@st.composite
def outcomes(draw: st.DrawFn, budget: int | None = None) -> BudgetOutcome:
    return BudgetOutcome(
        budget=draw(counts) if budget is None else budget,
        correct=draw(st.booleans()),
        tokens=draw(counts),
        thinking=draw(counts),
        answer=draw(st.text(max_size=8)),
        seen=draw(counts),
    )


@st.composite
def files(draw: st.DrawFn) -> list[ProblemOutcomes]:
    budgets = sorted(draw(st.sets(counts, min_size=1, max_size=5)))
    names = draw(st.lists(st.text(), min_size=1, max_size=4, unique=True))
    return [
        ProblemOutcomes(
            id=name,
            task=draw(st.text()),
            question=draw(st.text()),
            outcomes=tuple(draw(outcomes(budget)) for budget in budgets),
            depth=draw(st.none() | counts),
            gold=draw(st.text()),
            sample=draw(counts),
            natural=draw(st.none() | counts),
            thought=draw(st.text()),
            direct=draw(st.none() | outcomes()),
        )
        for name in names
    ]


@given(rows=files())
def test_what_was_written_is_read(rows: list[ProblemOutcomes], tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("outcomes") / "outcomes.jsonl"
    path.write_text(outcome_lines(rows), encoding="utf-8")
    assert read_outcomes(path) == tuple(rows)


ROW: dict[str, Any] = {
    "id": "a",
    "task": "t",
    "question": "q",
    "outcomes": [{"budget": 0, "correct": False, "tokens": 3}, {"budget": 8, "correct": True, "tokens": 11}],
}


def written(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "outcomes.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_line_needs_no_more_than_what_was_right_and_what_it_cost(tmp_path: Path) -> None:
    (row,) = read_outcomes(written(tmp_path, {**ROW, "somebody's own": 1}))
    assert row.budgets == (0, 8)
    assert (row.depth, row.direct, row.natural, row.sample) == (None, None, None, 0)
    assert row.last == BudgetOutcome(budget=8, correct=True, tokens=11)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"outcomes": []}, "line 2: not the outcomes of a problem .*there must be one"),
        ({"outcomes": ROW["outcomes"][::-1]}, "line 2: .*must ascend"),
        ({"outcomes": [{"budget": 0, "correct": 1, "tokens": 3}]}, "correct should be true or false"),
        ({"outcomes": [{"budget": -1, "correct": True, "tokens": 3}]}, "budget should be a whole number"),
        ({"outcomes": [{"budget": 0, "correct": True}]}, "line 2: .*tokens"),
        ({"outcomes": [3]}, "line 2: not the outcomes"),
        ({"outcomes": [{"correct": True, "tokens": 3}]}, "line 2: .*budget"),
        ({"outcomes": ROW["outcomes"][:1]}, r"its budgets are \(0,\), those above have \(0, 8\)"),
        ({"id": 4}, "id should be text"),
        ({"depth": "deep"}, "depth should be a whole number"),
        ({"id": "a"}, "'a' stands in .*line 1 already"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    path = written(tmp_path, ROW, {**ROW, "id": "b", **change})
    with pytest.raises(DataError, match=complaint):
        read_outcomes(path)


def test_an_empty_file_says_who_writes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no outcomes; `ponder probe overthinking`"):
        read_outcomes(written(tmp_path))
