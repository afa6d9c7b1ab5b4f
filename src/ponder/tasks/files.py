"""Problems from a JSONL file, in the layouts the field uses.

A line is an object with a question (`question`, `problem` or `prompt`) and an answer (`answer`, `target`
or `solution`). GSM8K's answers end in `#### 42`, MATH's solutions in a box; the gold is what stands there.
A file has no splits of its own: whoever passes it says what it is for.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from ponder.errors import DataError
from ponder.jsonl import Row, read_rows
from ponder.records import Completion, Judgement, Problem
from ponder.tasks.split import canonical_key
from ponder.verify.extract import extract_answer, judge_completion
from ponder.verify.math import verify_math

QUESTION_KEYS = ("question", "problem", "prompt")
ANSWER_KEYS = ("answer", "target", "solution")


@dataclass(frozen=True, slots=True)
class FileTask:
    """All problems of one file."""

    name: str
    items: tuple[Problem, ...]

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        """The first `count` for seed 0, else a sample that the seed decides; fewer if the file is short."""
        if seed == 0 or count >= len(self.items):
            return list(self.items[:count])
        return random.Random(seed).sample(self.items, count)

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return judge_completion(completion, problem.answer, verify_math)


def read_problems(path: Path, *, task: str) -> FileTask:
    """Every line of a JSONL file as a problem; a broken line is an error that gives its number."""
    items = tuple(_problem(row, where, task) for where, row in read_rows(path))
    if not items:
        raise DataError(f"{path} holds no problems")
    return FileTask(task, items)


def _problem(fields: Row, where: str, task: str) -> Problem:
    question = _first(fields, QUESTION_KEYS, where)
    answer = _first(fields, ANSWER_KEYS, where)
    key = canonical_key(question)
    return Problem(
        id=f"{task}-{where.rpartition(' ')[2]}",
        question=question,
        answer=extract_answer(answer) or answer.strip(),
        task=task,
        key=key,
    )


def _first(fields: Row, keys: tuple[str, ...], where: str) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, (str, int, float)) and str(value).strip():
            return str(value)
    raise DataError(f"{where}: no {' or '.join(keys)} found")
