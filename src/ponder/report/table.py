"""The ladder as an HTML table: one row per arm, a column only where it has something to say.

On a narrow screen each row becomes a card, so every cell carries its column's name.
Knows nothing of the rest of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.wording import paired_legend
from ponder.records import Verdict
from ponder.report.links import arm_link, row_anchor
from ponder.report.markup import element, escape

VERDICT_COLUMNS = (
    ("Wrong", (Verdict.WRONG,), True),
    ("Truncated", (Verdict.TRUNCATED,), True),
    ("No answer", (Verdict.NO_ANSWER,), True),
    ("Unreadable", (Verdict.UNPARSABLE,), False),
    ("Timed out", (Verdict.TIMED_OUT,), False),
    ("Not judged", (Verdict.ERROR,), False),
)
"""Heading, verdicts counted, and whether the column stays when it holds only zeros."""
BAR = (
    Verdict.CORRECT,
    Verdict.WRONG,
    Verdict.TRUNCATED,
    Verdict.NO_ANSWER,
    Verdict.UNPARSABLE,
    Verdict.TIMED_OUT,
)


def ladder_table(ladder: Ladder) -> str:
    """The `<table>`, with a caption."""
    rows = [_cells(ladder, index) for index in range(len(ladder.arms))]
    first = escape(ladder.arms[0].title)
    caption = (
        f"Means per problem. Differences are paired, in percentage points against <b>{first}</b>, with a 95% "
        "bootstrap interval and the exact McNemar test (p, and p after Holm's correction for several tests). "
        f"{escape(paired_legend(ladder.paired_words))} An arm's name leads to its problems and samples."
    )
    return _table(caption, rows, class_="cards", anchors=[row_anchor(arm.name) for arm in ladder.arms])


def revised_table(ladder: Ladder) -> str:
    """What choosing among several samples did to the first one; nothing when no arm has several."""
    rows: list[list[tuple[str, str]]] = []
    for arm in ladder.arms:
        if any(len(item.samples) > 1 for item in arm.items):
            fixed, harmed = arm.revised
            net = formatting.points((fixed - harmed) / arm.n)
            rows.append(
                [("Arm", _name(arm)), ("Fixed", str(fixed)), ("Harmed", str(harmed)), ("Net, points", net)]
            )
    caption = (
        "<b>Against its own first sample:</b> problems on which the first was wrong and the answer chosen in "
        "the end right, and the reverse."
    )
    return element("div", _table(caption, rows, class_="small"), class_="scroll") if rows else ""


def _table(
    caption: str, rows: list[list[tuple[str, str]]], *, class_: str, anchors: Sequence[str] = ()
) -> str:
    headings = [heading for heading, _ in rows[0]]
    head = "".join(element("th", escape(heading), scope="col", role="columnheader") for heading in headings)
    ids = anchors or [None] * len(rows)
    body = "".join(_row(cells, anchor) for cells, anchor in zip(rows, ids, strict=True))
    return element(
        "table",
        element("caption", caption)
        + element("thead", element("tr", head, role="row"), role="rowgroup")
        + element("tbody", body, role="rowgroup"),
        role="table", class_=class_,
    )  # fmt: skip


def _row(cells: list[tuple[str, str]], anchor: str | None) -> str:
    heading, name = cells[0]
    parts = [element("th", name, scope="row", role="rowheader", data_label=heading)]
    parts += [element("td", content, role="cell", data_label=label) for label, content in cells[1:]]
    return element("tr", "".join(parts), role="row", id=anchor)


def _name(arm: ArmResult) -> str:
    return element("a", element("bdi", escape(arm.title)), href=arm_link(arm.name))


def _cells(ladder: Ladder, index: int) -> list[tuple[str, str]]:
    """Heading and markup of each cell of one arm's row."""
    arm = ladder.arms[index]
    cost = arm.cost_per_problem
    best = element("span", "on the front", class_="pill") if arm in ladder.pareto else ""
    correct = element("b", formatting.percent(arm.accuracy), class_="big")
    correct += _small(formatting.percent_interval(arm.interval)) + _bar(arm)
    right, completed = arm.completed
    cells = [("Arm", _name(arm) + best), ("Correct (95% interval)", correct)]
    for heading, counted, always in VERDICT_COLUMNS:
        if always or any(other.verdicts[verdict] for other in ladder.arms for verdict in counted):
            cells.append((heading, _share(sum(arm.verdicts[verdict] for verdict in counted), arm.n)))
    if any(other.verdicts[Verdict.TRUNCATED] for other in ladder.arms):
        share = formatting.percent(right / completed) if completed else formatting.DASH
        cells.append(("Of completed", share))
    cells += [
        ("Tokens", formatting.count(cost["generated_tokens"])),
        ("FLOPs", formatting.si(cost["flops"]) if cost["flops"] else formatting.DASH),
        ("Time", formatting.duration(cost["seconds"])),
    ]
    if any(other.training_cost for other in ladder.arms):
        cells.append(("Training", _training(arm)))
    if len(ladder.arms) > 1:
        paired = _paired(ladder, index - 1) if index else "baseline"
        cells.append(("Difference", paired))
    return cells


def _share(count: int, total: int) -> str:
    if not count:
        return element("span", "0", class_="zero")
    return f"{count}{_small(formatting.percent(count / total))}"


def _training(arm: ArmResult) -> str:
    if arm.training_cost is None:
        return element("span", formatting.DASH, class_="zero")
    cost = arm.training_cost
    return formatting.si(cost.flops, "FLOP") + _small(formatting.duration(cost.seconds))


def _paired(ladder: Ladder, before: int) -> str:
    comparison, corrected = ladder.comparisons[before], ladder.holm_p_values[before]
    if not comparison.n:
        return formatting.DASH
    holm = formatting.p_value(corrected).removeprefix("p ").removeprefix("= ")
    test = f"{formatting.p_value(comparison.p_value)}, Holm {holm}"
    words = element("span", escape(ladder.paired_words[before]), class_="so")
    return (
        element("b", formatting.points(comparison.delta))
        + _small(formatting.points_interval(comparison.interval))
        + words
        + _small(test)
    )


def _small(text: str) -> str:
    return element("small", escape(text))


def _bar(arm: ArmResult) -> str:
    """Shares of the verdicts as a thin bar; the numbers stand in the row, so it is only for the eye."""
    verdicts, judged = arm.verdicts, max(arm.n_judged, 1)
    parts = [
        element("i", class_=verdict.value, style=f"width:{100 * verdicts[verdict] / judged:.2f}%")
        for verdict in BAR
        if verdicts[verdict]
    ]
    return element("span", "".join(parts), class_="bar", aria_hidden="true")
