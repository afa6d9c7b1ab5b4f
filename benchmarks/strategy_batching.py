"""A strategy over many problems at once, problem after problem, and sample after sample, alternately.

    python benchmarks/strategy_batching.py [--model tiny] [--rounds 5] [--out FILE]

Self-consistency with 8 samples over 100 problems of the embedded tasks, with several numbers of rows that
run together. All ways draw the same samples from the same streams, and this is checked. The prefix cache is
emptied before each.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

import ponder
from ponder.engine.engine import Engine
from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling import make_strategy
from ponder.scaling.drive import solve_all
from ponder.tasks import TASKS

SAMPLES, MAX_TOKENS = 8, 112
ROWS = (8, 64, 256)
PROBLEM_BY_PROBLEM, SAMPLE_BY_SAMPLE = "problem by problem", "sample by sample"
BUDGET = Budget(tokens=SAMPLES * MAX_TOKENS, per_completion=MAX_TOKENS, seed=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tiny")
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    problems = TASKS["mixed"].problems(split="validation", count=options.problems, seed=0)
    alone = [[problem] for problem in problems]
    engines = {rows: ponder.load(options.model, slots=rows, cache_mb=3072) for rows in (1, *ROWS)}
    ways: dict[str, tuple[Engine, Sequence[Sequence[Problem]]]] = {
        **{f"together, {rows} rows": (engines[rows], [problems]) for rows in ROWS},
        PROBLEM_BY_PROBLEM: (engines[SAMPLES], alone),
        SAMPLE_BY_SAMPLE: (engines[1], alone),
    }
    for engine in engines.values():
        solve(engine, problems[:1])  # compiles what is compiled at first use
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    texts: list[str] = []
    for _ in range(options.rounds):
        for name, (engine, batches) in ways.items():
            took, found = timed(engine, batches)
            seconds[name].append(took)
            assert not texts or texts == found, "the ways drew different samples"
            texts = found
    report(options.model, options.problems, seconds, options.out)


def report(model: str, problems: int, seconds: Mapping[str, Sequence[float]], out: Path | None) -> None:
    best = min(seconds, key=lambda name: statistics.median(seconds[name]))
    ratios = {
        name: [slow / fast for slow, fast in zip(seconds[name], seconds[best], strict=True)]
        for name in (PROBLEM_BY_PROBLEM, SAMPLE_BY_SAMPLE)
    }
    for name, times in seconds.items():
        print(f"{name:<20} {min(times):7.2f}-{statistics.median(times):.2f}-{max(times):.2f} s")
    for name, values in ratios.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{best} takes {low:.2f}-{middle:.2f}-{high:.2f} times less than {name}")
    if out:
        result = {
            "hardware": {"machine": platform.machine(), "cores": os.cpu_count(), "torch": torch.__version__},
            "model": model, "problems": problems, "samples": SAMPLES, "max_tokens": MAX_TOKENS,
            "seconds": seconds, "best": best, "ratios": ratios,
        }  # fmt: skip
        out.write_text(json.dumps(result, indent=2) + "\n")


def timed(engine: Engine, batches: Sequence[Sequence[Problem]]) -> tuple[float, list[str]]:
    engine.forget_prompts()
    began = time.perf_counter()
    texts = [text for batch in batches for text in solve(engine, batch)]
    return time.perf_counter() - began, texts


def solve(engine: Engine, problems: Sequence[Problem]) -> list[str]:
    attempts = solve_all(make_strategy("self-consistency"), problems, engine, BUDGET)
    return [completion.text for attempt in attempts for completion in attempt.completions]


if __name__ == "__main__":
    main()
