"""What a training recipe holds, and how each kind runs from start to saved model.

Evaluation is passed in as a callable: training does not know how a model is measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ponder.engine.engine import Engine
from ponder.engine.save import save_model
from ponder.errors import DataError
from ponder.protocols import Sampler, Task
from ponder.records import Message, Problem
from ponder.tasks import load_task
from ponder.training.batch import Example
from ponder.training.distill import DistillConfig, gather_traces, train_student
from ponder.training.grpo import GRPOConfig, train_grpo
from ponder.training.loop import Log
from ponder.training.sft import SFTConfig, chat_example, train_sft

Evaluate = Callable[[Engine, Task, list[Problem], int], float]
"""Accuracy of an engine that thinks, on problems, with a limit of tokens per completion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTRecipe:
    data: Path
    """JSONL: `prompt` (text or chat messages) and `completion` on every line."""
    sft: SFTConfig
    model: str = "tiny"
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPORecipe:
    grpo: GRPOConfig
    model: str = "tiny"
    task: str = "mixed"
    data: Path | None = None
    problems: int = 4000
    """Training problems to draw from."""
    heldout: int = 200
    """Validation problems for the accuracy on the way."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillRecipe:
    distill: DistillConfig
    teacher: str = "tiny"
    student: str = "tiny"
    task: str = "mixed"
    data: Path | None = None
    seed: int = field(default=0)


def run_sft(engine: Engine, recipe: SFTRecipe, *, log: Log, out: Path) -> dict[str, float]:
    examples = read_examples(recipe.data, engine)
    cost = train_sft(engine, examples, recipe.sft, log=log)
    save_engine(engine, out)
    return {"examples": float(len(examples)), "flops": cost.flops, "seconds": cost.seconds}


def run_grpo(
    engine: Engine, recipe: GRPORecipe, *, log: Log, evaluate: Evaluate, out: Path
) -> dict[str, float]:
    """Accuracy before and after on validation problems, and what the training took."""
    task = load_task(recipe.task, recipe.data)
    heldout = task.problems(split="validation", count=recipe.heldout, seed=recipe.seed)
    limit = recipe.grpo.max_tokens

    def watch(step: int) -> None:
        log(step, {"heldout_accuracy": evaluate(engine, task, heldout, limit)})

    before = evaluate(engine, task, heldout, limit)
    problems = task.problems(split="train", count=recipe.problems, seed=recipe.seed)
    cost = train_grpo(engine, problems, recipe.grpo, log=log, evaluate=watch)
    save_engine(engine, out)
    after = evaluate(engine, task, heldout, limit)
    return {"accuracy_before": before, "accuracy_after": after, "flops": cost.flops, "seconds": cost.seconds}


def run_distill(
    teacher: Sampler,
    student: Engine,
    recipe: DistillRecipe,
    *,
    log: Log,
    on_progress: Callable[[int], None],
    folder: Path,
    out: Path,
) -> dict[str, float]:
    task, config = load_task(recipe.task, recipe.data), recipe.distill
    problems = task.problems(split="train", count=config.problems, seed=recipe.seed)
    file = folder / "traces.jsonl"
    traces, asked = gather_traces(problems, teacher, task, config, file, on_progress=on_progress)
    cost = asked + train_student(student, problems, traces, config, log=log)
    save_engine(student, out)
    verified = sum(trace.completion is not None for trace in traces)
    return {"traces": float(verified), "flops": cost.flops, "seconds": cost.seconds}


def save_engine(engine: Engine, out: Path) -> None:
    save_model(engine.transformer, engine.tokenizer, engine.template, out)


def read_examples(path: Path, engine: Engine) -> list[Example]:
    """Prompt-completion pairs in the field's conversational or plain layout; a broken line is named."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    examples = list[Example]()
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            examples.append(chat_example(engine, _messages(row["prompt"]), _text(row["completion"])))
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DataError(f"{path}, line {number}: expected prompt and completion ({error!r})") from error
    return examples


def _messages(prompt: str | list[dict[str, str]]) -> list[Message]:
    if isinstance(prompt, str):
        return [Message("user", prompt)]
    return [Message(turn["role"], turn["content"]) for turn in prompt]  # type: ignore[arg-type]


def _text(completion: str | list[dict[str, str]]) -> str:
    return completion if isinstance(completion, str) else completion[-1]["content"]
