"""Kill GRPO at random moments, resume it, and compare its end with that of a run that was left alone.

Every second kill waits for a checkpoint that is being written. Weights must be equal to the last bit, and
`metrics.jsonl` line by line but for the seconds.

python benchmarks/resume_after_kill.py [--kills 20] [--steps 12] [--seed 0] [--out result.json]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

RECIPE = Path(__file__).parents[1] / "recipes" / "grpo.toml"
SETTINGS = (
    "problems=40", "heldout=8", "grpo.problems_per_step=4", "grpo.group_size=4", "grpo.max_tokens=64",
    "grpo.updates_per_batch=2", "grpo.loop.evaluate_every=4", "grpo.loop.checkpoint_every=1",
)  # fmt: skip
DEADLINE = 600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(Path(scratch), options.kills, options.steps, random.Random(options.seed))
    print(json.dumps(result, indent=2))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(0 if result["identical"] else 1)


def measure(scratch: Path, kills: int, steps: int, rng: random.Random) -> dict[str, Any]:
    whole, moments, ends = scratch / "whole", list[dict[str, Any]](), list[bool]()
    began = time.perf_counter()
    process = started(whole, steps)
    assert process.wait(DEADLINE) == 0, "the run that is left alone failed"
    seconds = time.perf_counter() - began
    while len(moments) < kills:
        folder = scratch / f"run-{len(ends)}"
        while len(moments) < kills and (moment := killed(folder, steps, seconds, rng, len(moments) % 2 == 1)):
            moments.append(moment)
        assert started(folder, steps).wait(DEADLINE) == 0, "a resumed run failed"
        ends.append(same_weights(folder, whole) and same_metrics(folder, whole))
    return {
        "kills": len(moments),
        "while_saving": sum(moment["saving"] for moment in moments),
        "runs": len(ends),
        "steps": steps,
        "identical": all(ends),
        "moments": moments,
    }


def started(folder: Path, steps: int) -> subprocess.Popen[bytes]:
    """A run in `folder`, resumed if there is one to resume."""
    code = "from ponder.cli.main import main; main()"
    settings = [part for each in (*SETTINGS, f"grpo.loop.steps={steps}") for part in ("--set", each)]
    more = ["--resume"] if (folder / "manifest.json").is_file() else []
    verb = ["train", "grpo", str(RECIPE), *settings, "--out", str(folder), "--json", *more]
    return subprocess.Popen([sys.executable, "-c", code, *verb], stdout=subprocess.DEVNULL)


def killed(
    folder: Path, steps: int, seconds: float, rng: random.Random, saving: bool
) -> dict[str, Any] | None:
    """Kill one process of the run, or None when it came to its end first."""
    process, began = started(folder, steps), time.perf_counter()
    moment = began + rng.uniform(0.3, 1.0) * seconds
    checkpoints, seen = folder / "checkpoints", 0
    wanted = rng.randrange(1, 5)
    last = ""
    while process.poll() is None and time.perf_counter() < began + DEADLINE:
        if saving:
            now = next((path.name for path in checkpoints.glob(".step-*.tmp")), "")
            seen += bool(now) and now != last
            last = now or last
            if seen >= wanted:
                time.sleep(rng.uniform(0, 0.01))
                break
        elif time.perf_counter() >= moment:
            break
        time.sleep(0.0005)
    if process.poll() is not None:
        return None
    process.kill()
    process.wait()
    left = [path.name for path in checkpoints.glob(".step-*.tmp")]
    done = sorted(path.name for path in checkpoints.glob("step-*"))
    return {
        "saving": bool(left),
        "newest": done[-1] if done else None,
        "seconds": round(time.perf_counter() - began, 3),
    }


def same_weights(folder: Path, other: Path) -> bool:
    a, b = (load_file(each / "model" / "model.safetensors") for each in (folder, other))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def same_metrics(folder: Path, other: Path) -> bool:
    return figures(folder) == figures(other)


def figures(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key != "step_seconds"} for row in rows]


if __name__ == "__main__":
    main()
