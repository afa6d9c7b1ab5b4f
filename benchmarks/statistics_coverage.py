"""How often the 95% intervals of `ponder.evaluation.statistics` hold the truth, in simulated worlds.

    python benchmarks/statistics_coverage.py [--worlds 5000] [--out FILE]

In a world, problem i has logit(rate) = mean + spread zᵢ with zᵢ normal, two arms' z are correlated by
`shared`, and each sample is right with its problem's rate; a spread of 0 makes all problems equally hard.
The true accuracy is the mean rate over all problems that could be drawn, by Gauss-Hermite quadrature.
Right-or-wrong counts are whole numbers, so at a fixed accuracy every interval's coverage saws up and down
by a few points as n changes (Brown, Cai & DasGupta 2001); so each world draws its accuracies anew, up to
0.05 to either side of the row's. The percentile bootstrap of the difference is measured beside ours.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ponder.evaluation.statistics import (
    Interval,
    clustered_bootstrap,
    paired_clustered_bootstrap,
    wilson_interval,
)

Array = NDArray[np.float64]

BAND = 0.05
PROBLEMS, SAMPLES = (50, 100, 200, 400), (1, 4, 16)
SPREADS = ((0.0, 0.0), (1.0, 0.5), (4.0, 0.95))
"""Spread of the problems, and how much of it the two arms share."""
ACCURACIES = ((0.1, 0.1), (0.3, 0.5), (0.9, 0.8))
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(101)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    problems: int
    samples: int
    accuracy_a: float
    accuracy_b: float
    spread: float
    shared: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of the worlds whose truth was inside, below and above the interval, and its mean width."""

    covered: float
    below: float
    above: float
    width: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=5000, help="simulated worlds per row")
    parser.add_argument("--resamples", type=int, default=1000, help="resamples of each paired bootstrap")
    parser.add_argument("--out", type=Path, help="where to store the table as JSON")
    options = parser.parse_args()
    began, rows = time.perf_counter(), list[dict[str, Any]]()
    for problems, samples, (spread, shared), (a, b) in itertools.product(
        PROBLEMS, SAMPLES, SPREADS, ACCURACIES
    ):
        world = World(
            problems=problems, samples=samples, accuracy_a=a, accuracy_b=b, spread=spread, shared=shared
        )
        found = measure(world, worlds=options.worlds, resamples=options.resamples, seed=len(rows))
        rows.append(asdict(world) | {name: rounded(asdict(coverage)) for name, coverage in found.items()})
        shown = ", ".join(f"{name} {100 * coverage.covered:.1f}" for name, coverage in found.items())
        print(
            f"n {problems:3} x {samples:2}, spread {spread} shared {shared:4}, {a} {b}: {shown}", flush=True
        )
    figures = {
        "command": f"python benchmarks/statistics_coverage.py --worlds {options.worlds}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "worlds": options.worlds,
        "resamples": options.resamples,
        "noise_95": round(1.96 * (0.95 * 0.05 / options.worlds) ** 0.5, 4),
        "seconds": round(time.perf_counter() - began),
        "summary": summary(rows),
        "rows": rows,
    }
    for name, found in figures["summary"].items():
        print(name, found)
    if options.out:
        options.out.write_text(one_row_a_line(figures), encoding="utf-8")


def measure(world: World, *, worlds: int, resamples: int, seed: int) -> dict[str, Coverage]:
    """The coverage of each interval in so many worlds like this one. Wilson is for one sample a problem."""
    rng = np.random.default_rng(seed)
    intervals: dict[str, list[tuple[Interval, float]]] = {}
    for index in range(worlds):
        truth_a, truth_b, right_a, right_b = draw(world, rng)
        lists_a, lists_b = right_a.tolist(), right_b.tolist()
        found = {
            "clustered": (clustered_bootstrap(lists_a), truth_a),
            "paired": (
                paired_clustered_bootstrap(lists_a, lists_b, seed=index, resamples=resamples),
                truth_b - truth_a,
            ),
            "percentile": (percentile(right_a, right_b, rng, resamples), truth_b - truth_a),
        }
        if world.samples == 1:
            found["wilson"] = (wilson_interval(int(right_a.sum()), world.problems), truth_a)
        for name, pair in found.items():
            intervals.setdefault(name, []).append(pair)
    return {name: coverage(pairs) for name, pairs in intervals.items()}


def draw(world: World, rng: np.random.Generator) -> tuple[float, float, NDArray[Any], NDArray[Any]]:
    """The two true accuracies, and which samples (problems by samples) each arm gets right."""
    accuracies, means = mean_table(world.spread)
    wanted = np.array([world.accuracy_a, world.accuracy_b]) + rng.uniform(-BAND, BAND, size=2)
    mean_a, mean_b = np.interp(wanted, accuracies, means)
    z = rng.standard_normal((2, world.problems, 1))
    z_b = world.shared * z[0] + (1 - world.shared**2) ** 0.5 * z[1]
    shape = (world.problems, world.samples)
    right_a = rng.random(shape) < logistic(mean_a + world.spread * z[0])
    right_b = rng.random(shape) < logistic(mean_b + world.spread * z_b)
    return accuracy(mean_a, world.spread), accuracy(mean_b, world.spread), right_a, right_b


@lru_cache
def mean_table(spread: float) -> tuple[Array, Array]:
    """Accuracies, rising, and the means of the logits that give them; only to aim by."""
    means = np.linspace(-30, 30, 2001)
    return np.array([accuracy(mean, spread) for mean in means]), means


def accuracy(mean: float, spread: float) -> float:
    return float(WEIGHTS @ logistic(mean + spread * NODES) / WEIGHTS.sum())


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def percentile(
    right_a: NDArray[Any], right_b: NDArray[Any], rng: np.random.Generator, resamples: int
) -> Interval:
    """The textbook bootstrap over problems, for comparison."""
    counts = Counter((right_b.sum(axis=1) - right_a.sum(axis=1)).tolist())
    values, weights = np.array(list(counts)), np.array(list(counts.values())) / len(right_a)
    means = rng.multinomial(len(right_a), weights, size=resamples) @ values / right_a.size
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(low), float(high))


def coverage(pairs: list[tuple[Interval, float]]) -> Coverage:
    count = len(pairs)
    return Coverage(
        covered=sum(interval.contains(truth) for interval, truth in pairs) / count,
        below=sum(truth < interval.low for interval, truth in pairs) / count,
        above=sum(truth > interval.high for interval, truth in pairs) / count,
        width=sum(interval.high - interval.low for interval, _ in pairs) / count,
    )


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each interval: rows measured, lowest, mean and highest coverage, and rows within 1.5 points."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("wilson", "clustered", "paired", "percentile"):
        covered = [row[name]["covered"] for row in rows if name in row]
        found[name] = {
            "rows": len(covered),
            "lowest": min(covered),
            "mean": round(sum(covered) / len(covered), 4),
            "highest": max(covered),
            "within_1.5_points": sum(abs(share - 0.95) <= 0.015 for share in covered),
        }
    return found


def rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items()}


def one_row_a_line(figures: dict[str, Any]) -> str:
    head = json.dumps({name: value for name, value in figures.items() if name != "rows"}, indent=2)
    rows = ",\n".join(f"    {json.dumps(row)}" for row in figures["rows"])
    return head.removesuffix("\n}") + f',\n  "rows": [\n{rows}\n  ]\n}}\n'


if __name__ == "__main__":
    main()
