"""The families of problems, one per file, and the table that names them."""

from pathlib import Path

from ponder.errors import ConfigError
from ponder.protocols import Task
from ponder.tasks.arithmetic import Arithmetic
from ponder.tasks.copying import Copying
from ponder.tasks.deduction import Deduction
from ponder.tasks.dictionary import Dictionary
from ponder.tasks.family import Family, GeneratedTask
from ponder.tasks.files import read_problems
from ponder.tasks.gym import PREFIX, open_gym
from ponder.tasks.lookup import Lookup
from ponder.tasks.ordering import Ordering
from ponder.tasks.programs import Programs
from ponder.tasks.word_problems import WordProblems

FAMILIES: dict[str, Family] = {
    family.name: family for family in (Arithmetic(), WordProblems(), Deduction(), Ordering(), Programs())
}
ONE_STEP: dict[str, Family] = {family.name: family for family in (Copying(), Dictionary(), Lookup())}
"""Where thinking should not help. No part of `mixed`, nor of what the embedded model learned from."""
SIZES = (1, 2, 3)
"""Their depths: a problem that needs no thinking is a short one."""
TASKS: dict[str, GeneratedTask] = {name: GeneratedTask(name, (family,)) for name, family in FAMILIES.items()}
TASKS.update((name, GeneratedTask(name, (family,), SIZES)) for name, family in ONE_STEP.items())
TASKS["mixed"] = GeneratedTask("mixed", tuple(FAMILIES.values()))
TASKS["one-step"] = GeneratedTask("one-step", tuple(ONE_STEP.values()), SIZES)


def load_task(name: str, data: Path | None = None, *, training: Path | None = None) -> Task:
    """A generated task by name, one of reasoning-gym as `gym:NAME`, or any name with a file of problems.

    `training` is a second file, with the problems of the split `train`.
    """
    if data is not None:
        return read_problems(data, task=name, training=training)
    if training is not None:
        raise ConfigError(f"{training} goes with a file of problems: give that with --data FILE")
    if name.startswith(PREFIX):
        return open_gym(name)
    if name not in TASKS:
        raise ConfigError(
            f"unknown task {name!r}; known: {', '.join(TASKS)}, {PREFIX}NAME of reasoning-gym, "
            "or give its problems with --data FILE"
        )
    return TASKS[name]
