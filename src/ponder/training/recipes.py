"""What a training recipe holds, and how each kind runs from start to saved model.

Evaluation is passed in as a callable: training does not know how a model is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.engine.save import save_model
from ponder.errors import ConfigError
from ponder.model.lora import LoRAConfig, add_lora
from ponder.model.peft_format import save_adapter
from ponder.protocols import Sampler, Task
from ponder.training.adapter_card import ADAPTER
from ponder.training.batch import Example
from ponder.training.distill import DistillConfig
from ponder.training.distill_methods import METHODS, NEED_WEIGHTS, Evaluate, Lesson, weights_of
from ponder.training.episodes import solved
from ponder.training.grpo import GRPOConfig, train_grpo
from ponder.training.guard import GuardConfig
from ponder.training.keeper import Keeper
from ponder.training.loop import Log
from ponder.training.rollout_batches import load_turns
from ponder.training.rollout_journal import RolloutJournal
from ponder.training.sft import SFTConfig, train_sft
from ponder.training.trackers import TrackerName


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTRecipe:
    data: Path
    """Rows of `prompt` (text or chat messages) and `completion`, or problems with worked solutions."""
    sft: SFTConfig
    model: str = "tiny"
    seed: int = 0
    """Of the whole run; a seed within [sft] is added to it."""
    lora: LoRAConfig | None = None
    """Train an adapter instead of the weights themselves; an empty [lora] takes its defaults."""
    guard: GuardConfig = field(default_factory=GuardConfig)
    log: TrackerName = "jsonl"
    """Where figures go besides metrics.jsonl."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPORecipe:
    grpo: GRPOConfig
    model: str = "tiny"
    task: str = "mixed"
    data: Path | None = None
    problems: int = 4000
    """Training problems to draw from."""
    heldout: int = 200
    """Validation problems for the accuracy on the way, never trained on."""
    seed: int = 0
    """Of the whole run; a seed within [grpo] is added to it."""
    lora: LoRAConfig | None = None
    guard: GuardConfig = field(default_factory=GuardConfig)
    log: TrackerName = "jsonl"

    def __post_init__(self) -> None:
        at_least(1, problems=self.problems, heldout=self.heldout)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillRecipe:
    distill: DistillConfig
    teacher: str = "tiny"
    student: str = "tiny"
    task: str = "mixed"
    data: Path | None = None
    seed: int = 0
    """Of the whole run; seeds within [distill] are added to it."""
    lora: LoRAConfig | None = None
    guard: GuardConfig = field(default_factory=GuardConfig)
    log: TrackerName = "jsonl"


def run_sft(
    engine: Engine, examples: list[Example], recipe: SFTRecipe, *, log: Log, keeper: Keeper, out: Path
) -> dict[str, Any]:
    config = replace(recipe.sft, seed=recipe.seed + recipe.sft.seed)
    _adapt(engine, recipe.lora, recipe.seed)
    cost = train_sft(engine, examples, config, log=log, keeper=keeper)
    save_engine(engine, out, lora=recipe.lora, base=recipe.model)
    figures = {"examples": float(len(examples)), "flops": cost.flops, "seconds": cost.seconds}
    return {**figures, "events": _told(keeper)}


def run_grpo(
    engine: Engine,
    task: Task,
    recipe: GRPORecipe,
    *,
    log: Log,
    evaluate: Evaluate,
    keeper: Keeper,
    out: Path,
    journal: RolloutJournal | None = None,
) -> dict[str, Any]:
    """Accuracy before and after on validation problems, and what the training took.

    `accuracy_after` is that of the weights saved, which are chosen by it unless `guard.keep` is "last": a
    little flattering, so a model is to be measured anew on test problems. With an environment it replies
    there too, and `evaluate` is not asked.
    """
    _adapt(engine, recipe.lora, recipe.seed)
    heldout = task.problems(split="validation", count=recipe.heldout, seed=recipe.seed)
    turns = load_turns(recipe.grpo, engine)

    def right() -> Sequence[bool]:
        engine.forget_prompts()  # or a run that was resumed would compute in another order
        if turns is not None:
            return solved(task, heldout, engine, turns, recipe.grpo.max_tokens)
        return evaluate(engine, task, heldout, recipe.grpo.max_tokens)

    def watch(step: int) -> Sequence[bool]:
        found = right()
        log(step, {"heldout_accuracy": sum(found) / len(found)})
        return found

    watched_on_the_way = recipe.grpo.loop.evaluate_every > 0
    before = None if watched_on_the_way else right()
    # A file has no splits: what is watched must not be learned.
    watched = {problem.key for problem in heldout}
    drawn = task.problems(split="train", count=recipe.problems + len(heldout), seed=recipe.seed)
    problems = [problem for problem in drawn if problem.key not in watched][: recipe.problems]
    config = replace(recipe.grpo, seed=recipe.seed + recipe.grpo.seed)
    cost = train_grpo(engine, problems, config, log=log, evaluate=watch, keeper=keeper, journal=journal)
    save_engine(engine, out, lora=recipe.lora, base=recipe.model)
    known, last = keeper.heldout, keeper.final_step
    return {
        "accuracy_before": known[0] if before is None else sum(before) / len(before),
        "accuracy_after": known[last] if last in known else sum(after := right()) / len(after),
        "final_step": last,
        "flops": cost.flops,
        "seconds": cost.seconds,
        "events": _told(keeper),
    }


def _adapt(engine: Engine, lora: LoRAConfig | None, seed: int) -> None:
    if lora is not None:
        add_lora(engine.transformer, lora, seed=seed)


def _told(keeper: Keeper) -> list[str]:
    """What the guard found and what was done, a sentence each."""
    return [str(event) for event in keeper.events]


def check_method(teacher: Sampler, student: Engine, recipe: DistillRecipe) -> None:
    """What the method cannot do is said before anything is written."""
    if recipe.lora is not None and recipe.distill.student_layers is not None:
        raise ConfigError(
            "an adapter to layers cut out of a teacher would fit no saved model: leave out [lora]"
        )
    if recipe.distill.method in NEED_WEIGHTS:
        weights_of(teacher, student, recipe.distill.method)


def run_distill(lesson: Lesson, recipe: DistillRecipe, *, out: Path) -> dict[str, Any]:
    """By the recipe's method; the figures count what teacher and student took together."""
    student = lesson.student
    _adapt(student, recipe.lora, recipe.seed)
    cost, figures = METHODS[recipe.distill.method](lesson)
    save_engine(student, out, lora=recipe.lora, base=recipe.student)
    events = [event for keeper in lesson.keepers.values() for event in _told(keeper)]
    took = {"flops": cost.flops, "seconds": cost.seconds}
    return {**figures, "parameters": float(student.transformer.arch.parameters), **took, "events": events}


def save_engine(engine: Engine, out: Path, *, lora: LoRAConfig | None = None, base: str = "") -> None:
    """In the precision trained in: rounding to bf16 would undo the small steps of reinforcement learning.

    With LoRA the merged model, as without, and beside it in `adapter` the adapter alone.
    """
    model = engine.transformer
    save_model(model, engine.tokenizer, engine.template, out, dtype=model.dtype)
    if lora is not None:
        save_adapter(model, lora, out.with_name(ADAPTER), base=base)
