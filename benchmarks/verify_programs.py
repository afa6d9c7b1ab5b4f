"""HumanEval through the sandbox: canonical solutions pass, mutated ones fail, and how long that takes.

    python benchmarks/verify_programs.py --data HumanEval.jsonl.gz --out docs/results/verify-programs.json

A mutated program is the canonical one with its body replaced by `return None`. Latency is that of one warm
check after the other; throughput has every core busy with small programs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ponder.errors import SandboxError
from ponder.records import Judgement
from ponder.verify.program import ProgramVerifier, verify_program
from ponder.verify.sandbox import open_sandbox

SMALL = json.dumps({"entry_point": "f", "cases": [{"args": [n], "expected": n + 1} for n in range(3)]})
CHECKS = 600


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="HumanEval.jsonl or HumanEval.jsonl.gz")
    parser.add_argument("--out", type=Path, help="where to write the figures as JSON")
    options = parser.parse_args()
    opened = gzip.open if options.data.suffix == ".gz" else open
    with opened(options.data, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    result = {
        "machine": platform.machine(),
        "levels": [level for level in map(lambda name: measure(name, rows), ("guard", "jail")) if level],
    }
    print(json.dumps(result, indent=2))
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def measure(level: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    try:
        open_sandbox(level)
    except SandboxError as error:
        print(f"{level}: {error}")
        return None
    tests = [json.dumps({key: row[key] for key in ("entry_point", "test", "prompt")}) for row in rows]
    canonical = [row["prompt"] + row["canonical_solution"] for row in rows]
    mutated = [row["prompt"] + "    return None\n" for row in rows]
    verifier = ProgramVerifier(level=level)
    passed, passing_s = timed(verifier, list(zip(canonical, tests, strict=True)))
    failed, failing_s = timed(verifier, list(zip(mutated, tests, strict=True)))
    single = [seconds(program, test, level) for program, test in zip(canonical, tests, strict=True)]
    small = [seconds("def f(x): return x + 1", SMALL, level) for _ in range(100)]
    with ThreadPoolExecutor(4) as threads:
        began = time.perf_counter()
        done = list(
            threads.map(lambda _: verify_program("def f(x): return x + 1", SMALL, level=level), range(CHECKS))
        )
        rate = CHECKS / (time.perf_counter() - began)
    assert all(judgement.correct for judgement in done)
    return {
        "level": level,
        "canonical": outcomes(passed),
        "mutated": outcomes(failed),
        "seconds_for_both": round(passing_s + failing_s, 2),
        "median_ms_per_check": {"human_eval": median_ms(single), "small": median_ms(small)},
        "small_checks_per_second": round(rate),
    }


def timed(verifier: ProgramVerifier, pairs: list[tuple[str, str]]) -> tuple[list[Judgement], float]:
    began = time.perf_counter()
    return verifier.many(pairs), time.perf_counter() - began


def seconds(program: str, tests: str, level: str) -> float:
    began = time.perf_counter()
    verify_program(program, tests, level=level)
    return time.perf_counter() - began


def outcomes(judgements: list[Judgement]) -> dict[str, int]:
    return dict(Counter(judgement.outcome for judgement in judgements))


def median_ms(values: list[float]) -> float:
    return round(1000 * statistics.median(values), 2)


if __name__ == "__main__":
    main()
