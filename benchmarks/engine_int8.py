"""What 8-bit weights cost: perplexity on GSM8K's text, beside bfloat16 and float32.

    python benchmarks/engine_int8.py --data DIR [--problems 200] [--out FILE]

DIR holds gsm8k_test.jsonl. Each problem is its question and its worked answer; the perplexity is that of
all their tokens together, by SmolLM2-135M. The interval of the ratio is a paired bootstrap over problems.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

import ponder

PRECISIONS = ("float32", "bfloat16", "int8")
RESAMPLES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = (options.data / "gsm8k_test.jsonl").read_text(encoding="utf-8").splitlines()[: options.problems]
    texts = [f"{row['question']}\n{row['answer']}" for row in map(json.loads, lines)]
    sums: dict[str, list[tuple[float, int]]] = {}
    for precision in PRECISIONS:
        engine = ponder.load("smollm2-135m", dtype=precision, cache_mb=64)
        scores = engine.score([engine.tokenizer.encode(text) for text in texts])
        sums[precision] = [(sum(row), len(row)) for row in scores]
        print(f"{precision:<10} perplexity {perplexity(sums[precision]):.4f}")
    ratio = perplexity(sums["int8"]) / perplexity(sums["bfloat16"])
    low, high = interval(sums["int8"], sums["bfloat16"])
    print(f"int8 / bfloat16 {ratio:.5f} (95% interval {low:.5f} to {high:.5f})")
    if options.out:
        result = {
            "problems": len(texts), "tokens": sum(count for _, count in sums["int8"]),
            "perplexity": {name: perplexity(each) for name, each in sums.items()},
            "int8_over_bfloat16": ratio, "interval": [low, high],
        }  # fmt: skip
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def perplexity(sums: list[tuple[float, int]]) -> float:
    return math.exp(-sum(logprob for logprob, _ in sums) / sum(count for _, count in sums))


def interval(some: list[tuple[float, int]], others: list[tuple[float, int]]) -> tuple[float, float]:
    draw = random.Random(0)
    ratios: list[float] = []
    for _ in range(RESAMPLES):
        picked = [draw.randrange(len(some)) for _ in some]
        ratios.append(perplexity([some[i] for i in picked]) / perplexity([others[i] for i in picked]))
    ratios.sort()
    return ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES)]


if __name__ == "__main__":
    main()
