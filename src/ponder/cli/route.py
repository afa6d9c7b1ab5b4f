"""`ponder route`: learn when thinking pays from a model's own outcomes, and say why on a question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from ponder.cli.output import Common
from ponder.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ponder.evaluation.budget_outcomes import ProblemOutcomes
    from ponder.protocols import Sampler
    from ponder.routing.evaluate import Judged, Policy
    from ponder.routing.outcome_table import OutcomeTable
    from ponder.routing.router import Router

app = App(name="route", help="Think or not: learn it from outcomes, and explain it.", help_format="plaintext")


@app.command
def calibrate(
    *,
    outcomes: Path | None = None,
    test: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    model: Annotated[str, Parameter(alias="-m")] = "tiny",
    adapter: Path | None = None,
    table: Path | None = None,
    small: str | None = None,
    large: str | None = None,
    signals: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    keep: float = 0.98,
    worth: float | None = None,
    caution: float = 2.0,
    seed: int = 0,
    out: Path | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Learn a router from stored outcomes.

    ponder probe overthinking --model tiny --split train --limit 300 --out runs/outcomes
    ponder route calibrate --model tiny --outcomes runs/outcomes/outcomes.jsonl --out runs/router
    ponder ask "Compute 47-19+23." --think auto --router runs/router

    Or between two models, from a CSV with a column `prompt` and one of True and False for each model:

    ponder route calibrate --table gsm8k_responses.csv --small mixtral --large gpt-4 --out runs/pair

    Parameters
    ----------
    outcomes
        What `ponder probe overthinking` wrote of this model.
    test
        Outcomes of other problems, which the router is judged on, each file for itself; by default on the
        same ones, each by a router that has not seen it.
    model
        The model that the outcomes are of; a router serves no other.
    adapter
        Its LoRA adapter.
    table
        A CSV of two models' outcomes instead.
    small
        Its column of the small model; with --outcomes the small budget in tokens, chosen when not given.
    large
        Its column of the large model.
    signals
        first-token, agreement: what to ask of the model before each decision. By default nothing, the
        question itself must do.
    keep
        The share of the best accuracy in reach to keep; decides what a right answer may cost.
    worth
        What a right answer may cost, in tokens, instead.
    caution
        How many standard errors of what thinking gains are not believed.
    seed
        Decides the folds.
    out
        The run folder; runs/route-DATE-TIME when not given. Holds router.json, route.json, .md and
        report.html.
    """
    from ponder.report.route_page import write_route
    from ponder.routing.calibrate import CalibrationConfig
    from ponder.routing.signals import check_signals
    from ponder.runlog import RunLog, make_manifest, new_run_folder, origin_of
    from ponder.storage import write_text

    names = check_signals(signals)
    config = CalibrationConfig(keep=keep, worth=worth, caution=caution, seed=seed)
    if (outcomes is None) == (table is None):
        raise ConfigError("give --outcomes of one model's budgets, or --table of two models")
    if outcomes is not None:
        router, judged = _budgets(outcomes, test, model, adapter, small, names, config, common)
        pair = dict[str, float | None]()
    else:
        assert table is not None
        if small is None or large is None or names or test:
            raise ConfigError("--table wants --small and --large, two of its columns; no --signals or --test")
        router, judged, pair = _pair(table, small, large, config)
    settings = {
        "outcomes": str(outcomes or table), "test": [str(each) for each in test], "model": model,
        "adapter": None if adapter is None else str(adapter), "small": small, "large": large,
        "signals": list(names), "keep": keep, "worth": worth, "caution": caution,
    }  # fmt: skip
    manifest = make_manifest(config=settings, origins={}, seed=seed)
    log = RunLog(new_run_folder(out, "route"), manifest)
    write_text(log.folder / "router.json", json.dumps(router.to_json()) + "\n")
    report = write_route(log.folder, router, judged, origin_of(manifest))
    result: dict[str, Any] = {
        "router": str(log.folder / "router.json"), "worth": router.worth, "problems": router.problems,
        **pair, "actions": [each.name for each in router.actions],
        "judged": [each.to_json() for each in judged], "report": str(report),
    }  # fmt: skip
    lines = [each.sentence for each in judged]
    lines += [f"{name} {value:.3f}" for name, value in pair.items() if value is not None]
    common.show(result, "\n".join([*lines, "", f"The router: {result['router']}", f"The report: {report}"]))


@app.command
def explain(
    router: Path,
    question: str,
    *,
    model: Annotated[str | None, Parameter(alias="-m")] = None,
    adapter: Path | None = None,
    worth: float | None = None,
    common: Common = Common(),  # noqa: B008 - frozen
) -> None:
    """Say what a router decides on a question, and why.

    ponder route explain runs/router "Compute 47-19+23."

    Parameters
    ----------
    router
        The folder that `ponder route calibrate` wrote, or its router.json.
    question
        The question; `-` reads it from standard input.
    model
        The model, for a router that asks it something first.
    adapter
        Its LoRA adapter.
    worth
        What a right answer may cost, instead of the router's own.
    """
    from dataclasses import asdict

    from ponder.cli.reading import read_text
    from ponder.routing.outcome_table import RoutedProblem
    from ponder.routing.router import read_router
    from ponder.routing.signals import measured

    made, text = read_router(router), read_text(question).strip()
    row = RoutedProblem(id="question", question=text, correct=(), spend=())
    if made.signals:
        if model is None:
            raise ConfigError(f"this router asks the model for {', '.join(made.signals)}: give --model")
        (row,) = measured([row], made.signals, _checked(made, model, adapter))
    decision = made.decide(text, row.signals, worth=worth)
    common.show({**asdict(decision), "sentence": decision.sentence}, decision.sentence)


def _budgets(
    outcomes: Path, tests: Sequence[Path], model: str, adapter: Path | None, small: str | None,
    names: Sequence[str], config: Any, common: Common,
) -> tuple[Router, list[Judged]]:  # fmt: skip
    from dataclasses import replace

    from ponder.cli.sampler import fingerprint, open_sampler
    from ponder.evaluation.budget_outcomes import read_outcomes
    from ponder.routing.calibrate import calibrate
    from ponder.routing.outcome_table import check_learnable, thinking_table
    from ponder.routing.signals import measured

    if small is not None and not small.isdigit():
        raise ConfigError(f"--small {small!r} should be a number of thinking tokens")
    rows = read_outcomes(outcomes)
    learned = thinking_table(rows, small=None if small is None else int(small), source=str(outcomes))
    check_learnable(learned, str(outcomes))
    sampler = open_sampler(model, adapter=adapter)

    def shown(table: OutcomeTable) -> OutcomeTable:
        return replace(table, rows=measured(table.rows, names, sampler), signals=tuple(names))

    with common.progress.stage("calibration", 1) as advance:
        learned = shown(learned)
        router = calibrate(learned, config, source=str(outcomes))
        advance(1)
    router = replace(router, model=model, fingerprint=fingerprint(sampler, model))
    if not tests:
        return router, _held_out(learned, config, router.worth, str(outcomes), _grid(rows))
    judged: list[Judged] = []
    for path in tests:
        others = read_outcomes(path)
        table = shown(thinking_table(others, small=learned.budgets[1], source=str(path)))
        judged += _each(path.parent.name, table, others, router, config.seed)
    return router, judged


def _each(
    name: str, table: OutcomeTable, rows: Sequence[ProblemOutcomes], router: Router, seed: int
) -> list[Judged]:
    from ponder.routing.evaluate import judge

    decided = [(row, router) for row in table.rows]
    return [judge(decided, table, name=name, worth=router.worth, more=_grid(rows), seed=seed)]


def _grid(rows: Sequence[ProblemOutcomes]) -> list[Policy]:
    """Every thinking budget as a policy for all."""
    from ponder.routing.evaluate import Policy

    return [
        Policy(
            name=f"think {budget} tokens",
            correct=tuple(float(row.outcomes[at].correct) for row in rows),
            spend=tuple(float(row.outcomes[at].tokens) for row in rows),
        )
        for at, budget in enumerate(rows[0].budgets)
    ]


def _held_out(
    table: OutcomeTable, config: Any, worth: float, name: str, grid: Sequence[Policy]
) -> list[Judged]:
    """Each problem by a router that was fitted to the others."""
    from ponder.routing.calibrate import held_out
    from ponder.routing.evaluate import Policy, judge

    decided = held_out(table, config)
    order = {id(row): at for at, row in enumerate(table.rows)}
    places = [order[id(row)] for row, _, _ in decided]
    more = [
        Policy(
            name=each.name,
            correct=tuple(each.correct[at] for at in places),
            spend=tuple(each.spend[at] for at in places),
        )
        for each in grid
    ]
    pairs = [(row, router) for row, router, _ in decided]
    return [judge(pairs, table, name=name, worth=worth, more=more, seed=config.seed)]


def _pair(
    path: Path, small: str, large: str, config: Any
) -> tuple[Router, list[Judged], dict[str, float | None]]:
    from dataclasses import replace

    from ponder.routing.calibrate import calibrate, held_out
    from ponder.routing.model_pairs import read_model_pair, recovered

    table = read_model_pair(path, small, large)
    router = replace(calibrate(table, config, source=str(path)), model=f"{small} and {large}")
    decided = [(row, fitted) for row, fitted, _ in held_out(table, config)]
    return router, _held_out(table, config, router.worth, path.name, ()), recovered(decided)


def _checked(router: Router, model: str, adapter: Path | None) -> Sampler:
    """The model, if it is the router's own."""
    from ponder.cli.sampler import fingerprint, open_sampler

    sampler = open_sampler(model, adapter=adapter)
    router.check_model(fingerprint(sampler, model), model)
    return sampler
