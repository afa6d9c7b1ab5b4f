"""Continuous batching beside fixed batches, on the same 64 requests, alternately in one run.

    python benchmarks/engine_batching.py [--rounds 2] [--out FILE]

SmolLM2-135M in bfloat16. Prompts of 16 to 1,024 tokens, log-uniform; a completion ends at any of a fixed
set of tokens, or after 256, so lengths spread as they do in practice. In fixed batches prompts are padded
to the longest of their batch and all rows run until the last one ends; several sizes of batch are tried
and the quickest is the baseline. Both ways draw the same tokens from the same streams, and this is
checked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import ponder
from ponder.engine.engine import Engine
from ponder.engine.forward import Chunk
from ponder.engine.sampling import RowSampling, stream_key

REQUESTS, SHORTEST, LONGEST, MOST_TOKENS = 64, 16, 1024, 256
BATCHES = (32, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    engine = ponder.load("smollm2-135m", dtype="bfloat16", cache_mb=4096, slots=REQUESTS)
    generator = torch.Generator().manual_seed(0)
    vocabulary = engine.transformer.arch.vocab_size
    engine.tokenizer.eos_ids = frozenset(
        torch.randperm(vocabulary, generator=generator)[: vocabulary // 100].tolist()
    )
    prompts = mixed_prompts(vocabulary, generator)
    sampling = ponder.Sampling(max_tokens=MOST_TOKENS, temperature=1.0, seed=3)
    ways: dict[str, Any] = {"continuous": lambda: continuous(engine, prompts, sampling)}
    for size in BATCHES:
        ways[f"fixed, {size} rows"] = lambda size=size: fixed(engine, prompts, sampling, size)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    texts: list[list[list[int]]] = []
    for _ in range(options.rounds):
        for name, way in ways.items():
            engine.forget_prompts()
            began = time.perf_counter()
            texts.append(way())
            seconds[name].append(time.perf_counter() - began)
    assert all(text == texts[0] for text in texts), "the ways drew different tokens"
    tokens = sum(map(len, texts[0]))
    best = min(list(ways)[1:], key=lambda name: statistics.median(seconds[name]))
    ratios = [slow / fast for slow, fast in zip(seconds[best], seconds["continuous"], strict=True)]
    result = {
        "hardware": {"machine": platform.machine(), "cores": os.cpu_count(), "torch": torch.__version__},
        "requests": REQUESTS, "prompt_tokens": sum(map(len, prompts)), "generated_tokens": tokens,
        "seconds": seconds, "best_fixed": best, "ratios": ratios,
    }  # fmt: skip
    for name, times in seconds.items():
        print(f"{name:<16} {min(times):6.2f}-{statistics.median(times):.2f}-{max(times):.2f} s")
    print(f"continuous is {min(ratios):.2f}-{statistics.median(ratios):.2f}-{max(ratios):.2f} times {best}")
    if options.out:
        options.out.write_text(json.dumps(result, indent=2) + "\n")


def mixed_prompts(vocabulary: int, generator: torch.Generator) -> list[list[int]]:
    spans = torch.rand(REQUESTS, generator=generator)
    lengths = (SHORTEST * (LONGEST / SHORTEST) ** spans).round().int().tolist()
    return [torch.randint(vocabulary, (length,), generator=generator).tolist() for length in lengths]


def continuous(engine: Engine, prompts: Sequence[list[int]], sampling: ponder.Sampling) -> list[list[int]]:
    return [list(group[0].token_ids) for group in engine.generate(prompts, sampling)]


@torch.inference_mode()
def fixed(
    engine: Engine, prompts: Sequence[list[int]], sampling: ponder.Sampling, size: int
) -> list[list[int]]:
    texts: list[list[int]] = []
    for start in range(0, len(prompts), size):
        texts += one_batch(engine, prompts[start : start + size], sampling)
    return texts


def one_batch(engine: Engine, prompts: Sequence[list[int]], sampling: ponder.Sampling) -> list[list[int]]:
    """Padded prompts in passes of 512 tokens a call, then steps of all rows until the last one ends."""
    longest, cache, forward = max(map(len, prompts)), engine.cache, engine.forward
    pages = -(-(longest + sampling.max_tokens) // cache.page_size)
    tables = [range(row * pages, (row + 1) * pages) for row in range(len(prompts))]
    padded = [[*prompt, *[0] * (longest - len(prompt))] for prompt in prompts]
    stretch = max(1, 512 // len(prompts))
    for start in range(0, longest, stretch):
        forward(
            cache,
            [
                Chunk(row[start : start + stretch], start, own, False)
                for row, own in zip(padded, tables, strict=True)
            ],
        )
    chunks = [
        Chunk(prompt[-1:], len(prompt) - 1, own, True) for prompt, own in zip(prompts, tables, strict=True)
    ]
    parameters = RowSampling.of([sampling] * len(prompts), device=engine.transformer.device)
    keys_B = torch.tensor([stream_key(sampling.seed, tuple(prompt), 0) for prompt in prompts])
    texts: list[list[int]] = [[] for _ in prompts]
    ended = [False] * len(prompts)
    for step in range(sampling.max_tokens):
        positions_B = torch.tensor([len(prompt) + step for prompt in prompts])
        drawn = forward.draw(forward(cache, chunks), parameters, keys_B, positions_B, None).tokens_B.tolist()
        for row, token in enumerate(drawn):
            if not ended[row]:
                texts[row].append(token)
                ended[row] = token in engine.tokenizer.eos_ids
        if all(ended):
            break
        chunks = [
            Chunk([token], len(prompt) + step, own, True)
            for token, prompt, own in zip(drawn, prompts, tables, strict=True)
        ]
    return texts


if __name__ == "__main__":
    main()
