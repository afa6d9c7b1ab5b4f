"""One GRPO step of ours and of TRL's GRPOTrainer, alternately in one run: seconds and peak memory.

    python -m venv trl && trl/bin/pip install trl==1.16.0 torch pydantic
    python benchmarks/grpo_vs_trl.py --trl-python trl/bin/python [--steps 5] [--out FILE]

SmolLM2-135M (`ponder models pull smollm2-135m`), weights in float32 and bfloat16 autocast on both sides,
4 prompts x 8 completions of exactly 64 tokens, clipped token-level loss without KL (TRL's "dapo"), AdamW,
two threads each. A step is everything from the prompts to the new weights. The prompts, their ids and the
reward are the same; each side has two steps to warm up. TRL runs in the fastest of its settings found by
`--theirs`: no gradient checkpointing and PER_DEVICE sequences at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grpo_sides import Side

from ponder.scaling.prompts import THINK_FIRST, worded
from ponder.tasks import TASKS

MODEL, TASK = "smollm2-135m", "word-problems"
PROMPTS, GROUP, TOKENS, WARM_UP = 4, 8, 64, 2
RATE = 1e-6
PER_DEVICE = 8
STAGES = ("rollouts", "gradients", "optimizer")
BARS = {"seconds": 1 / 3, "peak_mb": 0.7}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trl-python", required=True, help="a Python that has trl")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--ours", type=json.loads, default={}, help="changes to our config, as JSON")
    parser.add_argument("--theirs", type=json.loads, default={}, help="changes to TRL's config, as JSON")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(options, Path(scratch))
    print_result(result)
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    problems = TASKS[TASK].problems(split="train", count=PROMPTS, seed=0)
    steps, theirs = WARM_UP + options.steps, trl_config(options.theirs)
    ours = ponder_config(steps, options.ours)
    ponder = Side(
        "ponder", sys.executable,
        {"model": MODEL, "to_the_end": True, "problems": [asdict(p) for p in problems], "config": ours},
        scratch, threads=options.threads,
    )  # fmt: skip
    ponder.save(scratch / "model")
    rows = [{"prompt": [{"role": "user", "content": worded(p, THINK_FIRST)}]} for p in problems] * steps
    trl = Side(
        "trl", options.trl_python,
        {"model": str(scratch / "model"), "scratch": str(scratch / "trl"), "rows": rows, "reward": "lengths",
         "config": {**theirs, "max_steps": steps}},
        scratch, threads=options.threads,
    )  # fmt: skip
    sides, taken = (ponder, trl), dict[str, list[dict[str, Any]]](ponder=[], trl=[])
    for step in range(steps):
        for side in sides:
            figures = side.step()
            print(f"step {step + 1}, {side.name}: {figures['seconds']:.1f} s", flush=True)
            taken[side.name].append(figures)
    for side in sides:
        side.close()
    measured = {name: rows[WARM_UP:] for name, rows in taken.items()}
    return {
        "hardware": {"machine": platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "model": MODEL,
        "prompt_tokens": {side.name: side.started["prompts"][:PROMPTS] for side in sides},
        "versions": {side.name: side.started["versions"] for side in sides},
        "config": {"ponder": ours, "trl": theirs},
        "steps": measured,
        "loaded_mb": {side.name: side.started["loaded_mb"] for side in sides},
        "peak_mb": {side.name: taken[side.name][-1]["peak_mb"] for side in sides},
        "peak_mb_by_parent": {side.name: side.peak_mb for side in sides},
        "threads": options.threads,
        "ratios": ratios(measured, "seconds"),
        "cpu_ratios": ratios(measured, "cpu_seconds"),
    }


def ratios(steps: dict[str, list[dict[str, Any]]], of: str) -> list[float]:
    return [ours[of] / theirs[of] for ours, theirs in zip(steps["ponder"], steps["trl"], strict=True)]


def ponder_config(steps: int, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "loop": {"steps": steps, "learning_rate": RATE, "warmup_steps": 0, "precision": "bf16",
                 **changes.get("loop", {})},
        "problems_per_step": PROMPTS, "group_size": GROUP, "max_tokens": TOKENS,
        "rewards": {"grpo_sides:odd_lengths": 1.0},
        **{key: value for key, value in changes.items() if key != "loop"},
    }  # fmt: skip


def trl_config(changes: dict[str, Any]) -> dict[str, Any]:
    """Ours in TRL's words."""
    per_device = changes.get("per_device_train_batch_size", PER_DEVICE)
    return {
        "num_generations": GROUP, "max_completion_length": TOKENS, "temperature": 1.0, "top_k": 0,
        "generation_kwargs": {"min_new_tokens": TOKENS}, "per_device_train_batch_size": per_device,
        "gradient_accumulation_steps": PROMPTS * GROUP // per_device, "gradient_checkpointing": False,
        "loss_type": "dapo", "beta": 0.0, "epsilon": 0.2, "epsilon_high": 0.28, "learning_rate": RATE,
        "lr_scheduler_type": "constant", "adam_beta2": 0.95, "bf16": True, **changes,
    }  # fmt: skip


def print_result(result: dict[str, Any]) -> None:
    print(f"{len(result['ratios'])} steps of each, min-median-max")
    for name, steps in result["steps"].items():
        stages = ", ".join(f"{stage} {spread([s[stage] for s in steps], '.1f')}" for stage in STAGES)
        print(f"  {name:<7} {spread([s['seconds'] for s in steps], '.1f')} s: {stages}")
        print(f"          peak {result['peak_mb'][name]:,.0f} MB, {steps[0]['tokens']} tokens a step")
    memory = result["peak_mb"]["ponder"] / result["peak_mb"]["trl"]
    print(f"  ponder / trl: seconds {spread(result['ratios'], '.2f')} (bar {BARS['seconds']:.2f}), "
          f"processor seconds {spread(result['cpu_ratios'], '.2f')}, "
          f"peak memory {memory:.2f} (bar {BARS['peak_mb']:.2f})")  # fmt: skip


def spread(values: Sequence[float], form: str) -> str:
    return "-".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


if __name__ == "__main__":
    main()
