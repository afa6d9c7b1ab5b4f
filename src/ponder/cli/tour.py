"""`ponder tour`: from a base model to a reasoning model and a report, in one command."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ponder.cli.output import Common
from ponder.errors import ConfigError


def tour(
    *,
    quick: bool = False,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    task: Annotated[str, Parameter(alias="-t")] = "mixed",
    seed: int = 0,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Watch a base model gain reasoning three ways, and read what each bought and cost.

    Ten minutes on two cores. Ctrl-C leaves a report of what was measured until then.

    Parameters
    ----------
    quick
        A smoke test in about a minute: every part runs, no figure means much.
    model
        A name from `ponder models list`, or a Hugging Face folder.
    task
        mixed, arithmetic, word-problems, deduction, ordering or programs.
    seed
        Decides the problems, the samples and the training.
    out
        The run folder; runs/tour-DATE-TIME when not given. Holds report.html, ladder.json, .md and
        .svg, and the trained models under models/.
    """
    from ponder.cli.sampler import open_engine
    from ponder.runlog import RunLog, make_manifest, new_run_folder, origin_of
    from ponder.tasks import load_task
    from ponder.tour import Tour, full_tour, quick_tour

    if seed < 0:
        raise ConfigError("--seed must not be negative")
    config = quick_tour(seed) if quick else full_tour(seed)
    problems = load_task(task)
    engine = open_engine(model)
    folder = new_run_folder(out, "tour")
    settings = {"model": model, "task": task, "quick": quick, **asdict(config)}
    manifest = make_manifest(config=settings, origins={}, seed=seed)
    progress = common.progress
    progress.say(f"{model}: {engine.transformer.arch.parameters:,} parameters. The report grows in {folder}")
    log = RunLog(folder, manifest)
    run = Tour(
        base=engine, task=problems, config=config, log=log, progress=progress, meta=origin_of(manifest)
    )
    try:
        ladder = run.run()
    except KeyboardInterrupt:
        progress.say(f"stopped early; what was measured is in {folder}")
        raise
    result = {**ladder.to_json(), "report": str(folder / "report.html")}
    common.show(result, f"{ladder.to_markdown()}\nThe report: {folder / 'report.html'}")
