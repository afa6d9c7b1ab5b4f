"""The real files, where they are: every row is read, and every gold is right against itself.

They are not part of the project. `PONDER_DATA` names the folder with `gsm8k_test.jsonl`, `gsm8k_train.jsonl`
(openai/grade-school-math) and `HumanEval.jsonl.gz` (openai/human-eval).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fakes import completion
from sandboxes import level_or_skip

from ponder.jsonl import read_rows
from ponder.records import Verdict
from ponder.tasks.files import FileTask, read_problems


def published(name: str) -> Path:
    folder = os.environ.get("PONDER_DATA")
    if not folder:
        pytest.skip("PONDER_DATA is not set: it names the folder with the published files")
    return Path(folder) / name


def verdict(task: FileTask, number: int, text: str) -> Verdict:
    return task.judge(task.items[number], completion(text)).verdict


@pytest.mark.parametrize(("name", "count"), [("gsm8k_test.jsonl", 1319), ("gsm8k_train.jsonl", 7473)])
def test_gsm8k(name: str, count: int) -> None:
    task = read_problems(published(name), task="gsm8k")
    assert (task.layout, len(task.items)) == ("GSM8K", count)
    for number, problem in enumerate(task.items):
        assert verdict(task, number, f"So \\boxed{{{problem.answer}}}.") is Verdict.CORRECT, problem
        assert verdict(task, number, f"So \\boxed{{{problem.answer}1}}.") is not Verdict.CORRECT, problem


@pytest.mark.parametrize(
    "every", [pytest.param(8, id="a sample"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
def test_human_eval(every: int) -> None:
    level_or_skip("auto")
    path = published("HumanEval.jsonl.gz")
    task = read_problems(path, task="human-eval")
    rows = [row for _, row in read_rows(path)]
    assert (task.layout, len(task.items)) == ("HumanEval", 164)
    assert [problem.id for problem in task.items] == [row["task_id"] for row in rows]
    for number in range(0, len(rows), every):
        prompt, solution = rows[number]["prompt"], rows[number]["canonical_solution"]
        assert verdict(task, number, f"```python\n{prompt}{solution}```") is Verdict.CORRECT, rows[number]
        assert verdict(task, number, f"```python\n{solution}```") is Verdict.CORRECT, rows[number]
        assert verdict(task, number, f"```python\n{prompt}    return None\n```") is Verdict.WRONG, rows[
            number
        ]
