"""The files of an overthinking probe: `overthinking.json`, `.md`, `.svg` and `report.html`, written whole.

The page answers `should I think here?` first, then shows the curves, the measures, where the thinking went,
what difficulty changes, and the right answers that thinking broke, with their texts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from ponder.evaluation import formatting
from ponder.evaluation.overthinking import PARTS, Overthinking
from ponder.evaluation.overthinking_result import OverthinkingResult, counted
from ponder.evaluation.overthinking_words import Advice, Answer
from ponder.evaluation.ratios import Estimate
from ponder.report.broken_answers import broken_section
from ponder.report.budget_chart import budget_chart, overthinking_svg
from ponder.report.markup import element, escape
from ponder.report.page import page, section
from ponder.storage import write_text

VERDICTS = {Answer.YES: "correct", Answer.TIED: "truncated", Answer.NO: "wrong", Answer.UNKNOWN: "none"}
"""The class that colours an answer."""
KEY = "display:inline-block;margin-right:1.6em"
COLOURS = {"needed": "good", "tax": "cut", "spoiled": "bad", "futile": "none"}
MEANINGS = {
    "needed": "up to the smallest sufficient budget",
    "tax": "past it, on problems that are solved",
    "spoiled": "past a right answer that ends up wrong",
    "futile": "on problems that no budget solves",
}
READING = (
    "Each curve is one trace a problem, cut at every budget and asked for its answer; the band is the 95% "
    "interval. The large mark is the cheapest budget that a paired test does not tell from the best one. "
    "Grey dots: the same questions put in the words for an answer at once. Green dots: an oracle that gives "
    "every problem its own budget. The thin line marks where half of the traces have ended by themselves."
)
MEASURING = (
    "b* is the smallest budget from which on the answer is right and stays right, over the problems solved "
    "in the end; first right may come earlier by luck. Tax: thinking tokens past b* for each solved problem. "
    "Starved: wrong at the budget that is enough, and right at a larger one. Efficiency: the tokens an "
    "oracle needs for as many right answers, over those spent at that budget. Written on: tokens by which "
    "answers grow at the smallest budget; where they are many, the model goes on working in its answer, and "
    "that budget is no answer without thinking."
)
LOSING = (
    "Broken: right at some budget, wrong after the whole thought. Wavered: right, wrong, and right in the "
    "end. Mended: wrong at the smallest budget and right in the end. Helped and harmed compare answering at "
    "once with the whole thought, problem by problem; the test is McNemar's, exact."
)


def write_overthinking(folder: Path, result: OverthinkingResult, meta: Mapping[str, str]) -> Path:
    """`meta` says in words where the figures come from."""
    write_text(folder / "overthinking.json", json.dumps(result.to_json(), indent=2) + "\n")
    write_text(folder / "overthinking.md", result.to_markdown())
    write_text(folder / "overthinking.svg", overthinking_svg(result))
    write_text(folder / "report.html", render_overthinking(result, meta))
    return folder / "report.html"


def render_overthinking(result: OverthinkingResult, meta: Mapping[str, str]) -> str:
    """The whole page."""
    main = (
        _answers(result) + _curves(result) + _measures(result) + _where(result) + _depths(result)
        + broken_section(result.rows) + _origin(meta)
    )  # fmt: skip
    return page(f"Should {result.model} think here?", _opening(result) + element("main", main))


def _opening(result: OverthinkingResult) -> str:
    facts = [
        f"{sum(found.problems for found in result.tasks)} problems",
        f"{len(result.rows)} traces",
        f"budgets {', '.join(map(str, result.budgets))}",
        f"seed {result.seed}",
        formatting.duration(result.cost.seconds),
    ]
    parts = [
        element("p", f"should {escape(result.model)} think here?", class_="eyebrow"),
        element("h1", escape(result.headline)),
        element("p", escape(" · ".join(facts)), class_="facts"),
    ]
    return element("header", "".join(parts))


def _answers(result: OverthinkingResult) -> str:
    items = "".join(map(_answer, result.advice))
    return section("Task by task", element("dl", items))


def _answer(advice: Advice) -> str:
    mark = element("span", escape(advice.answer.value), class_=f"mark {VERDICTS[advice.answer]}")
    words = element("span", escape(advice.sentence), style="font-family:var(--sans);font-size:0.92rem")
    name = element("b", escape(advice.task), style="color:var(--ink);display:block")
    return element("div", element("dt", name + mark) + element("dd", words))


def _curves(result: OverthinkingResult) -> str:
    figures = "".join(
        element("figure", budget_chart(found) + element("figcaption", f"<b>{escape(found.name)}</b>"))
        for found in result.tasks
    )
    grid = element("div", figures, class_="pair")
    return section("Accuracy by thinking budget", grid, element("p", READING, class_="note"))


def _measures(result: OverthinkingResult) -> str:
    gains = _table("Task", [(found.name, _loss_cells(found)) for found in result.tasks])
    efforts = _table("Task", [(found.name, _effort_cells(found)) for found in result.tasks])
    losing, measuring = (element("p", words, class_="note") for words in (LOSING, MEASURING))
    return section("The numbers", gains, losing, efforts, measuring)


def _effort_cells(found: Overthinking) -> list[tuple[str, str]]:
    enough, best, oracle = found.enough, found.best, found.oracle
    oracle_cost = f"{formatting.count(oracle.tokens_per_problem)} tokens"
    return [
        ("b*, tokens", _two(*_split(counted(found.sufficient)))),
        ("First right", _two(*_split(counted(found.first_right)))),
        ("Tax, tokens", _two(*_split(counted(found.tax)))),
        ("Enough", _two(str(enough.budget), f"{formatting.percent(enough.accuracy.value)} right")),
        ("Starved there", _share(found.enough.starvation)),
        ("Best budget", _two(str(best.budget), f"{formatting.percent(best.accuracy.value)} right")),
        ("Oracle", _two(formatting.percent(oracle.accuracy), oracle_cost)),
        ("Efficiency", _two(f"{enough.efficiency:.2f}", f"whole {found.whole.efficiency:.2f}")),
        ("Written on", _two(formatting.count(found.written_on), "tokens")),
        ("Ends by itself", _two(formatting.percent(found.ended.value), _median(found.natural))),
    ]


def _loss_cells(found: Overthinking) -> list[tuple[str, str]]:
    once, whole, gain = found.at_once, found.whole, found.gain
    return [
        ("At once", _point(once.accuracy, once.tokens)),
        ("Whole thought", _point(whole.accuracy, whole.tokens)),
        ("Gain, points", _two(formatting.points(gain.delta), formatting.points_interval(gain.interval))),
        ("Helped, harmed", _two(f"{gain.helped}, {gain.harmed}", formatting.p_value(gain.p_value))),
        ("Broken", _share(found.broken)),
        ("Wavered", _share(found.wavered)),
        ("Mended", _share(found.mended)),
        ("Never right", _share(found.futile)),
    ]


def _where(result: OverthinkingResult) -> str:
    """One bar a task: all thinking tokens, by what they did."""
    keys = "".join(
        element("span", f"{_swatch(part)}<b>{part}</b> {escape(MEANINGS[part])}", style=KEY) for part in PARTS
    )
    rows = "".join(_bar_row(found) for found in result.tasks)
    return section("Where the thinking went", element("p", keys, class_="note"), element("dl", rows))


def _bar_row(found: Overthinking) -> str:
    shares = [(part, found.spent[part].value) for part in PARTS]
    if math.isnan(shares[0][1]):
        return element("div", element("dt", escape(found.name)) + element("dd", "no thinking"))
    bars = "".join(
        element("i", style=f"width:{100 * share:.2f}%;background:var(--{COLOURS[part]})")
        for part, share in shares
        if share > 0
    )
    said = " · ".join(f"{part} {formatting.percent(share)}" for part, share in shares)
    total = f"{formatting.count(found.whole.thinking)} tokens a problem: {said}"
    bar = element("span", bars, class_="bar", style="height:14px;margin:0 0 0.4rem", aria_hidden="true")
    words = element("span", escape(total), style="font-family:var(--sans)")
    return element("div", element("dt", escape(found.name)) + element("dd", bar + words))


def _swatch(part: str) -> str:
    style = (
        f"display:inline-block;width:0.8em;height:0.8em;margin-right:0.4em;background:var(--{COLOURS[part]})"
    )
    return element("span", style=style, aria_hidden="true")


def _depths(result: OverthinkingResult) -> str:
    """A table a task that has several difficulties."""
    rows = {
        name: [(found.name, _depth_cells(found)) for found in depths]
        for name, depths in result.depths.items()
        if len(depths) > 1
    }
    tables = [
        element(
            "details",
            element("summary", escape(name)) + _table("Difficulty", cells),
            class_="words",
            open=None if place else "",
        )
        for place, (name, cells) in enumerate(rows.items())
    ]
    return section("By difficulty", *tables) if tables else ""


def _depth_cells(found: Overthinking) -> list[tuple[str, str]]:
    cells = [cell for cell in _loss_cells(found) if cell[0] not in ("Wavered", "Mended")]
    return [
        ("Problems", str(found.problems)),
        *cells,
        ("b*, tokens", _two(*_split(counted(found.sufficient)))),
        ("Tax, tokens", _two(*_split(counted(found.tax)))),
    ]


def _table(corner: str, rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """Rows by name, each with headings and markup of its cells."""
    heads = [corner, *(heading for heading, _ in rows[0][1])]
    head = "".join(element("th", escape(each), scope="col", role="columnheader") for each in heads)
    body = "".join(
        element(
            "tr",
            element("th", escape(name), scope="row", role="rowheader", data_label=corner)
            + "".join(element("td", markup, role="cell", data_label=each) for each, markup in cells),
            role="row",
        )
        for name, cells in rows
    )
    table = element(
        "table",
        element("thead", element("tr", head, role="row"), role="rowgroup")
        + element("tbody", body, role="rowgroup"),
        role="table", class_="cards", style="margin:1.2rem 0 1.6rem",
    )  # fmt: skip
    return element("div", table, class_="scroll")


def _point(accuracy: Estimate, tokens: float) -> str:
    return _two(formatting.percent(accuracy.value), f"{formatting.count(tokens)} tokens")


def _share(estimate: Estimate) -> str:
    if not estimate.value:
        return element("span", "0", class_="zero")
    return _two(formatting.percent(estimate.value), formatting.percent_interval(estimate.interval))


def _two(first: str, second: str) -> str:
    return escape(first) + (element("small", escape(second)) if second else "")


def _split(text: str) -> tuple[str, str]:
    """`7 (5–9)` as a figure and its interval."""
    value, _, interval = text.partition(" (")
    return value, interval.rstrip(")")


def _median(natural: float) -> str:
    return "" if math.isnan(natural) else f"half by {formatting.count(natural)}"


def _origin(meta: Mapping[str, str]) -> str:
    rows = "".join(
        element("div", element("dt", escape(key)) + element("dd", escape(value)))
        for key, value in meta.items()
    )
    return section("How this was made", element("dl", rows)) if rows else ""
