"""A shortened `recipes/smollm2_sft.toml`: what an adapter of SmolLM2-135M learns from a few GSM8K solutions.

Held-out loss, accuracy of greedy chains and what GRPO would have to learn from, before and after; all on test
problems, none of them trained on.

python benchmarks/smollm2_lora.py --train gsm8k_train.jsonl --test gsm8k_test.jsonl --out result.json
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch

import ponder
from ponder.cli.main import run
from ponder.engine.engine import Engine
from ponder.evaluation.runner import evaluate
from ponder.protocols import Budget
from ponder.records import Problem, Sampling
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.tasks.files import FileTask, read_problems
from ponder.training.batch import pad, sum_cross_entropy
from ponder.training.sft import chat_example
from ponder.training.sft_data import worked_completion

RECIPE = Path(__file__).parents[1] / "recipes" / "smollm2_sft.toml"
MODEL = "smollm2-135m"
MAX_TOKENS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=48)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--problems", type=int, default=100, help="test problems for loss and accuracy")
    parser.add_argument("--groups", type=int, default=24, help="test problems sampled in groups of eight")
    parser.add_argument("--run", type=Path, default=Path("runs/smollm2-lora"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    task = read_problems(options.test, task="gsm8k")
    settings = (
        f"data={options.train}", f"sft.loop.steps={options.steps}", f"sft.batch_size={options.batch_size}",
    )  # fmt: skip
    sizes = {"problems": options.problems, "groups": options.groups}
    before = measure(None, task, **sizes)
    began = time.perf_counter()
    overrides = [part for each in settings for part in ("--set", each)]
    assert run(["train", "sft", str(RECIPE), *overrides, "--out", str(options.run), "--quiet"]) == 0
    adapter = options.run / "adapter"
    result = {
        "command": f"python benchmarks/smollm2_lora.py --train gsm8k_train.jsonl --test gsm8k_test.jsonl "
        f"--steps {options.steps} --batch-size {options.batch_size} --problems {options.problems} "
        f"--groups {options.groups}",
        "model": MODEL,
        "recipe": f"recipes/{RECIPE.name}",
        "threads": torch.get_num_threads(),
        "training": training(options.run) | {"wall_seconds": round(time.perf_counter() - began, 1)},
        "adapter_bytes": (adapter / "adapter_model.safetensors").stat().st_size,
        "before": before,
        "after": measure(adapter, task, **sizes),
    }
    print(json.dumps(result, indent=2))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def measure(adapter: Path | None, task: FileTask, *, problems: int, groups: int) -> dict[str, Any]:
    engine = ponder.load(MODEL, adapter=adapter, slots=32)
    chosen = task.problems(split="test", count=problems, seed=0)
    budget = Budget(tokens=MAX_TOKENS, per_completion=MAX_TOKENS)
    items = evaluate(ChainOfThought(), task, chosen, engine, budget)
    verdicts = Counter(item.judgement.verdict.value for item in items)
    return {
        "heldout_loss": round(heldout_loss(engine, chosen), 4),
        "accuracy": verdicts["correct"] / len(items),
        "n": len(items),
        "verdicts": dict(sorted(verdicts.items())),
        "thinks_share": fmean(bool(item.reasoning) for item in items),
        "sampled": sampled(engine, task, chosen[:groups]),
    }


@torch.no_grad()
def heldout_loss(engine: Engine, problems: list[Problem]) -> float:
    """Mean over the tokens of the worked solutions, in nats."""
    total, tokens = 0.0, 0
    for problem in problems:
        example = chat_example(engine, ask_for(problem, THINK_FIRST), worked_completion(problem) or "")
        total += float(sum_cross_entropy(engine.transformer, pad([example])))
        tokens += len(example.completion_ids)
    return total / tokens


def sampled(engine: Engine, task: FileTask, problems: list[Problem]) -> dict[str, Any]:
    """Groups of eight at temperature 1, as GRPO would draw them."""
    sampling = Sampling(n=8, max_tokens=MAX_TOKENS, temperature=1.0, seed=1)
    groups = engine.generate([ask_for(problem, THINK_FIRST) for problem in problems], sampling)
    right = [
        [task.judge(problem, each).correct for each in group]
        for problem, group in zip(problems, groups, strict=True)
    ]
    return {
        "problems": len(problems),
        "group_size": sampling.n,
        "accuracy": fmean(fmean(group) for group in right),
        "informative_groups": fmean(0 < sum(group) < len(group) for group in right),
    }


def training(folder: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [row for row in rows if "loss" in row]
    return {
        "steps": len(steps),
        "loss_first": round(fmean(row["loss"] for row in steps[:5]), 4),
        "loss_last": round(fmean(row["loss"] for row in steps[-5:]), 4),
        "tokens_learned": int(sum(row["tokens"] for row in steps)),
        "step_seconds_median": round(median(row["step_seconds"] for row in steps), 2),
    }


if __name__ == "__main__":
    main()
