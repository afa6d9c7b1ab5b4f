r"""Examples to imitate from a file: pairs of a prompt and a completion, or problems with worked solutions.

The first row decides. Pairs are rows with `prompt` (text or chat messages) and `completion`. Problems are in
the layouts of `tasks/files.py`, as GSM8K and MATH are published: each is put in the words that GRPO and
evaluation use too, and its completion is the worked solution between the markers of thinking, then the answer
in `\boxed{}`. GSM8K's calculator annotations are left out. Does not judge whether a solution is right.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ponder.engine.engine import Engine
from ponder.errors import ContextError, DataError, ModelError
from ponder.jsonl import Row
from ponder.records import Message, Problem
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.tasks.files import read_problems
from ponder.tasks.rows import read_any_rows
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN
from ponder.training.batch import Example
from ponder.training.sft import chat_example


def read_examples(path: Path, engine: Engine) -> list[Example]:
    """Every row of the file as an example in the engine's tokens; a broken one is named."""
    rows = read_any_rows(path)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path} holds no examples")
    if "completion" in first[1]:
        return [_of_pair(row, where, engine) for where, row in (first, *rows)]
    return [_of_problem(problem, path, engine) for problem in read_problems(path, task=path.stem).items]


def worked_completion(problem: Problem) -> str | None:
    """The problem's own solution as a model would think it, or None where the file tells none."""
    worked = problem.meta.get("worked")
    if not worked or problem.meta.get("answer_form") != "box":
        return None
    return f"{THINK_OPEN}\n{worked}\n{THINK_CLOSE}\n\\boxed{{{problem.answer}}}"


def _of_problem(problem: Problem, path: Path, engine: Engine) -> Example:
    completion = worked_completion(problem)
    if completion is None:
        raise DataError(
            f"{path}: {problem.id} has no worked solution to imitate: give rows of prompt and completion, "
            "or problems as GSM8K and MATH publish them"
        )
    try:
        return chat_example(engine, ask_for(problem, THINK_FIRST), completion)
    except (ContextError, ModelError) as error:
        raise DataError(f"{path}: {problem.id}: {error}") from error


def _of_pair(row: Row, where: str, engine: Engine) -> Example:
    try:
        prompt, completion = _messages(row["prompt"]), row["completion"]
        return chat_example(
            engine, prompt, completion if isinstance(completion, str) else completion[-1]["content"]
        )
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(f"{where}: expected a prompt and a completion, as text or chat messages") from error
    except (ContextError, ModelError) as error:
        raise DataError(f"{where}: {error}") from error


def _messages(prompt: str | list[dict[str, Any]]) -> list[Message]:
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    return [Message(turn["role"], turn["content"]) for turn in prompt]
