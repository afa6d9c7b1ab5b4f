"""The audit: every judge's opinion, the rates where there are labels, and broken files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ponder.errors import DataError
from ponder.evaluation.grader_audit import audit, read_cases

ROWS: list[dict[str, Any]] = [
    {"gold": "1/2", "response": "so \\boxed{0.5}", "label": True},
    {"gold": "3", "response": "\\boxed{1=2=3}", "label": False},
    {"gold": "3", "response": "\\boxed{3\\%}", "label": False},
    {"gold": "7", "response": "<think>\n\\boxed{7}\n</think>\n\\boxed{8}", "label": False},
    {"gold": "18", "response": "#### 18", "label": True},
    {"gold": 42, "completion": "\\boxed{42}"},
]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_judges_are_compared_case_by_case(tmp_path: Path) -> None:
    found = audit(read_cases(write(tmp_path / "a.jsonl", ROWS)))
    assert found.paid["ponder"] == [True, False, False, False, True, True]
    assert found.paid["equality"] == [False, False, False, False, True, True]
    assert found.paid["math-verify"][0] is True
    assert found.paid["math-verify"][3] is False
    told = found.to_json()
    assert (told["n"], told["labelled"]) == (6, 5)
    assert 0 in found.disagreements and 5 not in found.disagreements
    assert told["disagreements"][0]["paid_by"] == [name for name, paid in found.paid.items() if paid[0]]


def test_rates_need_labels(tmp_path: Path) -> None:
    found = audit(read_cases(write(tmp_path / "a.jsonl", ROWS)))
    ours, plain = found.rates("ponder"), found.rates("equality")
    assert ours["false_positives"]["count"] == 0 and ours["false_positives"]["of"] == 3
    assert ours["false_negatives"]["count"] == 0 and ours["false_negatives"]["of"] == 2
    assert plain["false_negatives"]["count"] == 1
    assert ours["false_positives"]["interval"][1] > 0.3, "three cases prove little"
    bare = audit(read_cases(write(tmp_path / "b.jsonl", ROWS[-1:])))
    assert bare.rates("ponder") == {
        "judge": "ponder",
        "paid": 1,
        "false_positives": None,
        "false_negatives": None,
    }


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds nothing to audit"),
        ([{"gold": "1"}], "line 1: no text under response"),
        ([{"response": "1"}], "line 1: no text under gold"),
        ([{"gold": "1", "response": "1", "label": "yes"}], "line 1: the label should be true or false"),
        ([{"gold": True, "response": "1"}], "line 1: no text under gold"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, rows: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_cases(write(tmp_path / "a.jsonl", rows))


def test_an_answer_that_math_verify_does_not_end_on_is_not_taken(tmp_path: Path) -> None:
    found = audit(read_cases(write(tmp_path / "a.jsonl", [{"gold": "3", "response": "$9^{9^{9^{9}}}$"}])))
    assert found.paid["math-verify"] == [False]
