"""Which arm to buy at which price: a strip for each axis of cost, cut where another arm takes over.

A strip is a list: its parts stand side by side, as wide as the logarithm of their range, and one below
the other on a narrow screen. Knows nothing of how the stretches were found.
"""

from __future__ import annotations

import math

from ponder.evaluation import formatting
from ponder.evaluation.crossover import CostAxis, Stretch
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.wording import price, ties
from ponder.report.links import arm_link
from ponder.report.markup import element, escape

TITLES: dict[CostAxis, str] = {"generated_tokens": "By tokens", "flops": "By FLOPs", "seconds": "By time"}


def crossover_strips(ladder: Ladder) -> str:
    """A figure for each axis that was counted; nothing when nothing was judged."""
    return "".join(_strip(ladder, axis) for axis in ladder.axes if ladder.crossovers(axis))


def _strip(ladder: Ladder, axis: CostAxis) -> str:
    stretches = ladder.crossovers(axis)
    dearest = max(arm.cost_per_problem[axis] for arm in ladder.arms if arm.n_judged)
    parts = [_part(each, axis, dearest) for each in stretches]
    heading = element("figcaption", f"<b>{TITLES[axis]}</b> a problem")
    return element("figure", heading + element("ol", "".join(parts), class_="strip"), class_="buy")


def _part(stretch: Stretch, axis: CostAxis, dearest: float) -> str:
    start = max(stretch.start, 1e-9)
    stop = stretch.stop if math.isfinite(stretch.stop) else 2 * max(dearest, start)
    name = element("a", element("bdi", escape(stretch.name)), href=arm_link(stretch.name))
    share = element("span", formatting.percent(stretch.accuracy), class_="share")
    tied = element("small", escape(ties(stretch, axis)))
    content = (
        element("span", f"from {price(stretch.start, axis)}", class_="from")
        + element("b", name)
        + share
        + tied
    )
    return element("li", content, style=f"flex-grow:{1 + math.log2(max(stop / start, 1)):.2f}")
