"""Problems from a JSONL file, in the layouts the field uses.

A line is an object with a question (`question`, `problem` or `prompt`) and an answer (`answer`, `target`
or `solution`). GSM8K's answers end in `#### 42`, MATH's solutions in a box; the gold is what stands there.
A file has no splits of its own: whoever passes it says what it is for.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError
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
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise DataError(f"there is no file {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as UTF-8 text: {error}") from error
    items = tuple(
        _problem(line, f"{path}, line {n}", n, task) for n, line in enumerate(lines, 1) if line.strip()
    )
    if not items:
        raise DataError(f"{path} holds no problems")
    return FileTask(task, items)


def _problem(line: str, where: str, number: int, task: str) -> Problem:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: not valid JSON ({error.msg} at column {error.colno})") from error
    if not isinstance(row, dict):
        raise DataError(f"{where}: expected an object with a question and an answer")
    fields = cast(Mapping[str, Any], row)
    question = _first(fields, QUESTION_KEYS, where)
    answer = _first(fields, ANSWER_KEYS, where)
    key = canonical_key(question)
    return Problem(
        id=f"{task}-{number}",
        question=question,
        answer=extract_answer(answer) or answer.strip(),
        task=task,
        key=key,
    )


def _first(fields: Mapping[str, Any], keys: tuple[str, ...], where: str) -> str:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, (str, int, float)) and str(value).strip():
            return str(value)
    raise DataError(f"{where}: no {' or '.join(keys)} found")
