"""What the charts share, and the learning curves: size, style, canvas and the vertical axis.

A chart is an SVG element of a fixed size whose colours come from classes: the page fills them with its
own light and dark colours, a standalone file brings a card of its own.
Knows nothing of where the numbers came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Template

from ponder.evaluation import formatting
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
.chart .mark { stroke: $muted; stroke-width: 1.5; stroke-dasharray: 2 4; }
.chart .raw { fill: none; stroke: $accent; stroke-width: 1; opacity: 0.3; }
.chart .curve { fill: none; stroke: $accent; stroke-width: 2.25; stroke-linejoin: round; }
.chart .front, .chart .curve { stroke-linecap: round; }
.chart .end { fill: $accent; }
.chart .curve.pass { stroke: $muted; stroke-width: 1.75; }
.chart .end.pass { fill: $card; stroke: $muted; stroke-width: 2; }
.chart .band { fill: $accent; opacity: 0.16; }
.chart .band.pass { fill: $muted; opacity: 0.13; }
.chart .cell { fill: $accent; }
.chart .cell.below { fill: $muted; }
.chart .frame { fill: none; stroke: $rule; stroke-width: 1; }
.chart text.on { fill: $card; font-weight: 600; }
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


def curve_chart(
    steps: Sequence[float],
    values: Sequence[float],
    size: Size,
    *,
    label: str,
    share: bool,
    marks: Sequence[float] = (),
) -> str:
    """One line over training steps; a noisy one is shown pale under its running mean. `marks` are steps at
    which something happened."""
    frame = Box(44, 16, size.width - 112, size.height - 60)
    shown = running_mean(values) if len(values) > 30 else list(values)
    ticks = svg.linear_ticks(min(0.0, *values), max(*values, 1e-6), about=4)
    x = Scale(low=min(steps), high=max(max(steps), min(steps) + 1), start=frame.left, stop=frame.right)
    y = Scale(low=ticks[0], high=ticks[-1], start=frame.bottom, stop=frame.top)
    written = formatting.percent if share else "{:.3g}".format
    axis = [f"{100 * tick:.0f}%" if share else f"{tick:g}" for tick in ticks]
    parts = [y_axis(frame, y, ticks, axis)]
    for tick in svg.linear_ticks(min(steps), max(steps), about=4):
        if x.low <= tick <= x.high:
            parts.append(svg.text(x(tick), frame.bottom + 19, f"{tick:g}", class_="value", anchor="middle"))
    parts.append(svg.text(frame.right, size.height - 7, "training step", class_="unit", anchor="end"))
    for mark in marks:
        if x.low <= mark <= x.high:
            parts.append(svg.line(x(mark), frame.top, x(mark), frame.bottom, class_="mark"))
    if shown != list(values):
        parts.append(svg.polyline(zip(map(x, steps), map(y, values), strict=True), class_="raw"))
    path = list(zip(map(x, steps), map(y, shown), strict=True))
    parts.append(svg.polyline(path, class_="curve"))
    end_x, end_y = path[-1]
    parts.append(element("circle", cx=end_x, cy=end_y, r=4, class_="end"))
    parts.append(svg.text(end_x + 9, end_y + 4, written(shown[-1]), class_="name value halo"))
    start, stop = (f"{written(shown[k])} at step {steps[k]:g}" for k in (0, -1))
    return canvas(size, "".join(parts), label=f"{label}: from {start} to {stop}.")


def running_mean(values: Sequence[float]) -> list[float]:
    """Each value averaged with its neighbours, a twentieth of the run to either side."""
    reach = max(1, len(values) // 20)
    windows = (values[max(0, i - reach) : i + reach + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def canvas(size: Size, body: str, *, label: str, xmlns: str | None = None) -> str:
    return element("svg", element("title", escape(label)) + body, xmlns=xmlns, class_="chart", role="img",
                   viewBox=f"0 0 {size.width:g} {size.height:g}", aria_label=label)  # fmt: skip


def y_axis(frame: Box, y: Scale, ticks: Sequence[float], labels: Sequence[str]) -> str:
    parts: list[str] = []
    for tick, label in zip(ticks, labels, strict=True):
        class_ = "axis" if tick == ticks[0] else "grid"
        parts.append(svg.line(frame.left, y(tick), frame.right, y(tick), class_=class_))
        parts.append(svg.text(frame.left - 8, y(tick) + 4, label, class_="value", anchor="end"))
    return "".join(parts)
