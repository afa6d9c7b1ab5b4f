"""Peak memory of loading and decoding, beside weights, cache and one step's activations.

    python benchmarks/engine_memory.py [--out FILE]

SmolLM2-135M in bfloat16, 32 samples of one prompt through a cache that just holds them. Anonymous memory
of the process (RssAnon) is read every two milliseconds from before loading to the end; what Python and
torch take by themselves is subtracted. The mapped model file is not anonymous: the system may drop it at
any time.
"""

from __future__ import annotations

import argparse
import json
import platform
import threading
import time
from pathlib import Path

import torch

import ponder
from ponder.engine.load import load_engine  # imported before the baseline is taken
from ponder.engine.native_forward import NativeForward
from ponder.engine.throughput import weight_bytes

STREAMS, PROMPT, NEW_TOKENS = 32, 64, 64


class PeakMemory(threading.Thread):
    """The most anonymous memory seen since it was started."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.first = self.most = anonymous_bytes()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.most = max(self.most, anonymous_bytes())
            time.sleep(0.002)


def anonymous_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.randn(256, 256).bfloat16() @ torch.randn(256, 256).bfloat16()  # wakes torch's threads
    load_engine("tiny", cache_mb=1).generate([[5, 6, 7]], ponder.Sampling(n=2, max_tokens=4))
    watch = PeakMemory()
    watch.start()
    engine = load_engine("smollm2-135m", dtype="bfloat16", slots=STREAMS, max_context=PROMPT + NEW_TOKENS)
    loaded = watch.most - watch.first
    prompt = [(7919 * index) % 40_000 for index in range(PROMPT)]
    engine.generate([prompt], ponder.Sampling(n=STREAMS, max_tokens=NEW_TOKENS, ignore_eos=True))
    watch.over.set()
    watch.join()
    assert isinstance(engine.forward, NativeForward)
    parts = {
        "weights": weight_bytes(engine.transformer),
        "cache": engine.cache_bytes,
        "activations of a step": engine.forward.activation_bytes,
    }
    peak, expected = watch.most - watch.first, sum(parts.values())
    for name, size in {**parts, "expected": expected, "peak while loading": loaded, "peak": peak}.items():
        print(f"{name:<22} {size / 2**20:8.1f} MB")
    print(f"peak / expected        {peak / expected:8.3f}")
    if options.out:
        result = {"machine": platform.machine(), "parts": parts, "peak": peak, "ratio": peak / expected}
        options.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
