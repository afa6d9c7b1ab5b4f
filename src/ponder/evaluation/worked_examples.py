"""Gives problems the worked examples that few-shot prompts show: of the task's train split, the same for all.

None of them is among the problems measured: their canonical keys differ. The seed decides which they are, and
their order. Where the task is one file, they come from the part of it that is not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ponder.errors import ConfigError
from ponder.protocols import Strategy, Task
from ponder.records import Problem
from ponder.scaling.chains import shots_of


def with_examples(
    strategy: Strategy, task: Task, problems: Sequence[Problem], *, seed: int
) -> Sequence[Problem]:
    """Problems with `meta["examples"]` if the strategy shows some. `ConfigError` if they are too few."""
    shots = shots_of(strategy)
    if not shots:
        return problems
    measured = {problem.key for problem in problems}
    drawn = task.problems(split="train", count=shots + len(problems), seed=seed)
    worked = [each for each in drawn if each.meta.get("worked")]
    examples = tuple([each for each in worked if each.key not in measured][:shots])
    if len(examples) < shots:
        why = "beside the problems measured: lower the limit, or give a file of others with --examples"
        told = why if worked else "at all: choose chain-of-thought"
        raise ConfigError(
            f"{strategy.name} shows {shots} worked examples, and {task.name} has {len(examples)} {told}"
        )
    return [replace(each, meta={**each.meta, "examples": examples}) for each in problems]
