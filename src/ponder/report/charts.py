"""The charts: accuracy against cost with intervals and the Pareto front, and learning curves.

Each is an SVG element of a fixed size whose colours come from classes: the page fills them with its
own light and dark colours, a standalone file brings a card of its own.
Knows nothing of where the numbers came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import Template

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.ladder import Ladder
from ponder.report import svg
from ponder.report.markup import element, escape
from ponder.report.svg import Box, Scale

STYLE = Template("""
.chart text { font: 12px system-ui, -apple-system, "Segoe UI", Arial, sans-serif; fill: $muted; }
.chart .name { font-weight: 600; font-size: 13px; fill: $ink; }
.chart .value { font-variant-numeric: tabular-nums; }
.chart .halo { stroke: $card; stroke-width: 4px; stroke-linejoin: round; paint-order: stroke; }
.chart .grid { stroke: $rule; stroke-width: 1; }
.chart .axis { stroke: $muted; stroke-width: 1; }
.chart .whisker { stroke: $muted; stroke-width: 1.5; }
.chart .whisker.best { stroke: $accent; }
.chart .front { fill: none; stroke: $accent; stroke-width: 2; stroke-dasharray: 1 5; }
.chart .point { fill: $card; stroke: $muted; stroke-width: 2.5; }
.chart .point.best { fill: $accent; stroke: $accent; }
.chart .leader { stroke: $muted; stroke-width: 0.75; }
.chart .raw { fill: none; stroke: $accent; stroke-width: 1; opacity: 0.3; }
.chart .curve { fill: none; stroke: $accent; stroke-width: 2.25; stroke-linejoin: round; }
.chart .front, .chart .curve { stroke-linecap: round; }
.chart .end { fill: $accent; }
.chart .title { font-size: 17px; font-weight: 650; fill: $ink; }
""")
PAGE_COLOURS = {name: f"var(--{name})" for name in ("ink", "muted", "rule", "card", "accent")}
CARD_COLOURS = {
    "ink": "#1d1c1a",
    "muted": "#6a665e",
    "rule": "#e7e2d8",
    "card": "#fdfcf9",
    "accent": "#0b6e63",
}


@dataclass(frozen=True, slots=True)
class Size:
    width: float
    height: float


def page_style() -> str:
    """The charts' style for a page that defines the colours as custom properties."""
    return STYLE.substitute(PAGE_COLOURS)


def ladder_chart(ladder: Ladder, size: Size) -> str:
    """Accuracy with its 95% interval against generated tokens per problem, as an `<svg>` to inline."""
    body = _ladder_body(ladder, Box(44, 14, size.width - 54, size.height - 66))
    return _canvas(size, body, label=_spoken(ladder))


def ladder_svg(ladder: Ladder) -> str:
    """The same chart as a file of its own, on a card that reads well on white and on dark pages."""
    size = Size(840, 500)
    n = max(arm.n for arm in ladder.arms)
    state = "" if ladder.complete else " · stopped early"
    heading = f"{ladder.task} · {ladder.model} · {n} problems · 95% intervals{state}"
    body = (
        element("style", STYLE.substitute(CARD_COLOURS))
        + element("rect", x=0.5, y=0.5, width=size.width - 1, height=size.height - 1, rx=12,
                  fill=CARD_COLOURS["card"], stroke=CARD_COLOURS["rule"])
        + svg.text(28, 38, "Does the thinking pay?", class_="title")
        + svg.text(28, 60, heading, class_="value")
        + _ladder_body(ladder, Box(70, 88, size.width - 100, size.height - 150))
    )  # fmt: skip
    return _canvas(size, body, label=_spoken(ladder), xmlns="http://www.w3.org/2000/svg") + "\n"


def curve_chart(
    steps: Sequence[float], values: Sequence[float], size: Size, *, label: str, share: bool
) -> str:
    """One line over training steps; a noisy one is shown pale under its running mean."""
    frame = Box(44, 16, size.width - 112, size.height - 60)
    shown = running_mean(values) if len(values) > 30 else list(values)
    ticks = svg.linear_ticks(min(0.0, *values), max(*values, 1e-6), about=4)
    x = Scale(low=min(steps), high=max(max(steps), min(steps) + 1), start=frame.left, stop=frame.right)
    y = Scale(low=ticks[0], high=ticks[-1], start=frame.bottom, stop=frame.top)
    written = formatting.percent if share else "{:.2f}".format
    axis = [f"{100 * tick:.0f}%" if share else f"{tick:g}" for tick in ticks]
    parts = [_y_axis(frame, y, ticks, axis)]
    for tick in svg.linear_ticks(min(steps), max(steps), about=4):
        if x.low <= tick <= x.high:
            parts.append(svg.text(x(tick), frame.bottom + 19, f"{tick:g}", class_="value", anchor="middle"))
    parts.append(svg.text(frame.right, size.height - 7, "training step", class_="unit", anchor="end"))
    if shown != list(values):
        parts.append(svg.polyline(zip(map(x, steps), map(y, values), strict=True), class_="raw"))
    path = list(zip(map(x, steps), map(y, shown), strict=True))
    parts.append(svg.polyline(path, class_="curve"))
    end_x, end_y = path[-1]
    parts.append(element("circle", cx=end_x, cy=end_y, r=4, class_="end"))
    parts.append(svg.text(end_x + 9, end_y + 4, written(shown[-1]), class_="name value halo"))
    start, stop = (f"{written(shown[k])} at step {steps[k]:g}" for k in (0, -1))
    return _canvas(size, "".join(parts), label=f"{label}: from {start} to {stop}.")


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value averaged with its neighbours, a twentieth of the run to either side."""
    reach = max(1, len(values) // 20)
    windows = (values[max(0, i - reach) : i + reach + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def _canvas(size: Size, body: str, *, label: str, xmlns: str | None = None) -> str:
    return element("svg", element("title", escape(label)) + body, xmlns=xmlns, class_="chart", role="img",
                   viewBox=f"0 0 {size.width:g} {size.height:g}", aria_label=label)  # fmt: skip


def _spoken(ladder: Ladder) -> str:
    """The chart for those who do not see it."""
    arms = (
        f"{arm.title} {formatting.percent(arm.accuracy)} at {formatting.count(arm.tokens)} tokens"
        for arm in ladder.arms
    )
    return f"Accuracy against generated tokens per problem: {'; '.join(arms)}."


def _ladder_body(ladder: Ladder, frame: Box) -> str:
    arms = sorted((arm for arm in ladder.arms if arm.n_judged), key=_tokens)
    if not arms:
        return svg.text(frame.left, frame.top + 20, "No problem has been judged yet.", class_="name")
    # Room on both sides, so that an arm at the edge keeps its label.
    low, high = _tokens(arms[0]) / 1.7, _tokens(arms[-1]) * 2.1
    x = Scale(low=low, high=high, start=frame.left, stop=frame.right, log=True)
    ticks = [t for t in svg.linear_ticks(0, max(arm.interval.high for arm in arms)) if t <= 1 + 1e-9]
    top = max(ticks[-1], max(arm.interval.high for arm in arms))
    y = Scale(low=0, high=top, start=frame.bottom, stop=frame.top)
    parts = [_y_axis(frame, y, ticks, [f"{100 * tick:.0f}%" for tick in ticks])]
    for tick in svg.log_ticks(x.low, x.high):
        parts.append(svg.line(x(tick), frame.bottom, x(tick), frame.bottom + 5, class_="axis"))
        label = formatting.count(tick)
        parts.append(svg.text(x(tick), frame.bottom + 20, label, class_="value", anchor="middle"))
    unit, centre = "generated tokens per problem, log scale", (frame.left + frame.right) / 2
    parts.append(svg.text(centre, frame.bottom + 42, unit, class_="unit", anchor="middle"))
    front = [(x(_tokens(arm)), y(arm.accuracy)) for arm in ladder.pareto]
    if len(front) > 1:
        parts.append(svg.polyline(front, class_="front"))
    parts.extend(_mark(arm, x(_tokens(arm)), y, best=arm in ladder.pareto) for arm in arms)
    parts.append(_labels(arms, x, y, frame, front))
    return "".join(parts)


def _tokens(arm: ArmResult) -> float:
    """Tokens as a logarithm can take them."""
    return max(arm.tokens, 1.0)


def _y_axis(frame: Box, y: Scale, ticks: Sequence[float], labels: Sequence[str]) -> str:
    parts: list[str] = []
    for tick, label in zip(ticks, labels, strict=True):
        class_ = "axis" if tick == ticks[0] else "grid"
        parts.append(svg.line(frame.left, y(tick), frame.right, y(tick), class_=class_))
        parts.append(svg.text(frame.left - 8, y(tick) + 4, label, class_="value", anchor="end"))
    return "".join(parts)


def _mark(arm: ArmResult, at: float, y: Scale, *, best: bool) -> str:
    """Whisker and point: a diamond for trained weights, a circle for the weights as they came."""
    kind = " best" if best else ""
    low, high, middle = y(arm.interval.low), y(arm.interval.high), y(arm.accuracy)
    whisker = [svg.line(at, low, at, high, class_=f"whisker{kind}")]
    whisker += [svg.line(at - 4, end, at + 4, end, class_=f"whisker{kind}") for end in (low, high)]
    if arm.training_cost is None:
        return "".join(whisker) + element("circle", cx=at, cy=middle, r=5.5, class_=f"point{kind}")
    corners = ((at, middle - 8), (at + 8, middle), (at, middle + 8), (at - 8, middle))
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in corners)
    return "".join(whisker) + element("polygon", points=points, class_=f"point{kind}")


def _labels(
    arms: Sequence[ArmResult], x: Scale, y: Scale, frame: Box, front: Sequence[tuple[float, float]]
) -> str:
    """Name and accuracy beside each point, with a thin leader where they had to move away."""
    anchors = [(x(_tokens(arm)), y(arm.accuracy)) for arm in arms]
    values = [f"{formatting.percent(arm.accuracy)} · {formatting.count(arm.tokens)} tok" for arm in arms]
    sizes = [
        (max(svg.text_width(arm.title, 13), svg.text_width(value, 12)), 32.0)
        for arm, value in zip(arms, values, strict=True)
    ]
    obstacles = [Box(at - 9, middle - 9, 18, 18) for at, middle in anchors]
    for arm, (at, _) in zip(arms, anchors, strict=True):
        obstacles += svg.boxes_along(at, y(arm.interval.low), at, y(arm.interval.high), width=8)
    for (x1, y1), (x2, y2) in pairwise(front):
        obstacles += svg.boxes_along(x1, y1, x2, y2)
    parts: list[str] = []
    boxes = svg.place_labels(anchors, sizes, obstacles=obstacles, frame=frame)
    for arm, value, (at, middle), box in zip(arms, values, anchors, boxes, strict=True):
        whisker = Box(at, y(arm.interval.high), 0, y(arm.interval.low) - y(arm.interval.high))
        parts.append(_leader(at, middle, whisker, box))
        centre = box.left + box.width / 2
        if abs(centre - at) < 1:
            edge, anchor = at, "middle"
        else:
            edge, anchor = (box.left, "start") if centre > at else (box.right, "end")
        parts.append(svg.text(edge, box.top + 13, arm.title, class_="name halo", anchor=anchor))
        parts.append(svg.text(edge, box.top + 28, value, class_="value halo", anchor=anchor))
    return "".join(parts)


def _leader(at: float, middle: float, whisker: Box, label: Box) -> str:
    """A thin line to a label that is neither level with its point nor next to the whisker's end."""
    level = label.top <= middle <= label.bottom
    gap = max(whisker.top - label.bottom, label.top - whisker.bottom)
    above_or_below = label.left <= at <= label.right
    if level or (above_or_below and gap < 14):
        return ""
    near = min(max(at, label.left), label.right)
    return svg.line(at, middle, near, label.bottom if label.bottom < middle else label.top, class_="leader")
