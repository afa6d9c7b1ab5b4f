"""Tokens a second of a model on this machine, beside what its memory and its arithmetic allow.

A decoding step must read every weight once and the keys and values of every row (memory), and multiply
every weight with every row (arithmetic); both rates are measured on the spot, and the larger of the two
times is the limit. Steps run on a cache filled with noise, so a context costs nothing to reach; drawing
tokens is included. Without a cache a token costs a whole forward pass over its context. A model that fits
the processor's own caches can pass 100% of what memory allows. Measures speed, not what is said.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from ponder.engine.compiled import CompiledPass
from ponder.engine.engine import choose_forward
from ponder.engine.forward import Chunk, Forward
from ponder.engine.kv_cache import PAGE_SIZE, KVCache, bytes_per_position
from ponder.engine.native.library import KernelError
from ponder.engine.padded_forward import PaddedForward
from ponder.engine.sampling import RowSampling
from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.records import Sampling

MEMORY_BYTES = 256 << 20
GEMM_SIZE = 2048
REPEATS = 5
LONGEST_UNCACHED = 2.0
"""Seconds that a step without a cache may be expected to take; longer ones are left out."""
LONGEST_MEASUREMENT = 5.0
"""Seconds after which no further steps of one kind are taken."""
FEWEST_STEPS = 3
KERNELS = ("native", "torch", "compiled")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine gives: bytes read and bfloat16 operations a second, in billions."""

    memory_gb_per_s: float
    gemm_gflop_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One way of decoding at one size. `share_of_limit` is the limit's time over the time taken."""

    model: str
    dtype: str
    kernels: str
    batch: int
    context: int
    cached: bool
    compiled: bool
    tokens_per_second: float | None
    ms_per_token: float | None
    """Of a step, in which each row gains a token; None where it was left out, and `note` says why."""
    share_of_limit: float | None
    bound: str = ""
    note: str = ""


def measure_limits(device: torch.device) -> Limits:
    numbers = torch.ones(MEMORY_BYTES // 4, device=device)
    matrix = torch.randn(GEMM_SIZE, GEMM_SIZE, device=device).bfloat16()
    return Limits(
        numbers.nbytes / best_time(numbers.sum, device) / 1e9,
        2 * GEMM_SIZE**3 / best_time(lambda: matrix @ matrix, device) / 1e9,
    )


def best_time(run: Callable[[], object], device: torch.device, *, repeats: int = REPEATS) -> float:
    """Seconds of the quickest run, after one that warms up."""
    times: list[float] = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - began)
    return min(times[1:])


def make_forward(transformer: Transformer, kernels: str) -> Forward:
    if kernels == "compiled":
        return PaddedForward(transformer, decode=CompiledPass())
    return choose_forward(transformer, "native" if kernels == "native" else "torch")


def measure_all(
    transformer: Transformer,
    name: str,
    limits: Limits,
    *,
    batches: Sequence[int],
    contexts: Sequence[int],
    kernels: Sequence[str] = KERNELS,
    steps: int = 16,
) -> Iterator[Speed]:
    """Every kind of kernels at every size with the cache, then torch without it."""
    contexts = [context for context in contexts if context < transformer.arch.context]
    for kind in kernels:
        try:
            forward = make_forward(transformer, kind)
        except KernelError as error:
            yield _left_out(transformer, name, kind, cached=True, note=str(error))
            continue
        for batch in batches:
            each = {
                context: DecodeBench(transformer, forward, batch=batch, context=context)
                for context in contexts
            }
            for context, seconds in _in_turn(each, steps).items():
                yield _speed(transformer, name, kind, limits, batch, context, seconds, cached=True)
    yield from _without_cache(transformer, name, limits, batches, contexts)


class DecodeBench:
    """Rows that have `context` tokens behind them and gain one a step."""

    def __init__(self, transformer: Transformer, forward: Forward, *, batch: int, context: int) -> None:
        each = -(-(context + 1) // PAGE_SIZE)
        device = transformer.device
        self.forward, self.device = forward, device
        self.cache = KVCache(transformer.arch, pages=batch * each, dtype=transformer.dtype, device=device)
        self.cache.keys.normal_()
        self.cache.values.normal_()
        self.chunks = [
            Chunk(
                [row % transformer.arch.vocab_size], context, range(row * each, (row + 1) * each), wanted=True
            )
            for row in range(batch)
        ]
        self.sampling = RowSampling.of([Sampling()] * batch, device=device)
        self.keys_B = torch.arange(batch, device=device)
        for _ in range(3):
            self.step()

    @torch.inference_mode()
    def step(self) -> float:
        """Seconds of a step, its tokens brought back."""
        began = time.perf_counter()
        logits_BV = self.forward(self.cache, self.chunks)
        drawn = self.forward.draw(logits_BV, self.sampling, self.keys_B, self.keys_B, None)
        drawn.tokens_B.tolist()  # pyright: ignore[reportUnknownMemberType]
        return time.perf_counter() - began


def _in_turn(benches: Mapping[int, DecodeBench], steps: int) -> dict[int, float]:
    """The median step of each, taken in turn so that a slow moment of the machine touches all; of slow ones
    fewer steps are taken."""
    times: dict[int, list[float]] = {context: [] for context in benches}
    for _ in range(steps):
        for context, bench in benches.items():
            if len(times[context]) < FEWEST_STEPS or sum(times[context]) < LONGEST_MEASUREMENT:
                times[context].append(bench.step())
    return {context: statistics.median(each) for context, each in times.items()}


def limit_seconds(
    transformer: Transformer, limits: Limits, *, batch: int, context: int, cached: bool = True
) -> tuple[float, str]:
    """The least time of a step, and what bounds it."""
    arch = transformer.arch
    new = 1 if cached else context + 1
    memory = weight_bytes(transformer)
    if cached:
        seen = sum(min(context + 1, arch.window(layer) or context + 1) for layer in range(arch.layers))
        memory += batch * seen * bytes_per_position(arch, dtype=transformer.dtype) // arch.layers
    flops = batch * forward_flops(arch, context + 1 - new, context + 1, logits=1)
    memory_time, gemm_time = memory / limits.memory_gb_per_s / 1e9, flops / limits.gemm_gflop_per_s / 1e9
    return (memory_time, "memory") if memory_time > gemm_time else (gemm_time, "arithmetic")


def weight_bytes(transformer: Transformer) -> int:
    """Of all weights, shared ones once; an embedding that is not the output head is not read as a whole."""
    tensors = {each.data_ptr(): each.nbytes for each in (*transformer.parameters(), *transformer.buffers())}
    if not transformer.arch.tied_embeddings:
        tensors.pop(transformer.embed_tokens.weight.data_ptr())
    return sum(tensors.values())


def _without_cache(
    transformer: Transformer, name: str, limits: Limits, batches: Sequence[int], contexts: Sequence[int]
) -> Iterator[Speed]:
    for batch in batches:
        for context in contexts:
            least, _ = limit_seconds(transformer, limits, batch=batch, context=context, cached=False)
            if 2 * least > LONGEST_UNCACHED:
                note = f"left out: a token would take more than {LONGEST_UNCACHED:.0f} s"
                yield _left_out(transformer, name, "torch", batch, context, cached=False, note=note)
                continue
            ids_BT = torch.ones(batch, context + 1, dtype=torch.int64, device=transformer.device)

            def run(ids_BT: torch.Tensor = ids_BT) -> None:
                with torch.inference_mode():
                    transformer.logits(transformer.hidden(ids_BT)[:, -1])

            seconds = best_time(run, transformer.device, repeats=2)
            yield _speed(transformer, name, "torch", limits, batch, context, seconds, cached=False)


def _speed(
    transformer: Transformer, name: str, kernels: str, limits: Limits, batch: int, context: int,
    seconds: float, *, cached: bool,
) -> Speed:  # fmt: skip
    least, bound = limit_seconds(transformer, limits, batch=batch, context=context, cached=cached)
    return Speed(
        model=name,
        dtype=_dtype(transformer),
        kernels=kernels,
        batch=batch,
        context=context,
        cached=cached,
        compiled=kernels == "compiled",
        tokens_per_second=batch / seconds,
        ms_per_token=1000 * seconds,
        share_of_limit=least / seconds,
        bound=bound,
    )


def _left_out(
    transformer: Transformer,
    name: str,
    kernels: str,
    batch: int = 0,
    context: int = 0,
    *,
    cached: bool,
    note: str,
) -> Speed:
    return Speed(
        model=name,
        dtype=_dtype(transformer),
        kernels=kernels,
        batch=batch,
        context=context,
        cached=cached,
        compiled=kernels == "compiled",
        tokens_per_second=None,
        ms_per_token=None,
        share_of_limit=None,
        note=note,
    )


def _dtype(transformer: Transformer) -> str:
    return str(transformer.lm_head.weight.dtype).removeprefix("torch.")
