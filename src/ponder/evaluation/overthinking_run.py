"""Runs the overthinking probe: traces of every task, one grid of budgets, an answer at each.

All traces are drawn before the first is cut, so that the budgets can follow from how long this model thinks
about these problems. Does not know what a sampler is made of, nor how results are shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from ponder.errors import ConfigError, ModelError
from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.truncated_traces import Trace, TruncatedTraces
from ponder.progress import Progress
from ponder.protocols import Task
from ponder.records import Problem
from ponder.text.chat_format import THINK_OPEN

POINTS = 9
"""Budgets above 0, where none are given, up to what `MOST` of the traces took."""
MOST = 0.98
Asked = tuple[Task, Sequence[Problem]]


def run_overthinking(
    asked: Sequence[Asked],
    cutter: TruncatedTraces,
    *,
    budgets: Sequence[int] = (),
    model: str = "the model",
    progress: Progress,
) -> tuple[ProblemOutcomes, ...]:
    """One row a problem and sample, task by task; without `budgets` they are chosen by `choose_budgets`.

    Raises `ModelError` for a model that never thinks between markers.
    """
    samples = cutter.config.samples
    traces: list[list[Trace]] = []
    with progress.stage("traces", samples * sum(len(problems) for _, problems in asked)) as advance:
        for _, problems in asked:
            traces.append(cutter.draw(problems, advance))
    drawn = [trace for each in traces for trace in each]
    if not any(trace.began for trace in drawn):
        raise ModelError(
            f"{model} opened no thinking with {THINK_OPEN} in {len(drawn)} completions, so there is nothing "
            "to cut: give a reasoning model, or train one (ponder train)"
        )
    grid = check_budgets(budgets or choose_budgets(drawn, cutter.config.largest))
    progress.say(f"budgets: {', '.join(map(str, grid))} tokens of thinking")
    calls = sum(cutter.calls(each, grid) for each in traces)
    rows: list[ProblemOutcomes] = []
    with progress.stage("answers", calls) as advance:
        for (task, _), each in zip(asked, traces, strict=True):
            rows += cutter.answer(task, each, grid, advance)
    return tuple(rows)


def parse_budgets(text: str) -> tuple[int, ...]:
    """`0,8,16` as numbers."""
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"-?[0-9]{1,9}", part) for part in parts):
        raise ConfigError(f"the budgets {text!r} should be whole numbers with commas between them: 0,8,16,32")
    return check_budgets([int(part) for part in parts])


def check_budgets(budgets: Sequence[int]) -> tuple[int, ...]:
    """The same, if there are two at least, none negative, each above the one before."""
    shown = ",".join(map(str, budgets))
    if min(budgets, default=0) < 0:
        raise ConfigError(f"the budgets {shown} hold a negative number: the least is 0, no thinking")
    if any(low >= high for low, high in pairwise(budgets)):
        raise ConfigError(f"the budgets {shown} should ascend, each once")
    if len(budgets) < 2:
        raise ConfigError(f"the budgets {shown} should be two at least: there is nothing to compare")
    return tuple(budgets)


def choose_budgets(traces: Sequence[Trace], largest: int) -> tuple[int, ...]:
    """0, then powers of two and the numbers half-way between them up to what most traces took, then what the
    longest took: one that goes round in circles shall not coarsen the grid."""
    lengths = sorted(min(trace.thought, largest) for trace in traces)
    most = lengths[math.ceil(MOST * (len(lengths) - 1))]
    steps = [2]
    while steps[-1] < most:
        steps.append(steps[-1] * 3 // 2 if steps[-1] & (steps[-1] - 1) == 0 else steps[-1] * 4 // 3)
    return (0, *dict.fromkeys(min(step, largest) for step in (*steps[-POINTS:], max(steps[-1], lengths[-1]))))
