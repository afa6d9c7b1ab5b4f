"""What fewer samples would have reached: pass@k and majority@k over k, with their 95% intervals.

The gap between the two is what a better way to choose could still gain. Knows nothing of how either was
estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.pass_at_k import AtK
from ponder.evaluation.statistics import Interval
from ponder.report import svg
from ponder.report.charts import Size, canvas, y_axis
from ponder.report.markup import element, escape
from ponder.report.svg import Box, Scale

SIZE = Size(420, 270)
LABEL_GAP = 17


def replay_figures(arms: Sequence[ArmResult]) -> list[str]:
    """A figure for each set of stored samples; arms that share theirs share a figure."""
    shared: dict[tuple[AtK, ...], list[str]] = {}
    for arm in arms:
        if len(arm.replay) > 1:
            shared.setdefault(arm.replay, []).append(arm.title)
    return [_figure(curve, formatting.listed(titles)) for curve, titles in shared.items()]


def _figure(curve: tuple[AtK, ...], titles: str) -> str:
    caption = f"<b>{escape(titles)}</b>, replayed with 1 to {curve[-1].k} of the stored samples."
    return element("figure", replay_chart(curve, label=titles) + element("figcaption", caption))


def replay_chart(curve: Sequence[AtK], *, label: str) -> str:
    frame = Box(44, 16, SIZE.width - 172, SIZE.height - 60)
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    x = Scale(low=curve[0].k, high=curve[-1].k, start=frame.left + 8, stop=frame.right, log=True)
    y = Scale(low=0, high=1, start=frame.bottom, stop=frame.top)
    parts = [y_axis(frame, y, ticks, [f"{100 * tick:.0f}%" for tick in ticks])]
    for each in curve:
        parts.append(svg.text(x(each.k), frame.bottom + 19, str(each.k), class_="value", anchor="middle"))
    parts.append(svg.text(frame.right, SIZE.height - 7, "samples, log scale", class_="unit", anchor="end"))
    ends = [y(curve[-1].pass_rate), y(curve[-1].majority)]
    if abs(ends[0] - ends[1]) < LABEL_GAP:
        ends[0] = ends[1] - LABEL_GAP
    parts.append(_line(curve, _passed, x, y, " pass"))
    parts.append(_line(curve, _voted, x, y, ""))
    for at, name, value in zip(
        ends, ("one right", "majority"), (curve[-1].pass_rate, curve[-1].majority), strict=True
    ):
        said = f"{formatting.percent(value)} {name}"
        parts.append(svg.text(frame.right + 9, at + 4, said, class_="name value halo"))
    spoken = "; ".join(
        f"{each.k} samples {formatting.percent(each.pass_rate)} and {formatting.percent(each.majority)}"
        for each in curve
    )
    return canvas(
        SIZE, "".join(parts), label=f"{label}, at least one right and the majority right: {spoken}."
    )


def _passed(each: AtK) -> tuple[float, Interval]:
    return each.pass_rate, each.pass_interval


def _voted(each: AtK) -> tuple[float, Interval]:
    return each.majority, each.majority_interval


def _line(
    curve: Sequence[AtK], of: Callable[[AtK], tuple[float, Interval]], x: Scale, y: Scale, kind: str
) -> str:
    """A band for the interval under a line with a point at each k."""
    across = [x(each.k) for each in curve]
    values = [of(each) for each in curve]
    upper = [(at, y(interval.high)) for at, (_, interval) in zip(across, values, strict=True)]
    lower = [(at, y(interval.low)) for at, (_, interval) in zip(across, values, strict=True)]
    middle = [(at, y(value)) for at, (value, _) in zip(across, values, strict=True)]
    band = " ".join(f"{px:.1f},{py:.1f}" for px, py in [*upper, *reversed(lower)])
    parts = [
        element("polygon", points=band, class_=f"band{kind}"),
        svg.polyline(middle, class_=f"curve{kind}"),
    ]
    parts += [element("circle", cx=px, cy=py, r=3.5, class_=f"end{kind}") for px, py in middle]
    return "".join(parts)
