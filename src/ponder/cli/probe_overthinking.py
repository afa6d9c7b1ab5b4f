"""`ponder probe overthinking`: one trace a problem, cut at every budget; what thinking buys and wastes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ponder.cli.output import Common
from ponder.errors import ConfigError, ContextError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ponder.engine.engine import Engine
    from ponder.evaluation.overthinking_result import OverthinkingResult
    from ponder.evaluation.overthinking_run import Asked
    from ponder.evaluation.truncated_traces import TraceConfig

LARGEST = 1024
"""Thinking tokens of a trace, where no budgets are given and the context has room for them."""
COLUMNS = (0, 1, 2, 3, 4, 5, 6, 8, 9, 10)
"""What a terminal shows of the measures."""


def overthinking(
    *,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    adapter: Path | None = None,
    task: Annotated[tuple[str, ...], Parameter(alias="-t", consume_multiple=True)] = (),
    data: Path | None = None,
    split: Literal["test", "train"] = "test",
    budgets: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    limit: int = 100,
    samples: int = 1,
    temperature: float | None = None,
    answer_tokens: int = 64,
    seed: int = 0,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Measure how much thinking each problem needs, and what the rest costs or breaks.

    ponder probe overthinking --model tiny --task arithmetic copying --out runs/overthinking

    Run it again with the same --out to go on after an interruption: nothing is sampled twice.

    Parameters
    ----------
    model
        A name from `ponder models list`, a Hugging Face folder or a .gguf file.
    adapter
        The folder of a LoRA adapter for that model, as `ponder train` and PEFT write it.
    task
        One or more; by default arithmetic, word-problems, deduction, ordering and programs, and copying,
        dictionary and lookup, on which thinking should not help. With --data any one name.
    data
        A file of problems.
    split
        Which problems: test to measure, train to calibrate a router with (`ponder route calibrate`).
    budgets
        Thinking tokens, ascending, with commas between them: 0,8,16,32; 0 is no thinking. By default they
        follow from how long the model thinks about these problems.
    limit
        Problems of each task at most.
    samples
        Traces of each problem.
    temperature
        Of the traces; 0 for one sample, 1 for several when not given. Answers are greedy.
    answer_tokens
        Generated tokens of an answer at most, the end of the thinking included.
    seed
        Decides which generated problems are drawn and what is sampled.
    out
        The run folder; runs/overthinking-DATE-TIME when not given. Holds completions.jsonl, outcomes.jsonl
        (what each budget did for each problem), overthinking.json, .md, .svg and report.html.
    """
    from ponder.cli.sampler import open_engine
    from ponder.evaluation.overthinking_run import parse_budgets
    from ponder.evaluation.truncated_traces import TraceConfig
    from ponder.tasks import FAMILIES, ONE_STEP

    grid = () if budgets is None else parse_budgets(budgets)
    heat = temperature if temperature is not None else float(samples > 1)
    if limit < 1:
        raise ConfigError("--limit must be at least 1")
    if samples > 1 and heat == 0:
        raise ConfigError(f"--samples {samples} at --temperature 0 are {samples} times the same trace")
    config = TraceConfig(
        largest=grid[-1] if grid else LARGEST, answer_tokens=answer_tokens, samples=samples,
        temperature=heat, seed=seed,
    )  # fmt: skip
    names = task or ((*FAMILIES, *ONE_STEP) if data is None else ("problems",))
    asked = _asked(names, data, split=split, limit=limit, seed=seed)
    engine = open_engine(model, adapter=adapter)
    settings = {
        "model": model,
        "adapter": None if adapter is None else str(adapter),
        "tasks": list(names),
        "data": None if data is None else str(data),
        "split": split,
        "budgets": list(grid),
        "limit": limit,
    }
    _probe(engine, asked, config, settings, out, common)


def _asked(names: Sequence[str], data: Path | None, *, split: str, limit: int, seed: int) -> list[Asked]:
    """Each task with its problems; one that two tasks draw stays with the first."""
    from ponder.tasks import load_task

    if data is not None and len(names) > 1:
        raise ConfigError(f"--data is one task, and --task names {len(names)}: {', '.join(names)}")
    seen: set[tuple[str, str]] = set()
    asked: list[Asked] = []
    for name in dict.fromkeys(names):
        source = load_task(name, data)
        problems = source.problems(split=split, count=limit, seed=seed)
        fresh = [each for each in problems if (each.task, each.id) not in seen]
        seen.update((each.task, each.id) for each in fresh)
        asked.append((source, fresh))
    return asked


def _probe(
    engine: Engine,
    asked: Sequence[Asked],
    config: TraceConfig,
    settings: dict[str, Any],
    out: Path | None,
    common: Common,
) -> None:
    from dataclasses import asdict, replace

    from ponder.evaluation.budget_outcomes import outcome_lines
    from ponder.evaluation.completion_store import StoredSampler
    from ponder.evaluation.overthinking_result import OverthinkingResult
    from ponder.evaluation.overthinking_run import run_overthinking
    from ponder.evaluation.truncated_traces import TruncatedTraces
    from ponder.report.overthinking_page import write_overthinking
    from ponder.runlog import make_manifest, origin_of, resume_run_folder
    from ponder.storage import write_text

    config = replace(config, largest=_largest(engine, asked, config, given=bool(settings["budgets"])))
    manifest = make_manifest(config={**settings, **asdict(config)}, origins={}, seed=config.seed)
    same = ("model", "adapter", "tasks", "data", "split", "seed")
    log = resume_run_folder(out, "overthinking", manifest, same=same)
    adapter = settings["adapter"]
    name = settings["model"] if adapter is None else f"{settings['model']} with {adapter}"
    store = StoredSampler(engine, log.folder / "completions.jsonl", model=name)
    cutter = TruncatedTraces(store, engine, config)
    try:
        rows = run_overthinking(
            asked, cutter, budgets=settings["budgets"], model=name, progress=common.progress
        )
    except KeyboardInterrupt:
        common.progress.say(f"stopped; run the same command with --out {log.folder} to go on")
        raise
    result = OverthinkingResult.of(rows, model=name, seed=config.seed, cost=cutter.cost)
    write_text(log.folder / "outcomes.jsonl", outcome_lines(rows))
    write_text(log.folder / "prompts.json", _prompts(engine, asked))
    report = write_overthinking(log.folder, result, origin_of(manifest))
    common.show({**result.to_json(), "report": str(report)}, f"{_text(result)}\n\nThe report: {report}")


def _largest(engine: Engine, asked: Sequence[Asked], config: TraceConfig, *, given: bool) -> int:
    """The largest budget that the model's context has room for beside the longest prompt and an answer."""
    from ponder.evaluation.truncated_traces import MARKERS
    from ponder.scaling.chains import CHAINS

    lengths = [len(engine.prompt_ids(CHAINS["think"].prompt(each))) for _, some in asked for each in some]
    room = engine.context - max(lengths, default=0) - config.answer_tokens - 2 * MARKERS
    if room < 1:
        raise ContextError(
            f"the longest prompt has {max(lengths)} tokens and an answer {config.answer_tokens}: that leaves "
            f"no room to think in a context of {engine.context}; lower --answer-tokens"
        )
    if given and config.largest > room:
        raise ConfigError(
            f"--budgets: {config.largest} tokens of thinking do not fit a context of {engine.context} beside "
            f"the longest prompt of {max(lengths)}; the largest that does is {room}"
        )
    return min(config.largest, room)


def _prompts(engine: Engine, asked: Sequence[Asked]) -> str:
    """The first problem as the model saw it, in both wordings."""
    from ponder.scaling.chains import CHAINS

    problem = asked[0][1][0]
    shown = {chain: engine.rendered(CHAINS[chain].prompt(problem)) for chain in ("think", "direct")}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _text(result: OverthinkingResult) -> str:
    from ponder.evaluation.overthinking_result import MEASURES, measures

    rows = [MEASURES, *(measures(found) for found in result.tasks)]
    picked = [[row[column] for column in COLUMNS] for row in rows]
    widths = [max(len(row[column]) for row in picked) for column in range(len(COLUMNS))]
    table = [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in picked
    ]
    sentences = [f"{each.task}. {each.sentence}" for each in result.advice]
    return "\n".join([result.headline, "", *sentences, "", *table])
