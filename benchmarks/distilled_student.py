"""A student of half the size: how much of what GRPO gave its teacher does it keep?

For each seed the embedded model is trained by recipes/grpo.toml, a student is cut out of it and taught by
recipes/distill_half.toml, and both answer held-out test problems, as does the model they come from. The gain
is the teacher's accuracy, thinking, over the base model's when it answers at once; beside it the gain over
the base model thinking. Runs stay in --work and are taken from there when they are.

python benchmarks/distilled_student.py --work /tmp/student --out docs/results/distilled-student.json
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ponder.cli.main import run
from ponder.engine.engine import Engine
from ponder.engine.load import load_engine
from ponder.evaluation.runner import evaluate
from ponder.evaluation.statistics import wilson_interval
from ponder.protocols import Budget, Strategy
from ponder.records import Problem
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.direct import Direct
from ponder.tasks import load_task

RECIPES = Path(__file__).parents[1] / "recipes"
TASK, MAX_TOKENS = "mixed", 112
GOAL = 0.9
"""The share of the gain that a student should keep."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--work", type=Path, required=True, help="a folder for the runs")
    parser.add_argument("--set", action="append", default=[], help="override a key of distill_half.toml")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows, seeds = list[dict[str, Any]](), " ".join(map(str, options.seeds))
    for seed in options.seeds:
        rows.append(one(seed, options.problems, options.work, options.set))
        print(line(rows[-1]), flush=True)
        if options.out:  # a long benchmark keeps what it has
            head: dict[str, Any] = {
                "command": f"python benchmarks/distilled_student.py --seeds {seeds}",
                "task": TASK,
                "goal": GOAL,
                "overrides": options.set,
            }
            options.out.write_text(json.dumps({**head, "seeds": rows}, indent=2) + "\n")


def one(seed: int, count: int, work: Path, overrides: Sequence[str]) -> dict[str, Any]:
    teacher, teacher_seconds = trained("grpo", "grpo", seed, work, [])
    given = [f"teacher={teacher}", *overrides]
    student, student_seconds = trained("distill", "distill_half", seed, work, given)
    problems = load_task(TASK).problems(split="test", count=count, seed=seed)
    base, cot = load_engine("tiny"), ChainOfThought()
    arms = {
        "base at once": measured(base, Direct(), problems),
        "base thinking": measured(base, cot, problems),
        "teacher": measured(load_engine(str(teacher)), cot, problems),
        "student": measured(load_engine(str(student)), cot, problems),
    }
    accuracy = {name: arm["accuracy"] for name, arm in arms.items()}

    def kept(start: str) -> float:
        return (accuracy["student"] - accuracy[start]) / (accuracy["teacher"] - accuracy[start])

    return {
        "seed": seed,
        "problems": count,
        "arms": arms,
        "kept": kept("base at once"),
        "kept_over_base_thinking": kept("base thinking"),
        "parameters_share": arms["student"]["parameters"] / arms["teacher"]["parameters"],
        "grpo_seconds": teacher_seconds,
        "distill_seconds": student_seconds,
    }


def trained(kind: str, recipe: str, seed: int, work: Path, overrides: Sequence[str]) -> tuple[Path, float]:
    """The model of a run and the run's seconds; done runs are not done again."""
    out = work / f"{recipe}-{seed}"
    done = out / "seconds.json"
    if not done.exists():
        given = [f"seed={seed}", *overrides]
        settings = [part for override in given for part in ("--set", override)]
        again = ["--resume"] if out.exists() else []
        began = time.perf_counter()
        argv = [
            "train",
            kind,
            str(RECIPES / f"{recipe}.toml"),
            *settings,
            "--out",
            str(out),
            "--quiet",
            *again,
        ]
        if run(argv):
            raise SystemExit(1)
        done.write_text(json.dumps(round(time.perf_counter() - began, 1)))
    return out / "model", json.loads(done.read_text())


def measured(engine: Engine, strategy: Strategy, problems: Sequence[Problem]) -> dict[str, Any]:
    budget = Budget(tokens=MAX_TOKENS, per_completion=MAX_TOKENS)
    items = evaluate(strategy, load_task(TASK), problems, engine, budget)
    right = sum(item.judgement.correct for item in items)
    low, high = wilson_interval(right, len(items))
    return {
        "accuracy": right / len(items),
        "low": low,
        "high": high,
        "tokens": sum(item.cost.generated_tokens for item in items) / len(items),
        "parameters": engine.transformer.arch.parameters,
    }


def line(row: dict[str, Any]) -> str:
    arms = ", ".join(
        f"{name} {arm['accuracy']:.1%} ({arm['low']:.1%}-{arm['high']:.1%})"
        for name, arm in row["arms"].items()
    )
    verdict = "reached" if row["kept"] >= GOAL and row["parameters_share"] <= 0.5 else "missed"
    return (
        f"seed {row['seed']}: {arms}; {row['kept']:.0%} of the gain kept, "
        f"{row['kept_over_base_thinking']:.0%} of that over the base thinking, with "
        f"{row['parameters_share']:.1%} of the parameters: {verdict}; "
        f"{row['grpo_seconds']:.0f} s + {row['distill_seconds']:.0f} s"
    )


if __name__ == "__main__":
    main()
