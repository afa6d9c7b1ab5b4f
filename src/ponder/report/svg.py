"""What a chart is made of: scales, ticks, and labels that keep out of each other's way.

Knows nothing of ladders. Text widths are estimated from the number of characters, a little generously,
because no font is at hand here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ponder.report.markup import element, escape


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def overlap(self, other: Box) -> float:
        """The shared area."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        if wide <= 0:
            return 0.0
        return wide * max(0.0, min(self.bottom, other.bottom) - max(self.top, other.top))

    def outside(self, frame: Box) -> float:
        """By how much this sticks out of `frame`, all sides together."""
        across = max(0.0, frame.left - self.left) + max(0.0, self.right - frame.right)
        return across + max(0.0, frame.top - self.top) + max(0.0, self.bottom - frame.bottom)

    def away(self, x: float, y: float) -> float:
        """How far a point is from the nearest edge; 0 inside."""
        return math.hypot(max(self.left - x, 0.0, x - self.right), max(self.top - y, 0.0, y - self.bottom))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Data to pixels, linearly or by logarithm."""

    low: float
    high: float
    start: float
    stop: float
    log: bool = False

    def __call__(self, value: float) -> float:
        low, high, at = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.start + (at - low) / (high - low) * (self.stop - self.start)


def linear_ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round steps (1, 2, 2.5 or 5 times a power of ten) that cover [low, high]."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten inside [low, high], with steps between them when they are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    decades = math.log10(high / low)
    choices = ((0.8, (1, 2, 3, 4, 6, 8)), (2.2, (1, 2, 5)), (3.2, (1, 3)), (math.inf, (1,)))
    factors = next(factors for most, factors in choices if decades < most)
    ticks = (factor * 10.0**power for power in powers for factor in factors)
    return [tick for tick in ticks if low <= tick <= high]


def text_width(text: str, size: float) -> float:
    return 0.65 * size * len(text)


def text(x: float, y: float, content: str, *, class_: str, anchor: str = "start") -> str:
    return element("text", escape(content), x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def polyline(points: Iterable[tuple[float, float]], *, class_: str) -> str:
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=class_)


def boxes_along(x1: float, y1: float, x2: float, y2: float, *, width: float = 4.0) -> list[Box]:
    """Small boxes that cover a line, so that labels can keep off it."""
    steps = max(1, round(math.hypot(x2 - x1, y2 - y1) / width))
    centres = ((x1 + (x2 - x1) * k / steps, y1 + (y2 - y1) * k / steps) for k in range(steps + 1))
    return [Box(x - width / 2, y - width / 2, width, width) for x, y in centres]


def place_labels(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    *,
    obstacles: Sequence[Box],
    frame: Box,
    gap: float = 12.0,
) -> list[Box]:
    """A box for each label near its anchor: inside the frame, clear of obstacles and of each other."""
    placed: list[Box] = []
    for (x, y), (width, height) in zip(anchors, sizes, strict=True):
        taken = [*obstacles, *placed]

        def cost(box: Box, x: float = x, y: float = y, taken: list[Box] = taken) -> float:
            # Level with its point a label needs no search, so height costs more than distance.
            lift = abs(box.top + box.height / 2 - y)
            hidden = sum(box.overlap(other) for other in taken)
            return 1000 * box.outside(frame) + 3 * hidden + box.away(x, y) + 0.6 * lift

        placed.append(min(_candidates(x, y, width, height, gap), key=cost))
    return placed


def _candidates(x: float, y: float, width: float, height: float, gap: float) -> list[Box]:
    """Right, left, above and below, each shifted up and down; the most natural places first."""
    shifts = [0.0, *(sign * k * height / 3 for k in range(1, 13) for sign in (-1, 1))]
    beside = [Box(left, y - height / 2 + shift, width, height)
              for shift in shifts for left in (x + gap, x - gap - width)]  # fmt: skip
    lefts = (x - width / 2, x - 10, x - width + 10)
    stacked = [Box(left, y - height / 2 + shift, width, height)
               for shift in shifts if abs(shift) > height / 2 + gap / 2 for left in lefts]  # fmt: skip
    return beside + stacked
