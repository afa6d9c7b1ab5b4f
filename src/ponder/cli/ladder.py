"""`ponder ladder`: many ways to answer the same problems, at equal budgets, with paired statistics."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ponder.cli.output import Common

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ponder.evaluation.ladder import Ladder
    from ponder.evaluation.ladder_run import LadderConfig


def ladder(
    recipe: Path | None = None,
    *,
    model: Annotated[str | None, Parameter(alias="-m")] = None,
    adapter: Path | None = None,
    task: Annotated[str | None, Parameter(alias="-t")] = None,
    data: Path | None = None,
    examples: Path | None = None,
    arms: str | None = None,
    limit: int | None = None,
    max_tokens: int | None = None,
    seed: int | None = None,
    set: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Compare ways to spend tokens on the same problems.

    ponder ladder --model tiny --task mixed --arms direct,chain-of-thought,self-consistency:8 --out runs/mine

    Run it again with the same --out to go on after an interruption, or to add arms: nothing is sampled twice.

    Parameters
    ----------
    recipe
        A TOML file with the fields below and `[[arms]]` tables; options here override it.
    model
        A name from `ponder models list`, a Hugging Face folder, a .gguf file, or an http(s)://…/v1 endpoint.
    adapter
        The folder of a LoRA adapter for that model, as `ponder train` and PEFT write it.
    task
        mixed, arithmetic, word-problems, deduction, ordering, programs; or any name for --data.
    data
        A file of problems.
    examples
        Another file like it, which few-shot arms take their worked examples from; by default they come from
        the part of --data that is not measured.
    arms
        Strategies with commas between them, each with the samples it may spend and any options:
        direct,self-consistency:8,best-of-n:16:scorer=self-certainty.
    limit
        Problems at most.
    max_tokens
        Generated tokens of one completion.
    seed
        Decides the problems and the samples.
    set
        Any other field: --set limit=50.
    out
        The run folder; runs/ladder-DATE-TIME when not given. Holds completions.jsonl, items/ARM.jsonl with
        every sample and its verdict, prompts.json, ladder.json, .md, .svg, report.html and arms/ARM.html.
    """
    from ponder.config import resolve
    from ponder.evaluation.ladder_run import ArmConfig, LadderConfig

    given = {
        "model": model, "adapter": None if adapter is None else str(adapter), "task": task,
        "data": None if data is None else str(data), "examples": None if examples is None else str(examples),
        "limit": limit, "max_tokens": max_tokens, "seed": seed,
    }  # fmt: skip
    overrides = [*set, *(f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None)]
    resolved = resolve(LadderConfig, recipe, overrides)
    config = resolved.config
    if arms is not None:
        config = replace(config, arms=tuple(ArmConfig.parse(arm) for arm in arms.split(",")))
    _climb(config, resolved.origins, out, common)


def _climb(config: LadderConfig, origins: Mapping[str, str], out: Path | None, common: Common) -> None:
    from ponder.cli.sampler import open_sampler
    from ponder.evaluation.completion_store import StoredSampler
    from ponder.evaluation.item_files import item_lines
    from ponder.evaluation.ladder_run import LadderRun
    from ponder.evaluation.worked_examples import with_examples
    from ponder.report.files import write_ladder
    from ponder.runlog import make_manifest, origin_of, resume_run_folder
    from ponder.storage import write_text
    from ponder.tasks import load_task

    strategies = [arm.make() for arm in config.arms]
    data, examples = (None if file is None else Path(file) for file in (config.data, config.examples))
    source = load_task(config.task, data, training=examples)
    problems = source.problems(split="test", count=config.limit, seed=config.seed)
    for strategy in strategies:  # a mistake shows before anything is written
        with_examples(strategy, source, problems, seed=config.seed)
    manifest = make_manifest(config=asdict(config), origins=origins, seed=config.seed)
    sampler = open_sampler(config.model, adapter=None if config.adapter is None else Path(config.adapter))
    log = resume_run_folder(out, "ladder", manifest, same=("model", "adapter", "task", "data", "seed"))
    store = StoredSampler(sampler, log.folder / "completions.jsonl", model=config.policy)
    progress = common.progress
    progress.say(f"{len(config.arms)} arms on {len(problems)} problems. The report grows in {log.folder}")
    meta = origin_of(manifest)

    def write_run(ladder: Ladder) -> None:
        newest = ladder.arms[-1]
        write_text(log.folder / "items" / f"{newest.name}.jsonl", item_lines(newest.items))
        write_text(log.folder / "prompts.json", json.dumps(run.prompts, indent=2, ensure_ascii=False) + "\n")
        write_ladder(log.folder, ladder, meta, newest_only=True)

    run = LadderRun(
        config=config,
        task=source,
        problems=problems,
        sampler=store,
        source=sampler,
        model=config.policy,
        progress=progress,
        write=write_run,
    )
    try:
        finished = run.run()
    except KeyboardInterrupt:
        progress.say(f"stopped; run the same command with --out {log.folder} to go on")
        raise
    result: dict[str, Any] = {**finished.to_json(), "report": str(log.folder / "report.html")}
    common.show(result, "" if common.json else f"{_shown(finished)}\n\nThe report: {result['report']}")


def _shown(ladder: Ladder) -> str:
    """For a terminal as wide as it is and in colour, for anything else at a fixed width."""
    from ponder.report.terminal import WIDTH, ladder_text

    if not sys.stdout.isatty():
        return ladder_text(ladder)
    return ladder_text(ladder, width=shutil.get_terminal_size((WIDTH, 24)).columns, colour=True)
