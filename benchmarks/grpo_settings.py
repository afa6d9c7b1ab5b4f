"""GRPO on the embedded model under other settings: what each learns from the same number of rollouts.

    python benchmarks/grpo_settings.py [--steps 160] [--only NAME ...] [--out FILE]

8 problems x 8 completions a step from the same 4,000 problems, one seed. Accuracy is greedy, on the same
held-out problems for all; each setting is compared with the first by an exact test on the last weights.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

import ponder
from ponder.evaluation.runner import heldout_right
from ponder.evaluation.statistics import mcnemar_p_value
from ponder.tasks import TASKS
from ponder.training.grpo import GRPOConfig, train_grpo

MODEL, TASK, POOL, TOKENS, SEED = "tiny", "mixed", 4000, 112, 0
RATE, DECAY = 2e-4, 0.7
SETTINGS: dict[str, dict[str, Any]] = {
    "falling rate": {},
    "constant rate": {"loop": {"decay_share": 0.0}},
    "muon": {"loop": {"optimizer": "muon"}},
    "twice the rate": {"loop": {"learning_rate": 2 * RATE}},
    "difficulty": {"curriculum": "difficulty"},
    "dynamic sampling": {"sampling_rounds": 3},
    "dr-grpo": {"advantage": "dr-grpo", "loss": "dr-grpo"},
    "rloo": {"advantage": "rloo", "loss": "reinforce"},
    "reinforce++": {"advantage": "reinforce++-baseline"},
    "gspo": {"loss": "gspo", "clip_low": 3e-4, "clip_high": 4e-4},
    "cispo, two updates": {"loss": "cispo", "updates_per_batch": 2},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--heldout", type=int, default=800)
    parser.add_argument("--only", nargs="*", default=list(SETTINGS), choices=list(SETTINGS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    runs, first = list[dict[str, Any]](), list[bool]()
    for name in options.only:
        run, right = one(SETTINGS[name], options.steps, options.heldout)
        first = first or list(right)
        run = {"setting": name, **run, "p_value": paired(first, right) if runs else None}
        runs.append(run)
        told = "" if run["p_value"] is None else f", p = {run['p_value']:.2g} against {runs[0]['setting']}"
        print(f"{name}: {run['accuracy'][-1]:.1%} after {run['seconds']:.0f} s{told}", flush=True)
        if options.out:
            result = {"model": MODEL, "task": TASK, "heldout": options.heldout, "runs": runs}
            options.out.write_text(json.dumps(result, indent=2) + "\n")


def paired(a: list[bool], b: list[bool]) -> float:
    pairs = list(zip(a, b, strict=True))
    return mcnemar_p_value(sum(x and not y for x, y in pairs), sum(y and not x for x, y in pairs))


def one(changes: Mapping[str, Any], steps: int, heldout: int) -> tuple[dict[str, Any], list[bool]]:
    """A run's figures, and which held-out problems its last weights answer rightly."""
    updates = changes.get("updates_per_batch", 1)
    loop = {
        "steps": steps * updates, "learning_rate": RATE, "warmup_steps": 4, "decay_share": DECAY,
        "evaluate_every": steps * updates // 4, **changes.get("loop", {}),
    }  # fmt: skip
    config = {"problems_per_step": 8, "group_size": 8, "max_tokens": TOKENS, "seed": SEED}
    config = TypeAdapter(GRPOConfig).validate_python({**config, **changes, "loop": loop})
    task, engine = TASKS[TASK], ponder.load(MODEL, dtype="float32")
    held = task.problems(split="validation", count=heldout, seed=SEED)
    accuracy, looking, right = list[float](), 0.0, list[bool]()
    sums = dict[str, float]()

    def evaluate(step: int) -> None:
        nonlocal looking
        began = time.perf_counter()
        right[:] = heldout_right(engine, task, held, TOKENS)
        accuracy.append(sum(right) / heldout)
        looking += time.perf_counter() - began

    def log(step: int, figures: Mapping[str, float]) -> None:
        for name in ("uniform_groups", "completion_tokens", "clipped"):
            sums[name] = sums.get(name, 0.0) + figures.get(name, 0.0)

    began = time.perf_counter()
    problems = task.problems(split="train", count=POOL, seed=SEED)
    train_grpo(engine, problems, config, log=log, evaluate=evaluate)
    seconds = time.perf_counter() - began - looking
    means = {name: total / (steps * updates) for name, total in sums.items()}
    return {"changes": dict(changes), "accuracy": accuracy, "seconds": round(seconds, 1), **means}, right


if __name__ == "__main__":
    main()
