"""Accuracy by version and depth as a heat map, one panel an arm: colour, number, and the interval on hover.

The colour is skill: none at chance, full where everything is right; below chance it is grey, deeper the
further below. Numbers of cells that are not told from guessing stand in brackets. Knows nothing of how the
figures were measured.
"""

from __future__ import annotations

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.probe_cells import Cell
from ponder.report import svg
from ponder.report.charts import CARD_COLOURS, STYLE, Size, canvas
from ponder.report.markup import element, escape
from ponder.report.svg import Box

CELL = Size(58, 30)
NAMES, SUMS, HEAD, FOOT = 112, 12, 34, 8
"""Room for the names of versions, before the column of all depths, for the heads, and below."""
DARK = 0.55
"""Of the colour, from which on numbers are written light."""
COLUMNS, GAP, TITLE_HEIGHT = 2, 36, 84


def heat_map(arm: ProbedArm) -> str:
    """One panel."""
    size = _size(arm)
    return canvas(size, _panel(arm, 0, 0), label=spoken(arm))


def probe_svg(probe: DeductionProbe) -> str:
    """All panels as a file of its own, on a card that reads well on white and on dark pages."""
    each = _size(probe.arms[0])
    across = min(COLUMNS, len(probe.arms))
    rows = -(-len(probe.arms) // COLUMNS)
    size = Size(across * (each.width + 20) + 36, TITLE_HEIGHT + rows * (each.height + GAP))
    facts = f"{probe.proofs} proofs of form {probe.form}, each in every version · 95% intervals on hover"
    parts = [
        element("style", STYLE.substitute(CARD_COLOURS)),
        element("rect", x=0.5, y=0.5, width=size.width - 1, height=size.height - 1, rx=12,
                fill=CARD_COLOURS["card"], stroke=CARD_COLOURS["rule"]),
        svg.text(28, 38, "Deduced or seen? Accuracy by version and depth", class_="title"),
        svg.text(28, 60, facts, class_="value"),
    ]  # fmt: skip
    for place, arm in enumerate(probe.arms):
        left = 24 + place % COLUMNS * (each.width + 20)
        top = TITLE_HEIGHT + place // COLUMNS * (each.height + GAP)
        parts.append(svg.text(left, top + 10, arm.name, class_="name"))
        parts.append(_panel(arm, left, top + 14))
    label = " ".join(map(spoken, probe.arms))
    return canvas(size, "".join(parts), label=label, xmlns="http://www.w3.org/2000/svg") + "\n"


def spoken(arm: ProbedArm) -> str:
    """The panel in words, for those who do not see it."""
    said = [
        f"{version} {', '.join(formatting.percent(each.accuracy) for each in cells)}"
        for version, cells in arm.cells.items()
    ]
    depths = ", ".join(str(each.depth) for each in next(iter(arm.cells.values())))
    return f"{arm.name}, right at depths {depths}: {'; '.join(said)}."


def _size(arm: ProbedArm) -> Size:
    depths = len(next(iter(arm.cells.values())))
    return Size(NAMES + (depths + 1) * CELL.width + SUMS + 2, HEAD + len(arm.cells) * CELL.height + FOOT)


def _panel(arm: ProbedArm, left: float, top: float) -> str:
    cells = next(iter(arm.cells.values()))
    heads = [f"depth {cells[0].depth}", *(str(each.depth) for each in cells[1:]), "all"]
    parts: list[str] = []
    for column, head in enumerate(heads):
        middle = _left(left, column, len(cells)) + CELL.width / 2
        parts.append(svg.text(middle, top + HEAD - 10, head, class_="value", anchor="middle"))
    for row, (version, by_depth) in enumerate(arm.cells.items()):
        above = top + HEAD + row * CELL.height
        parts.append(svg.text(left, above + CELL.height / 2 + 4, version, class_="value"))
        for column, each in enumerate((*by_depth, arm.versions[version])):
            box = Box(_left(left, column, len(cells)), above, CELL.width, CELL.height)
            parts.append(_cell(each, box))
    return "".join(parts)


def _left(left: float, column: int, depths: int) -> float:
    """Of a column; that of all depths stands a little apart."""
    return left + NAMES + column * CELL.width + (SUMS if column == depths else 0)


def _cell(each: Cell, box: Box) -> str:
    strength = _strength(each)
    number = formatting.DASH if not each.n else f"{100 * each.accuracy:.0f}"
    shown = f"({number})" if each.n and each.interval.contains(each.chance) else number
    on = " on" if strength > DARK else ""
    parts = [
        element("title", escape(told(each))),
        _rectangle(box, "frame"),
        _rectangle(box, "cell below" if each.accuracy < each.chance else "cell", strength),
        svg.text(box.left + box.width / 2, box.top + box.height / 2 + 4, shown, class_=f"value{on}",
                 anchor="middle"),
    ]  # fmt: skip
    return element("g", "".join(parts))


def _rectangle(box: Box, class_: str, opacity: float | None = None) -> str:
    return element("rect", x=box.left + 1, y=box.top + 1, width=box.width - 2, height=box.height - 2, rx=3,
                   class_=class_, fill_opacity=opacity)  # fmt: skip


def told(each: Cell) -> str:
    """A cell's tooltip."""
    where = f"{each.version}, {'all depths' if each.depth is None else f'depth {each.depth}'}"
    if not each.n:
        return f"{where}: nothing judged"
    judged = "above guessing"
    if each.at_chance:
        judged = "not told from guessing" if each.interval.contains(each.chance) else "below guessing"
    return (
        f"{where}: {each.right} of {each.n} right, {formatting.percent(each.accuracy)} (95% interval "
        f"{formatting.percent_interval(each.interval)}%), {judged} ({formatting.percent(each.chance)})"
    )


def _strength(each: Cell) -> float:
    """How far from chance, between 0 and 1."""
    if not each.n:
        return 0.0
    above = each.accuracy >= each.chance
    return abs(each.accuracy - each.chance) / ((1 - each.chance) if above else each.chance)
