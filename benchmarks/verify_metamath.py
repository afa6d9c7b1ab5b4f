"""Measures the Metamath kernel: reading a database, and proofs checked per second, each through the verifier.

    python benchmarks/verify_metamath.py [--sample 400] [--seconds 2] [DATABASE ...]

Without names: the built-in database, and set.mm where Debian's metamath-databases is installed. "Small"
proofs are those of at most 300 characters. Where the `metamath` program is installed its run stands beside.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ponder.records import Verdict
from ponder.verify.kernels.metamath import BUILT_IN, INSTALLED, Metamath
from ponder.verify.kernels.metamath_database import Database

SMALL = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("databases", nargs="*", type=Path)
    parser.add_argument("--sample", type=int, default=400, help="proofs drawn from a database")
    parser.add_argument("--seconds", type=float, default=2.0, help="time to spend on each figure")
    options = parser.parse_args()
    known = [BUILT_IN / "arithmetic.mm", INSTALLED / "set.mm"]
    for path in options.databases or [path for path in known if path.is_file()]:
        measure(path, options.sample, options.seconds)


def measure(path: Path, sample: int, seconds: float) -> None:
    began = time.perf_counter()
    database = Database.read(path)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    labels = database.theorems
    print(f"{path.name}: {len(labels)} theorems, read in {took:.2f} s, process peak {peak:.0f} MB")
    drawn = random.Random(0).sample(labels, min(sample, len(labels)))
    small = [label for label in labels if len(database.proof(label)) <= SMALL]
    report("sampled proofs", database, drawn, seconds)
    report("small proofs", database, random.Random(0).sample(small, min(sample, len(small))), seconds)
    if shutil.which("metamath"):
        print(f"  metamath reads and verifies all of it in {metamath_seconds(path):.2f} s")


def report(title: str, database: Database, labels: Sequence[str], seconds: float) -> None:
    """Each proof at least once, then rounds until the time is up; a refused one stops the run."""
    judge = Metamath(database)
    golds = [(database.proof(label), label) for label in labels]
    times = dict.fromkeys(labels, float("inf"))
    checks, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for proof, label in golds:
            start = time.perf_counter()
            verdict = judge(proof, label).verdict
            times[label] = min(times[label], time.perf_counter() - start)
            if verdict is not Verdict.CORRECT:
                raise SystemExit(f"{label} was refused")
        checks += len(golds)
    rate = checks / (time.perf_counter() - began)
    each = sorted(1000 * value for value in times.values())
    tail = each[min(len(each) - 1, len(each) * 99 // 100)]
    print(
        f"  {title}: {len(labels)}, {rate:,.0f} checks a second;"
        f" median {statistics.median(each):.3f} ms, p99 {tail:.2f} ms"
    )


def metamath_seconds(path: Path) -> float:
    began = time.perf_counter()
    command = ["metamath", f"read '{path}'", "verify proof *", "exit"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
