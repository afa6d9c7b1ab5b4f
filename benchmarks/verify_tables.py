r"""Our judge, math-verify alone and plain equality on the two tables of answers that the tests hold.

    python benchmarks/verify_tables.py [--out FILE] [--tables DIR]

A false positive is a near miss that is taken, a false negative an equivalent form that is not. All three get
the same response, the answer in a box. The rows were written for our rules, so the figures say how often the
others depart from these, not how good they are on other answers.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ponder.verify.math import verify_math_many
from ponder.verify.peer_judges import math_verify_alone, plain_equality

TABLES = Path(__file__).parent.parent / "tests" / "verify" / "data"
MOST_SHOWN = 10
Pairs = Sequence[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of the two tables")
    parser.add_argument("--out", type=Path, help="where to store the figures as JSON")
    options = parser.parse_args()
    misses = read_pairs(options.tables / "math_near_misses.jsonl")
    equivalents = read_pairs(options.tables / "math_equivalents.jsonl")
    figures = {
        "command": "python benchmarks/verify_tables.py",
        "python": platform.python_version(),
        "math_verify": version("math-verify"),
        "near_misses": len(misses),
        "equivalents": len(equivalents),
        "judges": {name: measure(judge, misses, equivalents) for name, judge in JUDGES.items()},
    }
    shown = json.dumps(figures, indent=2, ensure_ascii=True)
    for name, found in figures["judges"].items():
        print(
            f"{name:15} {found['false_positives']:4} false positives of {len(misses)},"
            f" {found['false_negatives']:4} false negatives of {len(equivalents)}, {found['seconds']:6.2f} s"
        )
    if options.out:
        options.out.write_text(shown + "\n", encoding="utf-8")


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """(response, gold), the answer in a box unless it has its own or would break one."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(response(row["answer"]), row["gold"]) for row in rows]


def response(answer: str) -> str:
    whole = "\\boxed" in answer or answer.count("{") != answer.count("}")
    return answer if whole else f"\\boxed{{{answer}}}"


def measure(judge: Callable[[Pairs], list[bool]], misses: Pairs, equivalents: Pairs) -> dict[str, Any]:
    began = time.perf_counter()
    taken = judge([*misses, *equivalents])
    seconds = time.perf_counter() - began
    paid = [pair for pair, took in zip(misses, taken[: len(misses)], strict=True) if took]
    refused = [pair for pair, took in zip(equivalents, taken[len(misses) :], strict=True) if not took]
    return {
        "false_positives": len(paid),
        "false_negatives": len(refused),
        "seconds": round(seconds, 2),
        "first_false_positives": paid[:MOST_SHOWN],
        "first_false_negatives": refused[:MOST_SHOWN],
    }


def ours(pairs: Pairs) -> list[bool]:
    return [judgement.correct for judgement in verify_math_many(pairs)]


JUDGES: dict[str, Callable[[Pairs], list[bool]]] = {
    "ours": ours,
    "math-verify": math_verify_alone,
    "plain equality": plain_equality,
}


if __name__ == "__main__":
    main()
