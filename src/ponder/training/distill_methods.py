"""The ways to distill, by the name that a recipe gives as `method`.

    traces              fine-tuned on the teacher's right completions            (distill.py)
    logits              the same completions, the teacher's probabilities        (logit_distillation.py)
    on-policy           the student's own completions, the teacher's probabilities (on_policy_distillation.py)
    expert-iteration    the student's own right completions, in rounds           (expert_iteration.py)

The second and third need the teacher's weights and its tokenizer; the last asks no teacher. Each takes a
`Lesson` and returns what it took and its figures; none saves the student.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from ponder.engine.engine import Engine
from ponder.errors import ConfigError
from ponder.model.layer_dropping import drop_layers
from ponder.progress import Progress
from ponder.protocols import Sampler, Task
from ponder.records import Cost, Problem
from ponder.training.distill import DistillConfig, train_student
from ponder.training.expert_iteration import ExpertIterationConfig, expert_iteration
from ponder.training.keeper import Keeper
from ponder.training.logit_distillation import LogitConfig, check_same_tokenizer, logit_loss
from ponder.training.loop import Log, train
from ponder.training.on_policy_distillation import OnPolicyConfig, train_on_policy
from ponder.training.sft import SFTBatches, chat_example
from ponder.training.teacher_logprobs import FOLDER, teach_examples
from ponder.training.traces import Trace, TraceCounts, gather_traces

ROUNDS = "rounds"
Evaluate = Callable[[Engine, Task, list[Problem], int], Sequence[bool]]
"""Which problems an engine that thinks answers rightly, with a limit of tokens per completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Who teaches whom what, and where figures and files go."""

    teacher: Sampler
    teacher_name: str
    student: Engine
    task: Task
    config: DistillConfig
    """With the run's seed added."""
    seed: int
    """Of the run: it draws the problems."""
    folder: Path
    make_keeper: Callable[[str], Keeper]
    """For a stage of training; without a name when there is only one."""
    logger: Callable[[Callable[[int], None]], Log]
    progress: Progress
    evaluate: Evaluate
    keepers: dict[str, Keeper] = field(default_factory=dict[str, Keeper])

    def keeper(self, stage: str = "") -> Keeper:
        return self.keepers.setdefault(stage, self.make_keeper(stage))

    def problems(self) -> list[Problem]:
        return self.task.problems(split="train", count=self.config.problems, seed=self.seed)


Taken = tuple[Cost, dict[str, Any]]


def weights_of(teacher: Sampler, student: Engine, method: str) -> Engine:
    """The teacher as a model of this process, with the student's tokenizer."""
    if not isinstance(teacher, Engine):
        raise ConfigError(
            f"method = \"{method}\" needs the teacher's weights: give a model's name or folder instead of "
            'an endpoint, or take method = "traces"'
        )
    check_same_tokenizer(teacher, student)
    return teacher


def ask_teacher(lesson: Lesson) -> tuple[list[Trace], Cost, TraceCounts]:
    """The teacher's right completions, from the journal where they are there."""
    config = lesson.config
    with lesson.progress.stage("the teacher's completions", config.problems * config.samples) as advance:
        gathered = gather_traces(
            lesson.problems(),
            lesson.teacher,
            lesson.task,
            config,
            lesson.folder,
            on_progress=advance,
            teacher_name=lesson.teacher_name,
        )
    lesson.progress.say(str(gathered[-1]))
    return gathered


def from_traces(lesson: Lesson) -> Taken:
    config = lesson.config
    traces, asked, counts = ask_teacher(lesson)
    with lesson.progress.stage("steps", config.sft.loop.steps) as advance:
        log = lesson.logger(advance)
        taken = train_student(lesson.student, traces, config, log=log, keeper=lesson.keeper())
    return asked + taken, {"traces": float(counts.kept), "counts": asdict(counts)}


def from_logits(lesson: Lesson) -> Taken:
    config, student, teacher = (
        lesson.config,
        lesson.student,
        weights_of(lesson.teacher, lesson.student, lesson.config.method),
    )
    logits, sft = config.logits or LogitConfig(), config.sft
    traces, asked, counts = ask_teacher(lesson)
    examples = [chat_example(student, trace.prompt, trace.completion) for trace in traces]
    with lesson.progress.stage("examples with the teacher's probabilities", len(examples)) as advance:
        taught, spoken = teach_examples(
            teacher,
            examples,
            logits,
            lesson.folder / FOLDER,
            teacher_name=lesson.teacher_name,
            on_progress=advance,
        )
    batches, loss_fn = SFTBatches(examples, sft), logit_loss(sft, logits, taught)
    with lesson.progress.stage("steps", sft.loop.steps) as advance:
        log, keeper = lesson.logger(advance), lesson.keeper()
        taken = train(student.transformer, batches, loss_fn, sft.loop, log=log, keeper=keeper)
    return asked + spoken + taken, {"traces": float(counts.kept), "counts": asdict(counts)}


def on_policy(lesson: Lesson) -> Taken:
    config, teacher = lesson.config, weights_of(lesson.teacher, lesson.student, lesson.config.method)
    with lesson.progress.stage("steps", config.sft.loop.steps) as advance:
        cost = train_on_policy(
            lesson.student,
            teacher,
            lesson.problems(),
            config.on_policy or OnPolicyConfig(),
            config.sft.loop,
            seed=config.seed,
            log=lesson.logger(advance),
            keeper=lesson.keeper(),
        )
    return cost, {}


def by_expert_iteration(lesson: Lesson) -> Taken:
    config, task = lesson.config, lesson.task
    rounds = config.expert_iteration or ExpertIterationConfig()
    heldout = task.problems(split="validation", count=rounds.heldout, seed=lesson.seed)
    watched = {problem.key for problem in heldout}  # a file has no splits
    drawn = task.problems(split="train", count=config.problems + len(heldout), seed=lesson.seed)

    def accuracy(engine: Engine) -> float:
        right = lesson.evaluate(engine, task, heldout, config.max_tokens)
        return sum(right) / len(right)

    before = accuracy(lesson.student)
    with lesson.progress.stage("steps", config.sft.loop.steps * rounds.rounds) as advance:
        cost, done = expert_iteration(
            lesson.student,
            [problem for problem in drawn if problem.key not in watched][: config.problems],
            task,
            rounds,
            config,
            config.sft,
            lesson.folder / ROUNDS,
            keeper_of=lesson.keeper,
            accuracy=accuracy,
            log=lesson.logger(advance),
        )
    after = {"accuracy_before": before, "accuracy_after": done[-1].accuracy}
    return cost, {**after, "rounds": [asdict(each) for each in done]}


METHODS: Mapping[str, Callable[[Lesson], Taken]] = {
    "traces": from_traces,
    "logits": from_logits,
    "on-policy": on_policy,
    "expert-iteration": by_expert_iteration,
}
NEED_WEIGHTS = ("logits", "on-policy")
"""Methods for which an endpoint cannot be the teacher."""


def cut_student(teacher: Sampler, config: DistillConfig) -> Engine | None:
    """The student whose first weights are some of the teacher's layers, if the recipe asks for one."""
    if config.student_layers is None:
        return None
    if not isinstance(teacher, Engine):
        raise ConfigError("student_layers needs the teacher's weights: give a model's name or folder")
    model = drop_layers(
        teacher.transformer, config.student_layers, mlp_width=config.student_mlp_width, dtype=torch.float32
    )
    return Engine(model, teacher.tokenizer, teacher.template, name=f"{teacher.name}-{config.student_layers}")


def seeded(config: DistillConfig, seed: int) -> DistillConfig:
    """The seeds of a recipe's sections count from the run's."""
    sft = replace(config.sft, seed=seed + config.sft.seed)
    return replace(config, seed=seed + config.seed, sft=sft)
