"""Accuracy against a cost per problem: each arm with its 95% interval, and the Pareto front.

The horizontal axis is logarithmic, because arms differ in price by powers of ten. Knows nothing of where
the numbers came from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.crossover import CostAxis, pareto_front
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.wording import price
from ponder.report import svg
from ponder.report.charts import CARD_COLOURS, STYLE, Size, canvas, y_axis
from ponder.report.markup import element
from ponder.report.svg import Box, Scale

Written = Callable[[float], str]
MOST_VALUES, NARROW_FRAME = 6, 500


@dataclass(frozen=True, slots=True)
class Axis:
    """One of the costs as the horizontal axis."""

    cost: CostAxis
    title: str
    written: Written
    tick: Written
    least: float
    """What a logarithm takes for nothing."""

    def of(self, arm: ArmResult) -> float:
        return max(arm.cost_per_problem[self.cost], self.least)


def _tokens(value: float) -> str:
    return f"{formatting.count(value)} tok"


def _flops(value: float) -> str:
    return formatting.si(value, "FLOP")


TOKENS = Axis("generated_tokens", "generated tokens per problem", _tokens, formatting.count, 1.0)
CHART_AXES: dict[CostAxis, Axis] = {
    "generated_tokens": TOKENS,
    "flops": Axis("flops", "FLOPs per problem", _flops, formatting.si, 1.0),
    "seconds": Axis("seconds", "time per problem", formatting.duration, formatting.duration, 1e-6),
}


def cost_chart(ladder: Ladder, size: Size, axis: Axis = TOKENS) -> str:
    """Accuracy with its 95% interval against one cost per problem, as an `<svg>` to inline."""
    body = _ladder_body(ladder, Box(44, 14, size.width - 54, size.height - 66), axis)
    return canvas(size, body, label=_spoken(ladder, axis))


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
        + _ladder_body(ladder, Box(70, 88, size.width - 100, size.height - 150), TOKENS)
    )  # fmt: skip
    return canvas(size, body, label=_spoken(ladder, TOKENS), xmlns="http://www.w3.org/2000/svg") + "\n"


def _spoken(ladder: Ladder, axis: Axis) -> str:
    """The chart for those who do not see it."""
    prices = (price(arm.cost_per_problem[axis.cost], axis.cost) for arm in ladder.arms)
    arms = (
        f"{arm.title} {formatting.percent(arm.accuracy)} at {paid}"
        for arm, paid in zip(ladder.arms, prices, strict=True)
    )
    return f"Accuracy against {axis.title}: {'; '.join(arms)}."


def _ladder_body(ladder: Ladder, frame: Box, axis: Axis) -> str:
    arms = sorted((arm for arm in ladder.arms if arm.n_judged), key=axis.of)
    if not arms:
        return svg.text(frame.left, frame.top + 20, "No problem has been judged yet.", class_="name")
    # Room on both sides, so that an arm at the edge keeps its label.
    low, high = axis.of(arms[0]) / 1.7, axis.of(arms[-1]) * 2.1
    x = Scale(low=low, high=high, start=frame.left, stop=frame.right, log=True)
    lowest, highest = min(arm.interval.low for arm in arms), max(arm.interval.high for arm in arms)
    ticks = [t for t in svg.linear_ticks(0, highest) if t <= 1 + 1e-9]
    ticks = [t for t in ticks if t >= lowest - (ticks[1] - ticks[0])]  # no empty stretch below all arms
    y = Scale(low=ticks[0], high=max(ticks[-1], highest), start=frame.bottom, stop=frame.top)
    parts = [y_axis(frame, y, ticks, [f"{100 * tick:.0f}%" for tick in ticks])]
    for tick in svg.log_ticks(x.low, x.high):
        parts.append(svg.line(x(tick), frame.bottom, x(tick), frame.bottom + 5, class_="axis"))
        label = axis.tick(tick)
        parts.append(svg.text(x(tick), frame.bottom + 20, label, class_="value", anchor="middle"))
    unit, centre = f"{axis.title}, log scale", (frame.left + frame.right) / 2
    parts.append(svg.text(centre, frame.bottom + 42, unit, class_="unit", anchor="middle"))
    best = pareto_front(ladder.arms, axis.cost)
    front = [(x(axis.of(arm)), y(arm.accuracy)) for arm in best]
    if len(front) > 1:
        parts.append(svg.polyline(front, class_="front"))
    parts.extend(_mark(arm, x(axis.of(arm)), y, best=arm in best) for arm in arms)
    values = [
        f"{formatting.percent(arm.accuracy)} · {axis.written(arm.cost_per_problem[axis.cost])}"
        for arm in arms
    ]
    if len(arms) > (MOST_VALUES if frame.width < NARROW_FRAME else 2 * MOST_VALUES):
        values = [""] * len(arms)  # names alone find room; the table has the values
    parts.append(_labels(arms, values, [x(axis.of(arm)) for arm in arms], y, frame, front))
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
    arms: Sequence[ArmResult], values: Sequence[str], across: Sequence[float], y: Scale, frame: Box,
    front: Sequence[tuple[float, float]],
) -> str:  # fmt: skip
    """Name and value beside each point, with a thin leader where they had to move away."""
    anchors = [(at, y(arm.accuracy)) for arm, at in zip(arms, across, strict=True)]
    sizes = [
        (max(svg.text_width(arm.title, 13), svg.text_width(value, 12)), 32.0 if value else 17.0)
        for arm, value in zip(arms, values, strict=True)
    ]
    obstacles = [Box(at - 9, middle - 9, 18, 18) for at, middle in anchors]
    for arm, (at, _) in zip(arms, anchors, strict=True):
        high, low = y(arm.interval.high), y(arm.interval.low)
        obstacles.append(Box(at - 4, high - 4, 8, low - high + 8))
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
        if value:
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
