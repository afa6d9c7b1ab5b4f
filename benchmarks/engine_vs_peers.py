"""Ours, transformers and llama.cpp on the same weights, alternately in one run: one stream, and many.

    pip install llama-cpp-python        # optional: about six minutes of compiling
    python benchmarks/engine_vs_peers.py [--rounds 5] [--out FILE]

SmolLM2-135M (`ponder models pull smollm2-135m`), dequantised and rounded to bfloat16 once, for all
contenders. Every contender decodes 64 tokens after a prompt of 16, in turn, round after round, so that a
slow moment of the machine touches all; the bandwidth and GEMM limits are measured in every round too.
Prints min, median and max of each, and of the ratios within rounds. Prompts' own time is included
everywhere.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

import ponder
from ponder.engine.engine import Engine
from ponder.engine.quantization import quantize_int8
from ponder.engine.throughput import limit_seconds, measure_limits
from ponder.model.catalog import locate
from ponder.model.checkpoint import save_transformer

MODEL = "smollm2-135m"
NEW_TOKENS = 64
PROMPT = [(7919 * index) % 40_000 for index in range(1, 17)]
STREAMS = 32
Contender = Callable[[], int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        one, many, engine = contenders(Path(folder))
        results = {
            "one stream": compare(one, engine, 1, options.rounds),
            f"{STREAMS} samples of one prompt": compare(many, engine, STREAMS, options.rounds),
        }
    for title, result in results.items():
        print_result(title, result)
    if options.out:
        hardware = {"machine": platform.machine(), "cores": os.cpu_count(), "torch": torch.__version__}
        options.out.write_text(json.dumps({"hardware": hardware, "results": results}, indent=2) + "\n")


def contenders(folder: Path) -> tuple[dict[str, Contender], dict[str, Contender], Engine]:
    engine = ponder.load(MODEL, dtype="bfloat16", cache_mb=512, slots=STREAMS)
    save_transformer(engine.transformer, folder / "hf", dtype=torch.bfloat16, eos_ids=[0])
    peer = AutoModelForCausalLM.from_pretrained(folder / "hf", dtype=torch.bfloat16).eval()
    small = quantize_int8(copy.deepcopy(engine.transformer))
    int8 = Engine(small, engine.tokenizer, engine.template, cache_mb=512, slots=STREAMS)
    in_torch = Engine(
        engine.transformer, engine.tokenizer, engine.template, cache_mb=512, slots=STREAMS, kernels="torch"
    )
    one: dict[str, Contender] = {
        "ponder": lambda: ours(engine, 1),
        "ponder, int8": lambda: ours(int8, 1),
        "ponder, torch kernels": lambda: ours(in_torch, 1),
        "transformers": lambda: theirs(peer, 1),
    }
    if (llama := llama_cpp(folder / "model.gguf")) is not None:
        one["llama.cpp"] = llama
    many: dict[str, Contender] = {
        "ponder": lambda: ours(engine, STREAMS),
        "ponder, int8": lambda: ours(int8, STREAMS),
        "ponder, torch kernels": lambda: ours(in_torch, STREAMS),
        "transformers": lambda: theirs(peer, STREAMS),
    }
    return one, many, engine


def ours(engine: Engine, n: int) -> int:
    engine.forget_prompts()  # the prompt is computed every time
    sampling = ponder.Sampling(n=n, max_tokens=NEW_TOKENS, temperature=1.0, ignore_eos=True)
    return sum(len(completion.token_ids) for completion in engine.generate([PROMPT], sampling)[0])


@torch.inference_mode()
def theirs(peer: Any, n: int) -> int:
    ids = torch.tensor([PROMPT])
    peer.generate(
        ids, attention_mask=torch.ones_like(ids), min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS,
        do_sample=True, top_k=0, num_return_sequences=n, pad_token_id=0,
    )  # fmt: skip
    return n * NEW_TOKENS


def llama_cpp(path: Path) -> Contender | None:
    """One stream of llama.cpp, which draws greedily: its cheapest way."""
    try:
        from llama_cpp import Llama
    except ImportError:
        print("llama-cpp-python is not installed: going on without llama.cpp")
        return None
    write_bfloat16_gguf(locate(MODEL), path)
    threads = torch.get_num_threads()
    model = Llama(str(path), n_ctx=256, n_threads=threads, n_threads_batch=threads, verbose=False)

    def run() -> int:
        model.reset()
        model.eval(PROMPT)
        for _ in range(NEW_TOKENS):
            model.eval([model.sample(temp=0.0)])
        return NEW_TOKENS

    return run


def write_bfloat16_gguf(source: Path, target: Path) -> None:
    """The same file with every matrix dequantised and rounded to bfloat16."""
    import gguf
    from gguf.quants import dequantize

    reader, writer = gguf.GGUFReader(source), gguf.GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], inner)
    for tensor in reader.tensors:
        wide = torch.tensor(dequantize(tensor.data, tensor.tensor_type))
        if wide.dim() == 1:
            writer.add_tensor(tensor.name, wide.numpy())
            continue
        raw = wide.bfloat16().view(torch.uint8).numpy()
        writer.add_tensor(tensor.name, raw, raw_shape=raw.shape, raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare(each: dict[str, Contender], engine: Engine, rows: int, rounds: int) -> dict[str, Any]:
    for contender in each.values():
        contender()
    speeds: dict[str, list[float]] = {name: [] for name in each}
    limits: dict[str, list[float]] = {"memory": [], "arithmetic": [], "share": []}
    for _ in range(rounds):
        for name, contender in each.items():
            began = time.perf_counter()
            tokens = contender()
            speeds[name].append(tokens / (time.perf_counter() - began))
        limit = measure_limits(engine.transformer.device)
        context = len(PROMPT) + NEW_TOKENS // 2
        least, _ = limit_seconds(engine.transformer, limit, batch=rows, context=context)
        limits["memory"].append(limit.memory_gb_per_s)
        limits["arithmetic"].append(limit.gemm_gflop_per_s)
        limits["share"].append(speeds["ponder"][-1] * least / rows)
    ratios = {
        f"ponder / {name}": [mine / peer for mine, peer in zip(speeds["ponder"], theirs_, strict=True)]
        for name, theirs_ in speeds.items()
        if name != "ponder"
    }
    return {"rows": rows, "tokens_per_second": speeds, "ratios": ratios, "limits": limits}


def spread(values: Sequence[float], form: str) -> str:
    return "-".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


def print_result(title: str, result: dict[str, Any]) -> None:
    print(f"{title} (min-median-max of rounds)")
    for name, speeds in result["tokens_per_second"].items():
        print(f"  {name:<24} {spread(speeds, ',.1f'):>28} tokens/s")
    for name, ratios in result["ratios"].items():
        print(f"  {name:<34} {spread(ratios, '.2f'):>18}")
    limits = result["limits"]
    memory, arithmetic = spread(limits["memory"], ".1f"), spread(limits["arithmetic"], ",.0f")
    print(f"  memory {memory} GB/s, bfloat16 {arithmetic} GFLOP/s")
    print(f"  share of the limit {spread(limits['share'], '.0%')}")


if __name__ == "__main__":
    main()
