"""Numbers as a reader wants them: two or three digits and a unit. Not a number is a dash.

And text that a model wrote, with what would be unseen in it, or would rearrange it, spelled out.
Knows nothing of what the numbers mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ponder.evaluation.statistics import Interval

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
SI_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Control characters but tab and line feed, marks of writing direction, other characters of no width, and
halves of surrogate pairs, which no file can hold."""


def percent(share: float) -> str:
    return DASH if math.isnan(share) else f"{100 * share:.1f}%"


def percent_interval(interval: Interval) -> str:
    return f"{100 * interval.low:.1f}{DASH}{100 * interval.high:.1f}"


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign unless it is 0."""
    if math.isnan(difference):
        return DASH
    value = f"{100 * abs(difference):.1f}"
    return value if value == "0.0" else f"{MINUS if difference < 0 else '+'}{value}"


def points_interval(interval: Interval) -> str:
    return f"{points(interval.low)} to {points(interval.high)}"


def si(value: float, unit: str = "") -> str:
    """Three digits with a decimal prefix: 12345 → "12.3 k"."""
    if math.isnan(value):
        return DASH
    power = 0
    # 999.5 would round up to "1000", so it already takes the next prefix.
    while abs(value) >= 999.5 and power < len(SI_PREFIXES) - 1:
        value, power = value / 1000, power + 1
    digits = f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"
    return f"{digits} {SI_PREFIXES[power]}{unit}".rstrip()


def count(value: float) -> str:
    """How many, for means of counts: 7.4, 812, 12.3k."""
    if abs(value) < 10:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.0f}" if abs(value) < 9999.5 else si(value).replace(" ", "")


def duration(seconds: float) -> str:
    if math.isnan(seconds):
        return DASH
    if seconds < 0.9995:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def p_value(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def times(ratio: float) -> str:
    """How many times as much."""
    return f"{ratio:.2g}{TIMES}" if ratio < 10 else f"{count(ratio)}{TIMES}"


def visible(text: str) -> str:
    """Text that shows what it holds: an escape such as `\\x1b` or `\\u202e` for each unseen character."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def listed(names: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
