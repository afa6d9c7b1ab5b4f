"""`ponder probe deduction`: does a model deduce, or has it seen it? The same proofs, told in several ways."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ponder.cli.output import Common
from ponder.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ponder.evaluation.deduction_probe import DeductionProbe
    from ponder.evaluation.deduction_run import ProbeArm
    from ponder.logic.items import ProbeItem
    from ponder.protocols import Sampler

TOUR_ARMS = (
    ("Base at once", "", "direct"),
    ("Base prompted", "", "chain-of-thought"),
    ("After GRPO", "grpo", "chain-of-thought"),
    ("Distilled", "distilled", "chain-of-thought"),
)
"""What a tour leaves to probe: a name, the folder under `models` (none: the base), how it is asked."""
SAME = ("arms", "form", "limit", "depths", "seed", "items", "max_tokens")


def deduction(
    *,
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    arm: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    run: Path | None = None,
    strategy: str = "direct,chain-of-thought",
    form: str = "colours",
    limit: int = 240,
    depths: str = "1-6",
    items: Path | None = None,
    train: Path | None = None,
    tested: int = 60,
    max_tokens: int = 256,
    seed: int = 0,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Find out whether a model deduces or matches patterns, on proofs told in familiar and other words.

    ponder probe deduction --model tiny --out runs/deduction
    ponder probe deduction --run runs/tour-seed-0
    ponder probe deduction --arm base=tiny:direct trained=runs/grpo/model

    Every arm is asked the same items, and differences between arms are tested proof by proof. Run it again
    with the same --out to go on after an interruption: nothing is sampled twice.

    Parameters
    ----------
    model
        A name from `ponder models list`, a Hugging Face folder, a .gguf file, or an http(s)://…/v1 endpoint.
    arm
        Models to compare instead, NAME=MODEL or NAME=MODEL:STRATEGY; a strategy as in `ponder ladder`.
    run
        The folder of a tour: its base at once and prompted, after GRPO, and distilled.
    strategy
        How --model is asked; several with commas between them. Of --arm without a strategy the last one.
    form
        colours (in the wording that the embedded model knows), statement, or word-problem.
    limit
        Proofs at most; each is told in every version.
    depths
        Inferences of a proof: 1-6, or 1,3,5.
    items
        A file of items that was frozen before, instead of new ones.
    train
        A training file: how much of the items does it hold?
    tested
        Proofs on whose traces faithfulness is measured; 0 leaves it out.
    max_tokens
        Generated tokens of one completion.
    seed
        Decides the items and the samples.
    out
        The run folder; runs/deduction-DATE-TIME when not given. Holds items.jsonl, completions.jsonl,
        flips.jsonl, deduction.json, .md, .svg and report.html.
    """
    if limit < 1 or max_tokens < 1 or tested < 0 or seed < 0:
        raise ConfigError("--limit and --max-tokens must be at least 1, --tested and --seed at least 0")
    arms = _arms(model, arm, run, strategy)
    drawn = _items(form, limit, parse_depths(depths), items, seed)
    settings = {
        "arms": [{"model": each.model, **asdict(each.way)} for each in arms],
        "form": drawn[0].form,
        "limit": limit,
        "depths": depths,
        "items": None if items is None else str(items),
        "train": None if train is None else str(train),
        "tested": tested,
        "max_tokens": max_tokens,
        "seed": seed,
    }
    _probe(arms, drawn, settings, train, out, common)


def parse_depths(text: str) -> tuple[int, ...]:
    """`1-6` or `1,3,5`, ascending."""
    from ponder.logic.items import DEPTHS

    found = set[int]()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        ends = (low, high if dash else low)
        if not all(end.isascii() and end.isdigit() and len(end) < 4 for end in ends):
            raise ConfigError(f"--depths {text} should look like 1-6 or 1,3,5")
        found.update(range(int(ends[0]), int(ends[1]) + 1))
    if not found or not found <= set(DEPTHS):
        raise ConfigError(f"--depths {text}: proofs have depths from {DEPTHS[0]} to {DEPTHS[-1]}")
    return tuple(sorted(found))


def _arms(model: str, given: Sequence[str], run: Path | None, strategy: str) -> list[ProbeArm]:
    from ponder.evaluation.deduction_run import ProbeArm

    strategies = [each.strip() for each in strategy.split(",")]
    arms = [] if run is None else tour_arms(run)
    arms += [ProbeArm.parse(text, default=strategies[-1]) for text in given]
    if not arms:
        short = Path(model).name or model
        names = [f"{short}, {each}" if len(strategies) > 1 else short for each in strategies]
        arms = [
            ProbeArm.of(name.replace(":", "-"), model, each)
            for name, each in zip(names, strategies, strict=True)
        ]
    names = [each.name.casefold() for each in arms]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"two arms are called {min(twice)}: give each a name of its own")
    return arms


def tour_arms(folder: Path) -> list[ProbeArm]:
    """The base and the trained models of a tour."""
    from ponder.evaluation.deduction_run import ProbeArm

    path = folder / "manifest.json"
    try:
        base = json.loads(path.read_text(encoding="utf-8"))["config"]["model"]
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(f"{folder} is not the folder of a tour: its manifest.json names no model") from None
    for _, trained, _ in TOUR_ARMS:
        if trained and not (folder / "models" / trained / "config.json").is_file():
            raise DataError(f"{folder} holds no model {trained}: finish the tour, or make it anew")
    return [
        ProbeArm.of(name, str(folder / "models" / trained) if trained else str(base), strategy)
        for name, trained, strategy in TOUR_ARMS
    ]


def _items(form: str, limit: int, depths: Sequence[int], frozen: Path | None, seed: int) -> list[ProbeItem]:
    from ponder.logic.frozen_sets import read_set
    from ponder.logic.items import FORMS, NUMBER_VERSIONS, VERSIONS, draw_items

    if frozen is not None:
        held = [item for item in read_set(frozen).items if item.depth in depths]
        proofs = set(list(dict.fromkeys(item.proof for item in held))[:limit])
        if not held:
            raise DataError(f"{frozen} holds no item of the depths {min(depths)} to {max(depths)}")
        return [item for item in held if item.proof in proofs]
    if form not in FORMS:
        raise ConfigError(f"unknown form {form!r}; known: {', '.join(FORMS)}")
    versions = NUMBER_VERSIONS if form == "word-problem" else VERSIONS
    return draw_items(form, proofs=limit, depths=depths, versions=versions, seed=seed)


def _probe(
    arms: Sequence[ProbeArm],
    items: Sequence[ProbeItem],
    settings: dict[str, Any],
    train: Path | None,
    out: Path | None,
    common: Common,
) -> None:
    from ponder.cli.sampler import open_sampler
    from ponder.evaluation.completion_store import StoredSampler
    from ponder.evaluation.deduction_run import DeductionRun
    from ponder.evaluation.probe_markdown import probe_markdown
    from ponder.logic.contamination import contamination
    from ponder.logic.frozen_sets import write_set
    from ponder.report.probe_page import write_probe
    from ponder.runlog import make_manifest, origin_of, resume_run_folder

    seed = settings["seed"]
    overlap = None if train is None else contamination(items, train)
    manifest = make_manifest(config=settings, origins={}, seed=seed)
    log = resume_run_folder(out, "deduction", manifest, same=SAME)
    made = write_set(log.folder / "items.jsonl", items, seed=seed)
    meta, progress = origin_of(manifest), common.progress
    progress.say(f"{len(arms)} arms on {made.proofs} proofs, {len(items)} items. See {log.folder}")

    def opened(model: str) -> Sampler:
        return StoredSampler(open_sampler(model), log.folder / "completions.jsonl", model=model)

    def write(probe: DeductionProbe) -> None:
        write_probe(log.folder, probe, meta)

    under_way = DeductionRun(
        items=items,
        arms=arms,
        open_sampler=opened,
        progress=progress,
        write=write,
        max_tokens=settings["max_tokens"],
        seed=seed,
        tested=settings["tested"],
        contamination=overlap,
        sha256=made.sha256,
    )
    try:
        probe = under_way.run()
    except KeyboardInterrupt:
        progress.say(f"stopped; run the same command with --out {log.folder} to go on")
        raise
    report = log.folder / "report.html"
    text = "" if common.json else f"{probe_markdown(probe)}\nThe report: {report}"
    common.show({**probe.to_json(), "report": str(report)}, text)
