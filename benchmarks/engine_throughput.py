"""Tokens per second of the engine beside transformers on the same weights, alternately in one run.

    python benchmarks/engine_throughput.py [--rows 1 8 64] [--rounds 3] [--out FILE]

Prints min, median and max of each, and the ratio of medians. Speed depends on the machine; quote ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

import ponder
from ponder.engine.engine import Engine
from ponder.model.catalog import locate
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.tasks import TASKS

NEW_TOKENS = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8, 64, 256])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    engine = ponder.load("tiny")
    peer = AutoModelForCausalLM.from_pretrained(locate("tiny"), dtype=torch.float32).eval()
    results = [measure(engine, peer, rows, options.rounds) for rows in options.rows]
    for result in results:
        print(line(result))
    if options.out:
        hardware = {"machine": platform.machine(), "cores": os.cpu_count(), "torch": torch.__version__}
        options.out.write_text(json.dumps({"hardware": hardware, "results": results}, indent=2) + "\n")


def measure(engine: Engine, peer: torch.nn.Module, rows: int, rounds: int) -> dict[str, object]:
    """Every contender once per round, in turn, so that a slow moment of the machine touches all."""
    problems = TASKS["mixed"].problems(split="test", count=rows, seed=0)
    prompts = [engine.prompt_ids(ask_for(problem, THINK_FIRST)) for problem in problems]
    group = [prompts[0]]
    contenders: dict[str, Callable[[], int]] = {
        "ponder": lambda: ours(engine, prompts, 1),
        "ponder, one prompt forked": lambda: ours(engine, group, rows),
        "transformers": lambda: theirs(peer, prompts),
    }
    for contender in contenders.values():
        contender()
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            began = time.perf_counter()
            tokens = contender()
            speeds[name].append(tokens / (time.perf_counter() - began))
    return {"rows": rows, "tokens_per_second": speeds}


def ours(engine: Engine, prompts: Sequence[tuple[int, ...]], n: int) -> int:
    sampling = ponder.Sampling(n=n, max_tokens=NEW_TOKENS, temperature=1.0, ignore_eos=True)
    return sum(len(c.token_ids) for group in engine.generate(prompts, sampling) for c in group)


@torch.inference_mode()
def theirs(peer: torch.nn.Module, prompts: Sequence[tuple[int, ...]]) -> int:
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    peer.generate(  # type: ignore[operator]
        ids, attention_mask=mask, min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS,
        do_sample=True, top_k=0, pad_token_id=0,
    )  # fmt: skip
    return NEW_TOKENS * len(prompts)


def line(result: dict[str, object]) -> str:
    speeds: dict[str, list[float]] = result["tokens_per_second"]  # type: ignore[assignment]
    base = statistics.median(speeds["transformers"])
    parts = [
        f"{name} {min(s):,.0f}-{statistics.median(s):,.0f}-{max(s):,.0f} ({statistics.median(s) / base:.2f}x)"
        for name, s in speeds.items()
    ]
    return f"{result['rows']:>4} rows, tokens/s min-median-max: " + "; ".join(parts)


if __name__ == "__main__":
    main()
