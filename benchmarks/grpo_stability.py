"""GRPO on the embedded model over several seeds: as it comes, at ten times the rate, with a reward to hack.

Of each run: its own best held-out accuracy, the accuracy at its last look, that of the model it ends with,
and what the guard found. The hackable reward pays for brevity alone, so it rises as reasoning is left out.

python benchmarks/grpo_stability.py [--steps 500] [--seeds 5] [--only default] [--heldout 200] [--out F.json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ponder.config import resolve
from ponder.engine.load import load_engine
from ponder.evaluation.runner import heldout_right
from ponder.tasks import load_task
from ponder.training.keeper import Keeper
from ponder.training.recipes import GRPORecipe, run_grpo

RECIPE = Path(__file__).parents[1] / "recipes" / "grpo.toml"
ENDURED = 0.03
"""How far below its own best a run may end."""
VARIANTS: dict[str, tuple[str, ...]] = {
    "default": (),
    "ten times the rate": ("grpo.loop.learning_rate=2e-3",),
    "hackable reward": ('grpo.rewards={"grpo_stability:brevity"=1.0}',),
}


def brevity(completions: Sequence[str], **_: object) -> list[float]:
    """1 for nothing, a half at a hundred characters; what is said does not matter."""
    return [1 / (1 + len(text) / 100) for text in completions]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", choices=VARIANTS)
    parser.add_argument("--heldout", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], help="override a key of the recipe")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    runs = list[dict[str, Any]]()
    for name, overrides in VARIANTS.items():
        if options.only in (None, name):
            for seed in range(options.first_seed, options.first_seed + options.seeds):
                given = (f"seed={seed}", f"heldout={options.heldout}", f"grpo.loop.steps={options.steps}")
                runs.append({"variant": name, "seed": seed, **one((*given, *overrides, *options.set))})
                print(line(runs[-1]), flush=True)
                if options.out:  # a long benchmark keeps what it has
                    options.out.write_text(json.dumps({"runs": runs}, indent=2) + "\n")


def one(overrides: Sequence[str]) -> dict[str, Any]:
    recipe = resolve(GRPORecipe, RECIPE, overrides).config
    engine, task = load_engine(recipe.model, dtype="float32"), load_task(recipe.task)
    rewards, began = list[float](), time.perf_counter()

    def log(step: int, figures: Mapping[str, float]) -> None:
        rewards.extend([figures["reward"]] if "reward" in figures else [])

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        keeper = Keeper.of(folder / "checkpoints", recipe.guard, say=lambda line: None)
        result = run_grpo(
            engine, task, recipe, log=log, evaluate=heldout_right, keeper=keeper, out=folder / "model"
        )
    looks = keeper.heldout
    best = max(looks, key=lambda step: looks[step])
    return {
        "steps": len(rewards),
        "before": looks[0],
        "best": looks[best],
        "best_step": best,
        "last": looks[max(looks)],
        "saved": result["accuracy_after"],
        "ends_below_best": result["accuracy_after"] < looks[best] - ENDURED,
        "reward_first": rewards[0],
        "reward_last": rewards[-1],
        "events": [asdict(event) for event in keeper.events],
        "heldout": looks,
        "seconds": round(time.perf_counter() - began, 1),
    }


def line(run: Mapping[str, Any]) -> str:
    causes = ", ".join(f"{event['cause']} at {event['step']}" for event in run["events"]) or "nothing"
    return (
        f"{run['variant']}, seed {run['seed']}: {run['before']:.1%} before, best {run['best']:.1%} at step "
        f"{run['best_step']}, last {run['last']:.1%}, saved {run['saved']:.1%}; the guard found {causes}; "
        f"{run['seconds']:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
