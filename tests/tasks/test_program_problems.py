from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import completion
from problem_files import (
    CASES,
    HUMAN_EVAL,
    LIVE_CODE_BENCH,
    LIVE_CODE_BENCH_FUNCTION,
    MBPP,
    MBPP_SANITIZED,
    Row,
    write_lines,
)
from sandboxes import level_or_skip

from ponder.errors import DataError
from ponder.records import FinishReason, Verdict
from ponder.tasks.files import FileTask, read_problems

SUM = "class Solution:\n    def total(self, numbers):\n        return sum(numbers)"
SOLUTIONS: list[tuple[Row, str, str]] = [
    (HUMAN_EVAL, HUMAN_EVAL["prompt"] + HUMAN_EVAL["canonical_solution"], "def halve(number):\n    return 2"),
    (HUMAN_EVAL, HUMAN_EVAL["canonical_solution"], "    return number"),
    (MBPP, MBPP["code"], "def letters(word):\n    return 3"),
    (MBPP_SANITIZED, MBPP_SANITIZED["code"], "def area(r):\n    return 4 * r"),
    (LIVE_CODE_BENCH, "print(2 * int(input()))", "print(4)"),
    (LIVE_CODE_BENCH_FUNCTION, SUM, SUM.replace("sum(", "max(")),
    (CASES, "def double(n):\n    return 2 * n", "def double(n):\n    return n"),
]


def read(folder: Path, *rows: Row) -> FileTask:
    return read_problems(write_lines(folder / "p.jsonl", rows), task="mine")


@pytest.mark.parametrize(("row", "right", "wrong"), SOLUTIONS)
def test_a_program_is_judged_by_the_published_tests(tmp_path: Path, row: Row, right: str, wrong: str) -> None:
    level_or_skip("auto")
    task = read(tmp_path, row)
    (problem,) = task.items
    assert problem.meta["answer_form"] == "code"
    for program, verdict in ((right, Verdict.CORRECT), (wrong, Verdict.WRONG)):
        judgement = task.judge(problem, completion(f"Like this:\n```python\n{program}\n```\nDone."))
        assert judgement.verdict is verdict, judgement.reason
        assert judgement.level
    cut = completion(f"```python\n{right}", finish=FinishReason.LENGTH)
    assert task.judge(problem, cut).verdict is Verdict.TRUNCATED
    assert task.judge(problem, completion("```python\n```")).verdict is Verdict.NO_ANSWER


@pytest.mark.parametrize("row", [row for row, _, _ in SOLUTIONS])
def test_a_question_asks_for_one_block_and_gives_nothing_away(tmp_path: Path, row: Row) -> None:
    (problem,) = read(tmp_path, row).items
    assert "in one Python code block" in problem.question
    assert "\\boxed" not in problem.question
    for key in ("canonical_solution", "code"):
        assert row.get(key, "\0") not in problem.question


def test_what_a_question_shows(tmp_path: Path) -> None:
    assert f"```python\n{HUMAN_EVAL['prompt']}```" in read(tmp_path, HUMAN_EVAL).items[0].question
    question = read(tmp_path, MBPP).items[0].question
    assert all(line in question for line in MBPP["test_list"])
    assert MBPP["challenge_test_list"][0] not in question
    assert "standard input" in read(tmp_path, LIVE_CODE_BENCH).items[0].question
    assert "class Solution:" in read(tmp_path, LIVE_CODE_BENCH_FUNCTION).items[0].question
    assert "`double`" in read(tmp_path, CASES).items[0].question


def test_the_gold_is_the_json_of_the_tests(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, HUMAN_EVAL).items
    assert json.loads(problem.answer) == {key: HUMAN_EVAL[key] for key in ("entry_point", "test", "prompt")}
    (problem,) = read(tmp_path, MBPP).items
    assert json.loads(problem.answer) == {key: MBPP[key] for key in ("test_list", "test_setup_code")}


@pytest.mark.parametrize(
    ("first", "change", "complaint"),
    [
        (HUMAN_EVAL, {"test": "assert True"}, "no function check"),
        (HUMAN_EVAL, {"test": "def check(candidate:"}, "not Python"),
        (HUMAN_EVAL, {"test": 5}, "`test` should be text"),
        (HUMAN_EVAL, {"prompt": ["a"]}, "`prompt` should be text"),
        (HUMAN_EVAL, {"entry_point": "not a name"}, "entry_point"),
        (HUMAN_EVAL, {"test": "def check(c):\n    assert c(1) == '\ud800'"}, "not Python"),
        (MBPP, {"test_list": []}, "`test_list` should be a list that is not empty"),
        (MBPP, {"test_list": "assert f(1)"}, "`test_list` should be a list"),
        (MBPP, {"test_list": ["assert 1 == 1"]}, "call no function"),
        (MBPP, {"test_list": [None]}, "`test_list` should hold lines of Python"),
        (MBPP, {"test_imports": 5}, "`test_imports` should be a list"),
        (MBPP, {"test_list": ["assert f(("]}, "not Python"),
        (LIVE_CODE_BENCH, {"private_test_cases": "eJxrYJm6gw=="}, "is packed"),
        (LIVE_CODE_BENCH, {"public_test_cases": "[{"}, "public_test_cases: not JSON"),
        (LIVE_CODE_BENCH, {"public_test_cases": "[]", "private_test_cases": "[]"}, "inputs and outputs"),
        (LIVE_CODE_BENCH, {"public_test_cases": '[{"input": "\\ud800", "output": ""}]'}, "surrogate"),
        (CASES, {"cases": []}, "cases should be a list that is not empty"),
        (CASES, {"cases": [{"args": [], "expected": json.loads("[" * 120 + "]" * 120)}]}, "nested deeper"),
        (CASES, {"cases": None}, "no cases in the layout of cases"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, first: Row, change: Row, complaint: str) -> None:
    with pytest.raises(DataError, match="line 2: ") as caught:
        read(tmp_path, first, {**first, "task_id": "other", **change})
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
