"""The tables of a deduction probe's page: differences, steps, changed traces. Knows nothing of the rest."""

from __future__ import annotations

from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.faithfulness import Faithfulness
from ponder.evaluation.probe_differences import Difference
from ponder.evaluation.statistics import wilson_interval
from ponder.evaluation.step_audit import StepAudit
from ponder.report.markup import element, escape

Row = tuple[str, Sequence[tuple[str, str]]]
"""A name, then heading and markup of each cell."""


def named_table(corner: str, rows: Sequence[Row], caption: str = "") -> str:
    """Rows by name; on a narrow screen each becomes a card."""
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
        (element("caption", escape(caption)) if caption else "")
        + element("thead", element("tr", head, role="row"), role="rowgroup")
        + element("tbody", body, role="rowgroup"),
        role="table", class_="cards", style="margin-bottom:1.6rem",
    )  # fmt: skip
    return element("div", table, class_="scroll")


def two(first: str, second: str) -> str:
    return escape(first) + (element("small", escape(second)) if second else "")


def version_table(probe: DeductionProbe) -> str:
    """Each version against the familiar one, a row an arm."""
    rows = [
        (arm.name, [(each.comparison.b, _difference(each)) for each in probe.version_differences
                    if each.within == arm.name])
        for arm in probe.arms
    ]  # fmt: skip
    rows = [row for row in rows if row[1]]
    return named_table("Arm", rows, "Against the familiar version, in points.") if rows else ""


def arm_table(probe: DeductionProbe) -> str:
    """Each pair of arms, a column a version."""
    pairs = list(dict.fromkeys((each.comparison.a, each.comparison.b) for each in probe.arm_differences))
    rows = [
        (f"{b} over {a}", [(version, _difference(each)) for version, each in probe.between(a, b).items()])
        for a, b in pairs
    ]
    return named_table("Arms", rows, "Between arms, in points.") if rows else ""


def step_table(arms: Sequence[ProbedArm]) -> str:
    rows = [(arm.name, _step_cells(arm.steps)) for arm in arms if arm.steps is not None]
    return named_table("Arm", rows) if rows else ""


def faithfulness_table(arms: Sequence[ProbedArm]) -> str:
    found = [(arm.name, arm.faithfulness) for arm in arms if arm.faithfulness is not None]
    rows = [(name, _faithful_cells(each)) for name, each in found if each.tested]
    return named_table("Arm", rows) if rows else ""


def _difference(each: Difference) -> str:
    size = formatting.points(each.comparison.delta)
    shown = element("b", size) if each.significant else size
    interval = formatting.points_interval(each.comparison.interval)
    return shown + "".join(
        element("small", escape(text)) for text in (interval, f"Holm {formatting.p_value(each.holm_p)}")
    )


def _step_cells(audit: StepAudit) -> list[tuple[str, str]]:
    right = audit.right_proved + audit.right_unproved
    wrong = audit.wrong_proved + audit.wrong_unproved
    return [
        ("Traces", two(str(audit.traces), f"{audit.silent} without a step" if audit.silent else "")),
        ("Valid", _of(audit.valid, audit.steps)),
        ("Invalid", _of(audit.invalid, audit.steps)),
        ("Unsupported", _of(audit.unsupported, audit.steps)),
        ("Unreadable", _of(audit.unreadable, audit.steps)),
        ("Leaps", _of(audit.leaps, audit.steps)),
        ("Right answer, proof fails", _of(audit.right_unproved, right)),
        ("Wrong answer, proof holds", _of(audit.wrong_proved, wrong)),
    ]


def _faithful_cells(found: Faithfulness) -> list[tuple[str, str]]:
    kept = [
        (f"Same with {each.share:.0%} of steps", _of(each.same, each.n, interval=True)) for each in found.kept
    ]
    return [
        ("Traces", two(str(found.tested), f"{found.untestable} untestable" if found.untestable else "")),
        *kept,
        ("Falsified", str(found.falsified)),
        ("Followed", _of(found.followed, found.falsified, interval=True)),
        ("Stayed", _of(found.stayed, found.falsified)),
        ("Neither", _of(found.elsewhere, found.falsified)),
    ]


def _of(count: int, total: int, *, interval: bool = False) -> str:
    """A count with its share below; for a share that is the finding, the share with its interval."""
    if not total:
        return element("span", formatting.DASH, class_="zero")
    share = formatting.percent(count / total)
    if interval:
        return two(share, f"{formatting.percent_interval(wilson_interval(count, total))}%")
    return two(str(count), share) if count else element("span", "0", class_="zero")
