"""Problems from a file, in the layouts that benchmarks are published in.

The layout is recognised from the keys of the first row, and every other row has to have it too: a row that
has lost its choices is an error, not a problem of another kind. Only files of short answers may mix layouts.
The rows may be JSON lines, a JSON array or Parquet (`rows.py`). A file has no splits of its own: whoever
passes it says what it is for.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from ponder.errors import DataError
from ponder.jsonl import Row
from ponder.records import Completion, Judgement, Problem
from ponder.tasks.layout import Fields, Layout, shown
from ponder.tasks.multiple_choice import ARC, GPQA, HELLA_SWAG, MMLU
from ponder.tasks.program_problems import HUMAN_EVAL, LIVE_CODE_BENCH, MBPP, OWN_CASES
from ponder.tasks.rows import read_any_rows
from ponder.tasks.short_answers import AIME, ANY_PAIR, GSM8K, MATH
from ponder.tasks.split import canonical_key
from ponder.verify.choice import verify_choice
from ponder.verify.extract import judge_completion
from ponder.verify.fenced import judge_fenced
from ponder.verify.math import verify_math
from ponder.verify.program import ProgramVerifier

LAYOUTS: tuple[Layout, ...] = (
    HUMAN_EVAL, MBPP, LIVE_CODE_BENCH, OWN_CASES, GPQA, HELLA_SWAG, ARC, MMLU, MATH, AIME, GSM8K, ANY_PAIR,
)  # fmt: skip
"""Those with more keys before those whose keys they hold too."""


@dataclass(frozen=True, slots=True)
class FileTask:
    """All problems of one file.

    A problem's `meta` has `layout` (the layout's name) and `answer_form` (`box`, `letter` or `code`, see
    `layout.py`), for multiple choice `choices` (letter to text), and what else the file tells: `level`,
    `subject`, `entry_point`, and `worked`, the solution in steps.
    """

    name: str
    items: tuple[Problem, ...]
    layout: str
    """The name of the first row's."""
    training: tuple[Problem, ...] | None = None
    """Those of the split `train`, where another file holds them."""

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        """The first `count` for seed 0, else a sample that the seed decides; fewer if the file is short."""
        items = self.training if split == "train" and self.training is not None else self.items
        if seed == 0 or count >= len(items):
            return list(items[:count])
        return random.Random(seed).sample(items, count)

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        match problem.meta.get("answer_form"):
            case "code":
                return judge_fenced(completion, problem.answer, ProgramVerifier())
            case "letter":
                choices = problem.meta["choices"]
                return judge_completion(
                    completion, problem.answer, lambda answer, gold: verify_choice(answer, gold, choices)
                )
            case _:
                return judge_completion(completion, problem.answer, verify_math)


def read_problems(path: Path, *, task: str, training: Path | None = None) -> FileTask:
    """Every row of a file as a problem; `training` is another file, for the split `train`.

    Raises `DataError` with the place of a row that is broken.
    """
    layout: Layout | None = None
    places, items = dict[str, str](), list[Problem]()
    for where, row in read_any_rows(path):
        layout = layout or recognise(row, where)
        problem = _problem(_layout_of(row, layout, where), Fields(row, where), task)
        if problem.id in places:
            raise DataError(f"{where}: its id {problem.id!r:.60} is that of {places[problem.id]} too")
        places[problem.id] = where
        items.append(problem)
    if layout is None:
        raise DataError(f"{path} holds no problems")
    held = None if training is None else read_problems(training, task=task).items
    return FileTask(task, tuple(items), layout.name, held)


def recognise(row: Row, where: str) -> Layout:
    """The layout of a row. Raises `DataError` that names the keys found and those looked for."""
    if layout := _fitting(row):
        return layout
    known = ", ".join(f"{layout.name} ({layout.shown_keys})" for layout in LAYOUTS)
    raise DataError(f"{where}: its keys, {shown(row)}, fit no layout; looked for {known}")


def _fitting(row: Row) -> Layout | None:
    return next((layout for layout in LAYOUTS if layout.fits(row)), None)


def _layout_of(row: Row, usual: Layout, where: str) -> Layout:
    """The file's layout, or where answers are short another of that kind."""
    missing = usual.missing(row)
    if not missing:
        return usual
    other = _fitting(row) if usual.form == "box" else None
    if other is None or other.form != "box":
        wanted = " or ".join(missing)
        raise DataError(f"{where}: no {wanted} in the layout of {usual.name}; its keys are {shown(row)}")
    return other


def _problem(layout: Layout, fields: Fields, task: str) -> Problem:
    """With the row as it stands, for rewards that ask for more of its columns."""
    draft = layout.read(fields)
    return Problem(
        id=fields.published_id() or f"{task}-{fields.where.rpartition(' ')[2]}",
        question=draft.question,
        answer=draft.answer,
        task=task,
        key=canonical_key(draft.question),
        meta={"row": fields.row, "layout": layout.name, "answer_form": layout.form, **draft.meta},
    )
