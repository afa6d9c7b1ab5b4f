"""Accuracy over the thinking budget, one panel a task: the curve with its interval, answering at once, the
oracle, and where the thinking ends by itself.

The horizontal axis is logarithmic with a place for 0: log₂(1 + budget / smallest budget above 0). Knows
nothing of how the figures were measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.overthinking import Overthinking
from ponder.evaluation.overthinking_result import OverthinkingResult
from ponder.report import svg
from ponder.report.charts import CARD_COLOURS, STYLE, Size, canvas, y_axis
from ponder.report.markup import element
from ponder.report.svg import Box, Scale

PANEL = Size(460, 280)
LABEL_GAP = 16.0
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
COLUMNS = 2
TITLE_HEIGHT = 98


def budget_chart(found: Overthinking) -> str:
    """One panel."""
    return canvas(PANEL, _panel(found, Box(0, 0, PANEL.width, PANEL.height)), label=spoken(found))


def overthinking_svg(result: OverthinkingResult) -> str:
    """All panels as a file of its own, on a card that reads well on white and on dark pages."""
    rows = -(-len(result.tasks) // COLUMNS)
    size = Size(COLUMNS * PANEL.width + 40, rows * (PANEL.height + 26) + TITLE_HEIGHT)
    problems = sum(found.problems for found in result.tasks)
    parts = [
        element("style", STYLE.substitute(CARD_COLOURS)),
        element("rect", x=0.5, y=0.5, width=size.width - 1, height=size.height - 1, rx=12,
                fill=CARD_COLOURS["card"], stroke=CARD_COLOURS["rule"]),
        svg.text(28, 38, "Should I think here?", class_="title"),
        svg.text(28, 60, f"{result.model} · {problems} problems · 95% intervals", class_="value"),
    ]  # fmt: skip
    for place, found in enumerate(result.tasks):
        left = 20 + place % COLUMNS * PANEL.width
        top = TITLE_HEIGHT + place // COLUMNS * (PANEL.height + 26)
        parts.append(svg.text(left + 8, top, found.name, class_="name"))
        parts.append(_panel(found, Box(left, top + 4, PANEL.width, PANEL.height)))
    label = " ".join(map(spoken, result.tasks))
    return canvas(size, "".join(parts), label=label, xmlns="http://www.w3.org/2000/svg") + "\n"


def spoken(found: Overthinking) -> str:
    """The panel in words, for those who do not see it."""
    points = ", ".join(
        f"{formatting.percent(point.accuracy.value)} at {point.budget}" for point in found.curve
    )
    once, oracle = (formatting.percent(share) for share in _references(found))
    return f"{found.name}: right by thinking budget {points}; {once} answering at once; the oracle {oracle}."


def _panel(found: Overthinking, box: Box) -> str:
    frame = Box(box.left + 44, box.top + 28, box.width - 168, box.height - 76)
    x = _budget_scale(found, frame)
    y = Scale(low=0, high=1, start=frame.bottom, stop=frame.top)
    curve = [(x(_spread(found, point.budget)), point) for point in found.curve]
    parts = [y_axis(frame, y, SHARES, [f"{100 * share:.0f}%" for share in SHARES])]
    parts += _ticks(found, x, frame)
    parts.append(_stop(found, x, frame))
    around = [(at, y(point.accuracy.interval.high)) for at, point in curve]
    around += [(at, y(point.accuracy.interval.low)) for at, point in reversed(curve)]
    parts.append(element("polygon", points=_points(around), class_="band"))
    for share, class_ in zip(_references(found), ("mark", "front"), strict=True):
        parts.append(svg.line(frame.left, y(share), frame.right, y(share), class_=class_))
    parts.append(svg.polyline(((at, y(point.accuracy.value)) for at, point in curve), class_="curve"))
    for at, point in curve:
        enough = point.budget == found.enough.budget
        parts.append(element("circle", cx=at, cy=y(point.accuracy.value), r=5 if enough else 3,
                             class_="point best" if enough else "end"))  # fmt: skip
    return "".join(parts) + _labels(found, y, frame)


def _references(found: Overthinking) -> tuple[float, float]:
    """The two shares that are no curve: answering at once, and the oracle."""
    return found.at_once.accuracy.value, found.oracle.accuracy


def _budget_scale(found: Overthinking, frame: Box) -> Scale:
    high = _spread(found, found.curve[-1].budget)
    low = _spread(found, found.curve[0].budget)
    return Scale(low=low, high=max(high, low + 1e-6), start=frame.left + 8, stop=frame.right - 4)


def _spread(found: Overthinking, budget: float) -> float:
    unit = next((point.budget for point in found.curve if point.budget), 1)
    return math.log2(1 + budget / unit)


def _ticks(found: Overthinking, x: Scale, frame: Box) -> list[str]:
    """Budgets under the axis, as many as there is room for; the first and the last always."""
    parts: list[str] = []
    right = x(_spread(found, found.curve[-1].budget))
    taken = -math.inf
    for point in found.curve:
        at, label = x(_spread(found, point.budget)), str(point.budget)
        half = svg.text_width(label, 12) / 2 + 3
        last = point is found.curve[-1]
        if last or (at - half > taken and at + half < right - 14):
            parts.append(svg.text(at, frame.bottom + 18, label, class_="value", anchor="middle"))
            taken = at + half
    parts.append(svg.text(frame.right, frame.bottom + 38, "tokens of thinking", class_="unit", anchor="end"))
    return parts


def _stop(found: Overthinking, x: Scale, frame: Box) -> str:
    """Where half of the traces that end by themselves have ended."""
    if math.isnan(found.natural):
        return ""
    at = x(_spread(found, max(found.natural, found.curve[0].budget)))
    words = f"half end by {formatting.count(found.natural)}"
    anchor = "start" if at < frame.left + frame.width / 2 else "end"
    return svg.line(at, frame.top - 8, at, frame.bottom, class_="leader") + svg.text(
        at, frame.top - 12, words, class_="value", anchor=anchor
    )


def _labels(found: Overthinking, y: Scale, frame: Box) -> str:
    """Right of the frame, apart from each other."""
    once, oracle = _references(found)
    named = ((oracle, "oracle", "value"), (found.whole.accuracy.value, "whole", "name value"),
             (once, "at once", "value"))  # fmt: skip
    wanted = sorted(
        (y(share), f"{formatting.percent(share)} {name}", class_) for share, name, class_ in named
    )
    places = apart([at for at, _, _ in wanted], LABEL_GAP, low=frame.top, high=frame.bottom)
    return "".join(
        svg.text(frame.right + 8, at + 4, words, class_=f"{class_} halo")
        for at, (_, words, class_) in zip(places, wanted, strict=True)
    )


def apart(places: Sequence[float], gap: float, *, low: float, high: float) -> list[float]:
    """Ascending places moved as little as is simple, so that neighbours are `gap` apart and none leaves."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + gap) if moved else max(place, low))
    ceiling = high
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{at:.1f},{up:.1f}" for at, up in points)
