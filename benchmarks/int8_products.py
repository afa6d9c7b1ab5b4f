"""A decoding step's matrix products with 8-bit weights: torch's operator beside our whole step.

    python benchmarks/int8_products.py [--out FILE]

SmolLM2-135M. For each number of rows: all products of one step by `torch.nn.functional.linear` in bfloat16
and by `torch._weight_int8pack_mm`, and a whole step of ours, attention and drawing included, in bfloat16
and in 8 bits. In turn, round after round; medians. Also how far the products of the output head are from
those of the float32 weights.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import ponder
from ponder.engine.quantization import quantize_int8, quantize_rows
from ponder.engine.throughput import DecodeBench, make_forward
from ponder.model.transformer import Transformer

ROWS = (1, 8, 32)
CONTEXT = 128
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    engine = ponder.load("smollm2-135m", dtype="bfloat16", cache_mb=64)
    wide = engine.transformer
    small = quantize_int8(copy.deepcopy(wide))
    weights = [module.weight.detach() for module in wide.modules() if isinstance(module, nn.Linear)]
    rounded = [quantize_rows(weight) for weight in weights]
    packed = [(integers, scales.bfloat16()) for integers, scales in rounded]
    table: dict[int, dict[str, float]] = {}
    for rows in ROWS:
        ways = {
            **torch_products(weights, packed, rows),
            "our step, bfloat16": our_step(wide, rows),
            "our step, int8": our_step(small, rows),
        }
        table[rows] = medians(ways)
        print(f"{rows} rows", *(f"{name} {ms:.2f} ms" for name, ms in table[rows].items()), sep="\n  ")
    errors = head_errors(ponder.load("smollm2-135m", dtype="float32").transformer.lm_head.weight.detach())
    print("relative error of the output head", *(f"{name} {e:.5f}" for name, e in errors.items()), sep="\n  ")
    if options.out:
        options.out.write_text(json.dumps({"milliseconds": table, "head_error": errors}, indent=2) + "\n")


def torch_products(
    weights: list[Tensor], packed: list[tuple[Tensor, Tensor]], rows: int
) -> dict[str, Callable[[], object]]:
    inputs = {width: torch.randn(rows, width).bfloat16() for width in {w.shape[1] for w in weights}}
    return {
        "products, linear bfloat16": lambda: [F.linear(inputs[w.shape[1]], w) for w in weights],
        "products, _weight_int8pack_mm": lambda: [
            torch._weight_int8pack_mm(inputs[w.shape[1]], w, scales) for w, scales in packed
        ],
    }


def our_step(transformer: Transformer, rows: int) -> Callable[[], object]:
    return DecodeBench(transformer, make_forward(transformer, "native"), batch=rows, context=CONTEXT).step


@torch.inference_mode()
def medians(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(each) for name, each in times.items()}


def head_errors(weight_VW: Tensor) -> dict[str, float]:
    """Root mean square against the float32 product, relative; the input is held in bfloat16 by all."""
    x = torch.randn(8, weight_VW.shape[1], generator=torch.Generator().manual_seed(0)).bfloat16()
    integers, scales = quantize_rows(weight_VW)
    true = x.float() @ weight_VW.T
    ways = {
        "bfloat16 weights": x.float() @ weight_VW.bfloat16().float().T,
        "8 bits, float32 scales (ours)": x.float() @ (integers.float() * scales[:, None]).T,
        "8 bits, _weight_int8pack_mm": torch._weight_int8pack_mm(x, integers, scales.bfloat16()).float(),
    }
    return {name: float((out - true).norm() / true.norm()) for name, out in ways.items()}


if __name__ == "__main__":
    main()
