"""The tour: a base model gains reasoning three ways, and a report says what each bought and cost.

Five arms on the same held-out problems: answer at once, chain of thought, self-consistency, the base
after GRPO, and a student distilled from the best reasoner's verified traces. The report is written anew
after every arm, so stopping at any moment leaves what was measured. Both trained models stay under `models`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch

from ponder.engine.engine import Engine
from ponder.engine.save import save_model
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.runner import evaluate, heldout_accuracy
from ponder.progress import Progress
from ponder.protocols import Budget, Strategy, Task
from ponder.records import Cost, Problem
from ponder.report.files import write_ladder
from ponder.runlog import RunLog
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.direct import Direct
from ponder.scaling.self_consistency import SelfConsistency
from ponder.training.distill import DistillConfig, train_student
from ponder.training.grpo import GRPOConfig, train_grpo
from ponder.training.loop import LoopConfig
from ponder.training.sft import SFTConfig
from ponder.training.traces import gather_traces

TITLES = {
    "direct": "Answer at once",
    "chain-of-thought": "Chain of thought",
    "self-consistency": "Self-consistency",
    "grpo": "After GRPO",
    "distilled": "Distilled student",
}

MAX_TOKENS = 112


@dataclass(frozen=True, slots=True, kw_only=True)
class TourConfig:
    grpo: GRPOConfig
    distill: DistillConfig
    problems: int = 500
    """Held-out test problems per arm."""
    training_problems: int = 4000
    """What GRPO draws from."""
    heldout: int = 200
    """Validation problems on which training is watched; never test problems."""
    samples: int = 8
    """Votes of self-consistency."""
    max_tokens: int = MAX_TOKENS
    """Per completion."""
    seed: int = 0


def full_tour(seed: int) -> TourConfig:
    return TourConfig(
        grpo=GRPOConfig(
            loop=LoopConfig(steps=80, learning_rate=2e-4, warmup_steps=4, decay_share=0.7, evaluate_every=20),
            max_tokens=MAX_TOKENS,
            seed=seed,
        ),
        distill=DistillConfig(
            sft=SFTConfig(
                loop=LoopConfig(steps=60, learning_rate=1e-3, warmup_steps=6, decay_share=0.5), seed=seed
            ),
            problems=1500,
            max_tokens=MAX_TOKENS,
            seed=seed,
        ),
        seed=seed,
    )


def quick_tour(seed: int) -> TourConfig:
    """A smoke test: every part runs, no figure means much."""
    full = full_tour(seed)
    grpo = replace(full.grpo, loop=replace(full.grpo.loop, steps=6, evaluate_every=3))
    sft = replace(full.distill.sft, loop=replace(full.distill.sft.loop, steps=10))
    return replace(
        full,
        grpo=grpo,
        distill=replace(full.distill, sft=sft, problems=128),
        problems=60,
        heldout=40,
        samples=4,
    )


@dataclass(slots=True)
class Tour:
    """One tour under way. `run` fills `arms`; `write` may be called at any moment."""

    base: Engine
    task: Task
    config: TourConfig
    log: RunLog
    progress: Progress
    meta: Mapping[str, str]
    arms: list[ArmResult] = field(default_factory=list[ArmResult])
    curves: dict[str, dict[str, list[float]]] = field(default_factory=dict[str, dict[str, list[float]]])
    began: float = field(default_factory=time.monotonic)

    def run(self) -> Ladder:
        """All five arms; on Ctrl-C the report of those that are done is written before it is passed on."""
        try:
            test = self.problems("test", self.config.problems)
            self.arm("direct", Direct(), self.base, test)
            self.arm("chain-of-thought", ChainOfThought(), self.base, test)
            self.arm("self-consistency", SelfConsistency(), self.base, test)
            policy, grpo_cost = self.reinforced()
            self.arm("grpo", ChainOfThought(), policy, test, training=grpo_cost)
            teacher = self.best_reasoner(policy)
            student, distill_cost = self.distilled(teacher)
            if teacher is policy:  # no student without its teacher
                distill_cost += grpo_cost
            self.arm("distilled", ChainOfThought(), student, test, training=distill_cost)
        except KeyboardInterrupt:
            if self.arms:  # with the learning curve as far as it came
                self.write(complete=False)
            raise
        return self.write(complete=True)

    def problems(self, split: str, count: int) -> list[Problem]:
        return self.task.problems(split=split, count=count, seed=self.config.seed)

    def arm(
        self,
        name: str,
        strategy: Strategy,
        engine: Engine,
        problems: Sequence[Problem],
        *,
        training: Cost | None = None,
    ) -> None:
        samples = self.config.samples if name == "self-consistency" else 1
        with self.progress.stage(TITLES[name], len(problems) * samples) as advance:
            limit = self.config.max_tokens
            budget = Budget(tokens=limit * samples, per_completion=limit, seed=self.config.seed)
            engine.forget_prompts()  # no arm lives on prompts that another has paid for
            items = evaluate(strategy, self.task, problems, engine, budget, on_progress=advance)
        arm = ArmResult(name=name, title=TITLES[name], items=items, training_cost=training)
        self.arms.append(arm)
        self.log.metrics(arm=name, accuracy=arm.accuracy, tokens=arm.tokens)
        self.progress.say(f"  {TITLES[name]}: {arm.accuracy:.1%} at {arm.tokens:.0f} tokens a problem")
        self.write(complete=False)

    def reinforced(self) -> tuple[Engine, Cost]:
        """A copy of the base after GRPO, at its best step on validation problems."""
        config = self.config.grpo
        policy = copy_of(self.base)
        heldout = self.problems("validation", self.config.heldout)
        curve = self.curves["grpo"] = {"step": [], "reward": [], "heldout_step": [], "heldout_accuracy": []}
        best = Best(policy.transformer)

        def watch(step: int) -> None:
            accuracy = heldout_accuracy(policy, self.task, heldout, self.config.max_tokens)
            curve["heldout_step"].append(step)
            curve["heldout_accuracy"].append(accuracy)
            best.offer(accuracy, policy.transformer)
            self.log.metrics(stage="grpo", step=step, heldout_accuracy=accuracy)

        watch(0)
        with self.progress.stage("GRPO steps", config.loop.steps) as advance:

            def log(step: int, figures: Mapping[str, float]) -> None:
                if "reward" in figures:
                    curve["step"].append(step)
                    curve["reward"].append(figures["reward"])
                self.log.metrics(stage="grpo", step=step, **figures)
                advance(1)

            cost = train_grpo(
                policy, self.problems("train", self.config.training_problems), config, log=log, evaluate=watch
            )
        best.restore(policy.transformer)
        self.keep("grpo", policy)
        return policy, cost

    def best_reasoner(self, policy: Engine) -> Engine:
        """The teacher: the trained policy if it beat the base on validation problems, else the base."""
        accuracies = self.curves["grpo"]["heldout_accuracy"]
        return policy if max(accuracies) > accuracies[0] else self.base

    def distilled(self, teacher: Engine) -> tuple[Engine, Cost]:
        """A fresh copy of the base, fine-tuned on the teacher's shortest verified traces."""
        config = self.config.distill
        student = copy_of(self.base)
        problems = self.task.problems(split="train", count=config.problems, seed=self.config.seed + 1)
        with self.progress.stage("Teacher's traces", config.problems * config.samples) as advance:
            traces, teacher_cost, _ = gather_traces(
                problems, teacher, self.task, config, self.log.folder, on_progress=advance
            )
        with self.progress.stage("Distillation steps", config.sft.loop.steps) as advance:

            def log(step: int, figures: Mapping[str, float]) -> None:
                self.log.metrics(stage="distill", step=step, **figures)
                advance(1)

            cost = train_student(student, traces, config, log=log)
        self.keep("distilled", student)
        return student, teacher_cost + cost

    def keep(self, name: str, engine: Engine) -> None:
        """As it was measured, so in the weights' own precision."""
        kept = self.log.folder / "models" / name
        model = engine.transformer
        save_model(model, engine.tokenizer, engine.template, kept, dtype=model.dtype)

    def ladder(self, *, complete: bool) -> Ladder:
        return Ladder(
            arms=tuple(self.arms),
            seed=self.config.seed,
            seconds=time.monotonic() - self.began,
            task=self.task.name,
            model=self.base.name,
            complete=complete,
            curves=self.curves,
        )

    def write(self, *, complete: bool) -> Ladder:
        """`ladder.json`, `ladder.md`, `ladder.svg` and `report.html` of the arms so far."""
        ladder = self.ladder(complete=complete)
        write_ladder(self.log.folder, ladder, self.meta)
        return ladder


def copy_of(engine: Engine) -> Engine:
    """The same model with weights of its own."""
    weights = copy.deepcopy(engine.transformer)
    return Engine(
        weights,
        engine.tokenizer,
        engine.template,
        name=engine.name,
        slots=engine.slots,
        max_context=engine.context,
    )


class Best:
    """The weights with the best accuracy offered so far; the earliest on a tie."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.accuracy = float("-inf")
        self.weights = copy.deepcopy(model.state_dict())

    def offer(self, accuracy: float, model: torch.nn.Module) -> None:
        if accuracy > self.accuracy:
            self.accuracy, self.weights = accuracy, copy.deepcopy(model.state_dict())

    def restore(self, model: torch.nn.Module) -> None:
        model.load_state_dict(self.weights)
