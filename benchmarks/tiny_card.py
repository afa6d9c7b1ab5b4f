"""Measures the embedded model on held-out problems and writes the table of its model card.

    python benchmarks/tiny_card.py [--problems 200]

Writes docs/results/tiny/heldout.json and, between its marks, src/ponder/model/tiny/README.md.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import ponder
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.runner import evaluate
from ponder.protocols import Budget, Strategy
from ponder.scaling import ChainOfThought, Direct, SelfConsistency
from ponder.tasks import FAMILIES, TASKS

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src" / "ponder" / "model" / "tiny" / "README.md"
RESULT = ROOT / "docs" / "results" / "tiny" / "heldout.json"
COLUMNS: dict[str, tuple[Strategy, int]] = {
    "at once": (Direct(), 1),
    "thinking, greedy": (ChainOfThought(), 1),
    "thinking, temperature 1": (ChainOfThought(temperature=1.0), 1),
    "8 votes": (SelfConsistency(), 8),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=200)
    count = parser.parse_args().problems
    model = ponder.load("tiny")
    rows = {name: measure(name, model, count) for name in (*FAMILIES, "mixed")}
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(
        json.dumps({"problems": count, "split": "test", "seed": 0, "accuracy": rows}, indent=2) + "\n"
    )
    lines = ["| task | " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * len(COLUMNS)]
    lines += [f"| {name} | " + " | ".join(map(shown, row.values())) + " |" for name, row in rows.items()]
    body = "<!-- scores -->\n" + "\n".join(lines) + "\n<!-- /scores -->"
    CARD.write_text(
        re.sub(r"<!-- scores -->.*?<!-- /scores -->", lambda _: body, CARD.read_text(), flags=re.DOTALL)
    )
    print("\n".join(lines))


def measure(name: str, model: Any, count: int) -> dict[str, list[float]]:
    """Accuracy and its 95% interval per column."""
    problems = TASKS[name].problems(split="test", count=count, seed=0)
    row: dict[str, list[float]] = {}
    for column, (strategy, samples) in COLUMNS.items():
        budget = Budget(tokens=128 * samples, per_completion=128)
        items = evaluate(strategy, TASKS[name], problems, model, budget)
        arm = ArmResult(name=column, title=column, items=items)
        row[column] = [arm.accuracy, *arm.interval]
    return row


def shown(cell: list[float]) -> str:
    accuracy, low, high = (100 * value for value in cell)
    return f"{accuracy:.0f}% ({low:.0f}–{high:.0f})"


if __name__ == "__main__":
    main()
