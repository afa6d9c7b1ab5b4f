"""How long ours and TRL's GRPOTrainer train `tiny` until it answers as well as after 200 steps of TRL's.

    python -m venv trl && trl/bin/pip install trl==1.16.0 torch pydantic sympy jinja2 regex
    python benchmarks/grpo_time_to_accuracy.py --trl-python trl/bin/python [--out FILE] [--chart FILE]

The same prompts in the same order, the same reward (our verifier), 8 problems x 8 completions of at most 112
tokens a step, the same clipped token-level loss, AdamW at a rate that falls linearly, float32, two threads
each. Ours may take `--ours-steps`. The two
train in turn, 20 steps of one and 20 of the other. Both save their weights every few steps, outside the
clock; afterwards our evaluator measures all of them greedily on the same held-out problems. TRL's time is
that of the first measured point that reaches the accuracy of its last; ours must reach it at two points that
follow each other, and its time is that of the first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grpo_sides import Side

from ponder.scaling.prompts import THINK_FIRST, worded
from ponder.tasks import TASKS

MODEL, TASK, POOL = "tiny", "mixed", 4000
PROBLEMS, GROUP, TOKENS, SEED = 8, 8, 112, 0
RATE, WARM_UP = 2e-4, 4
BLOCK = 20
OURS_STEPS = 220
"""A tenth more than TRL's: the bar is on time."""
EVERY = {"trl": 20, "ponder": 10}
BAR = 1 / 5


@dataclass(frozen=True, slots=True)
class Point:
    """Where a side was after some steps."""

    step: int
    seconds: float
    cpu_seconds: float
    accuracy: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trl-python", required=True, help="a Python that has trl")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--ours-steps", type=int, default=OURS_STEPS)
    parser.add_argument("--heldout", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate of both")
    parser.add_argument("--threads", type=int, default=2, help="of each side")
    parser.add_argument("--ours", type=json.loads, default={}, help="changes to our config, as JSON")
    parser.add_argument("--theirs", type=json.loads, default={}, help="changes to TRL's config, as JSON")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--chart", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(options, Path(scratch))
    print(said(result))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")
    if options.chart:
        options.chart.write_text(chart(result))


def measure(options: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    sides, configs = start(options, scratch)
    steps = {name: list[dict[str, Any]]() for name in sides}
    wanted = {"trl": options.steps, "ponder": options.ours_steps}
    for begin in range(0, max(wanted.values()), BLOCK):
        for name, side in sides.items():
            for step in range(begin + 1, min(begin + BLOCK, wanted[name]) + 1):
                steps[name].append(side.step())
                if step % EVERY[name] == 0:
                    side.save(scratch / f"{name}-{step}")
            print(f"{name}: {len(steps[name])} steps in {total(steps[name], 'seconds'):.0f} s", flush=True)
    for side in sides.values():
        side.close()
    points = {name: measured(scratch, name, rows, options.heldout) for name, rows in steps.items()}
    return summary(points) | {
        "hardware": {"machine": platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "versions": {name: side.started["versions"] for name, side in sides.items()},
        "config": configs,
        "heldout": options.heldout,
        "threads": options.threads,
        "mean": {name: means(rows) for name, rows in steps.items()},
        "peak_mb": {name: rows[-1]["peak_mb"] for name, rows in steps.items()},
        "rewards": {name: [row["reward"] for row in rows] for name, rows in steps.items()},
    }


def start(options: argparse.Namespace, scratch: Path) -> tuple[dict[str, Side], dict[str, Any]]:
    problems = TASKS[TASK].problems(split="train", count=POOL, seed=SEED)
    loop = {"steps": options.ours_steps, "learning_rate": options.rate, "warmup_steps": WARM_UP,
            "decay_share": 1 - WARM_UP / options.ours_steps}  # fmt: skip
    ours = {
        "problems_per_step": PROBLEMS, "group_size": GROUP, "max_tokens": TOKENS, "seed": SEED,
        **options.ours, "loop": {**loop, **options.ours.get("loop", {})},
    }  # fmt: skip
    theirs = {
        "max_steps": options.steps, "num_generations": GROUP, "max_completion_length": TOKENS, "top_k": 0,
        "temperature": 1.0, "per_device_train_batch_size": PROBLEMS * GROUP, "gradient_checkpointing": False,
        "loss_type": "dapo", "beta": 0.0, "epsilon": 0.2, "epsilon_high": 0.28, "bf16": False,
        "learning_rate": options.rate, "lr_scheduler_type": "linear", "warmup_steps": WARM_UP,
        "adam_beta2": 0.95, **options.theirs,
    }  # fmt: skip
    ponder = Side(
        "ponder", sys.executable,
        {"model": MODEL, "to_the_end": False, "problems": [asdict(p) for p in problems], "config": ours},
        scratch, threads=options.threads,
    )  # fmt: skip
    ponder.save(scratch / "ponder-0")
    drawn = random.Random(SEED)  # as our trainer draws them
    rows = [
        {"prompt": [{"role": "user", "content": worded(problem, THINK_FIRST)}], "answer": problem.answer}
        for _ in range(options.steps)
        for problem in drawn.sample(problems, PROBLEMS)
    ]
    trl = Side(
        "trl", options.trl_python,
        {"model": str(scratch / "ponder-0"), "scratch": str(scratch / "trl"), "rows": rows,
         "reward": "accuracy", "config": theirs},
        scratch, threads=options.threads,
    )  # fmt: skip
    trl.save(scratch / "trl-0")
    return {"trl": trl, "ponder": ponder}, {"ponder": ours, "trl": theirs}


def measured(scratch: Path, name: str, steps: Sequence[Mapping[str, float]], heldout: int) -> list[Point]:
    """The share of held-out problems answered rightly by each saved model, and when it was saved."""
    import ponder
    from ponder.evaluation.runner import heldout_right

    task, points = TASKS[TASK], list[Point]()
    problems = task.problems(split="validation", count=heldout, seed=SEED)
    for step in range(0, len(steps) + 1, EVERY[name]):
        engine, before = ponder.load(str(scratch / f"{name}-{step}")), steps[:step]
        accuracy = sum(heldout_right(engine, task, problems, TOKENS)) / heldout
        points.append(Point(step, total(before, "seconds"), total(before, "cpu_seconds"), accuracy))
        print(f"{name}, step {step}: {accuracy:.1%}", flush=True)
    return points


def total(steps: Sequence[Mapping[str, float]], name: str) -> float:
    return sum(step[name] for step in steps)


def summary(points: Mapping[str, Sequence[Point]]) -> dict[str, Any]:
    target = points["trl"][-1].accuracy
    theirs = next(point for point in points["trl"] if point.accuracy >= target)
    mine = points["ponder"]
    ours = next((p for i, p in enumerate(mine) if min(q.accuracy for q in mine[i : i + 2]) >= target), None)
    return {
        "target": target,
        "seconds": {"trl": theirs.seconds, "ponder": ours.seconds if ours else None},
        "steps": {"trl": theirs.step, "ponder": ours.step if ours else None},
        "ratio": ours.seconds / theirs.seconds if ours else None,
        "cpu_ratio": ours.cpu_seconds / theirs.cpu_seconds if ours else None,
        "points": {name: [asdict(point) for point in each] for name, each in points.items()},
    }


def said(result: Mapping[str, Any]) -> str:
    target, seconds = f"{result['target']:.1%}", result["seconds"]
    theirs = f"TRL reached {target} in {seconds['trl']:.0f} s"
    if result["ratio"] is None:
        return f"{theirs}, ponder did not in the same number of steps"
    return f"{theirs}, ponder in {seconds['ponder']:.0f} s: {result['ratio']:.3f} of it (bar {BAR:.2f})"


def means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = ("seconds", "cpu_seconds", "rollouts", "gradients", "optimizer", "tokens")
    return {name: total(rows, name) / len(rows) for name in names}


def chart(result: Mapping[str, Any]) -> str:
    """Both curves over training seconds, on a logarithmic scale."""
    from ponder.report import svg
    from ponder.report.charts import CARD_COLOURS, STYLE, Size, canvas, y_axis
    from ponder.report.markup import element
    from ponder.report.svg import Box, Scale

    size = Size(760, 400)
    frame = Box(56, 64, size.width - 276, size.height - 124)
    points = {name: [p for p in each if p["seconds"] > 0] for name, each in result["points"].items()}
    times = [p["seconds"] for each in points.values() for p in each]
    x = Scale(low=min(times), high=max(times), start=frame.left + 8, stop=frame.right, log=True)
    before = result["points"]["trl"][0]["accuracy"]
    values = [before, *(p["accuracy"] for each in points.values() for p in each)]
    ticks = svg.linear_ticks(min(values), max(values))
    y = Scale(low=ticks[0], high=ticks[-1], start=frame.bottom, stop=frame.top)
    parts = [
        element("style", STYLE.substitute(CARD_COLOURS)),
        element("rect", x=0.5, y=0.5, width=size.width - 1, height=size.height - 1, rx=10,
                fill=CARD_COLOURS["card"], stroke=CARD_COLOURS["rule"]),
        svg.text(24, 34, "Held-out accuracy of tiny over seconds of GRPO", class_="title"),
        y_axis(frame, y, ticks, [f"{100 * tick:.0f}%" for tick in ticks]),
        svg.line(frame.left, y(result["target"]), frame.right, y(result["target"]), class_="front"),
    ]  # fmt: skip
    for tick in svg.log_ticks(min(times), max(times)):
        parts.append(svg.text(x(tick), frame.bottom + 19, f"{tick:g}", class_="value", anchor="middle"))
    parts.append(
        svg.text(frame.right, size.height - 20, "training seconds, log scale", class_="unit", anchor="end")
    )
    ends = {"trl": y(points["trl"][-1]["accuracy"]), "ponder": y(points["ponder"][-1]["accuracy"])}
    if abs(ends["trl"] - ends["ponder"]) < 20:
        ends["ponder"] = ends["trl"] - 20
    for name, kind, title in (("trl", " pass", "TRL"), ("ponder", "", "ponder")):
        path = [(x(p["seconds"]), y(p["accuracy"])) for p in points[name]]
        parts.append(svg.polyline(path, class_=f"curve{kind}"))
        parts += [element("circle", cx=px, cy=py, r=3, class_=f"end{kind}") for px, py in path]
        last = points[name][-1]
        end = f"{title}: {last['accuracy']:.1%} after {last['step']} steps"
        parts.append(svg.text(path[-1][0] + 9, ends[name] + 4, end, class_="name value halo"))
    return canvas(size, "".join(parts), label=said(result), xmlns="http://www.w3.org/2000/svg") + "\n"


if __name__ == "__main__":
    main()
