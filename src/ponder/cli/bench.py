"""`ponder bench`: what this machine does a second, with a model or with the verifiers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ponder.cli.output import Common
from ponder.errors import ConfigError

if TYPE_CHECKING:
    from ponder.engine.load import Precision
    from ponder.engine.throughput import Limits, Speed
    from ponder.verify.throughput import Rate

app = App(name="bench", help="Measure this machine: the engine, the verifiers.", help_format="plaintext")


@app.command
def engine(
    *,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    dtype: str = "auto",
    batch: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (1, 8, 32),
    context: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (128, 1024, 4096),
    kernels: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = ("native", "torch", "compiled"),
    steps: int = 16,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Tokens a second, and how near they are to what memory and arithmetic allow.

    ponder bench engine --model smollm2-135m --batch 1 32

    Parameters
    ----------
    model
        A name from `ponder models list`, a Hugging Face folder or a .gguf file.
    dtype
        Precision of the weights: auto, float32, bfloat16 or int8.
    batch
        Rows that decode together.
    context
        Tokens behind each row. Those beyond the model's context are left out.
    kernels
        native (ours, in C), torch, and compiled (torch.compile, which first takes a minute or two).
    steps
        Steps of each measurement, fewer where they take seconds; the median counts.
    """
    from ponder.cli.sampler import open_engine
    from ponder.engine.throughput import KERNELS, measure_all, measure_limits

    if min((*batch, *context, steps)) < 1:
        raise ConfigError("--batch, --context and --steps must be at least 1")
    if unknown := set(kernels) - set(KERNELS):
        raise ConfigError(f"there are no kernels {min(unknown)!r}; known: {', '.join(KERNELS)}")
    engine = open_engine(model, dtype=_precision(dtype))
    limits = measure_limits(engine.transformer.device)
    rows: list[Speed] = []
    with common.progress.stage("engine", (len(kernels) + 1) * len(batch) * len(context)) as advance:
        for row in measure_all(
            engine.transformer,
            engine.name,
            limits,
            batches=batch,
            contexts=context,
            kernels=kernels,
            steps=steps,
        ):
            rows.append(row)
            advance(1)
    table = {"limits": asdict(limits), "rows": [asdict(row) for row in rows]}
    common.show(table, "\n".join([_limits_line(limits), _HEAD, *map(_speed_line, rows)]))


def _precision(text: str) -> Precision:
    return text  # type: ignore[return-value]  # loading refuses what it does not know


_HEAD = "kernels    cache  batch context   tokens/s   ms/step  share of limit"


def _limits_line(limits: Limits) -> str:
    return (
        f"this machine reads {limits.memory_gb_per_s:.1f} GB/s and multiplies "
        f"{limits.gemm_gflop_per_s:,.0f} GFLOP/s in bfloat16"
    )


def _speed_line(row: Speed) -> str:
    place = f"{row.kernels:<10} {'yes' if row.cached else 'no':<6} {row.batch:>5} {row.context:>7}"
    if row.tokens_per_second is None or row.share_of_limit is None:
        return f"{place}  {row.note}"
    speed = f"{row.tokens_per_second:>10,.1f} {row.ms_per_token:>9,.2f}"
    return f"{place} {speed}  {row.share_of_limit:.0%} ({row.bound})"


@app.command
def verify(
    *,
    seconds: float = 2.0,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Verdicts a second, by kind of verifier.

    ponder bench verify

    Parameters
    ----------
    seconds
        To spend on each kind.
    """
    from ponder.verify.throughput import KINDS, measure_all

    if not seconds > 0:
        raise ConfigError("--seconds must be above 0")
    rates: list[Rate] = []
    with common.progress.stage("verifiers", len(KINDS)) as advance:
        for rate in measure_all(seconds):
            rates.append(rate)
            advance(1)
    common.show({"rows": [asdict(rate) for rate in rates]}, "\n".join(map(_line, rates)))


def _line(rate: Rate) -> str:
    speed = "-" if rate.verdicts_per_second is None else f"{rate.verdicts_per_second:,.0f}"
    return f"{rate.kind:<20} {speed:>10} verdicts a second  {rate.note}".rstrip()
