"""A ladder's findings in the words that the terminal, the Markdown and the page share.

Which arm to buy from which price on, one sentence an axis; and what a paired comparison comes to, with
the problems still missing where it is a tie. Knows nothing of tables or pages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ponder.evaluation import formatting
from ponder.evaluation.comparison import Comparison
from ponder.evaluation.crossover import CostAxis, Stretch

AXIS_NAMES: dict[CostAxis, str] = {"generated_tokens": "tokens", "flops": "FLOPs", "seconds": "time"}
HOLM_LIMIT = 0.05


def price(value: float, axis: CostAxis) -> str:
    """A cost with its unit: 419 tokens, 2.02 GFLOP, 52.5 ms."""
    if axis == "generated_tokens":
        return f"{formatting.count(value)} tokens"
    return formatting.si(value, "FLOP") if axis == "flops" else formatting.duration(value)


def crossover_sentence(stretches: Sequence[Stretch], axis: CostAxis) -> str:
    """Below 60 tokens a problem: direct; from 60 on: beam-search-16, tied with best-of-n-16."""
    if not stretches:
        return "No problem has been judged yet."
    first, *rest = stretches
    if not rest:
        return f"At any price in {AXIS_NAMES[axis]}: {holder(first, axis)}."
    parts = [f"Below {price(first.stop, axis)} a problem: {holder(first, axis)}"]
    parts += [
        f"from {price(each.start, axis).removesuffix(' tokens')} on: {holder(each, axis)}" for each in rest
    ]
    return "; ".join(parts) + "."


def holder(stretch: Stretch, axis: CostAxis) -> str:
    """The arm to buy, and those that the test does not separate from it."""
    tied = ties(stretch, axis)
    return f"{stretch.name}, {tied}" if tied else stretch.name


def ties(stretch: Stretch, axis: CostAxis) -> str:
    """`tied with` the others, each with its own price where that is higher; empty when there are none."""
    named = [
        f"{arm.name} (from {price(arm.cost, axis).removesuffix(' tokens')})"
        if arm.cost > stretch.start else arm.name
        for arm in stretch.tied
    ]  # fmt: skip
    return f"tied with {formatting.listed(named)}" if named else ""


def paired_words(comparison: Comparison, holm_p: float) -> str:
    """better, worse or tied; a tie says how many more problems would end it."""
    if math.isnan(comparison.delta):
        return "nothing shared"
    if not comparison.tied:
        word = "better" if comparison.delta > 0 else "worse"
        return word if holm_p <= HOLM_LIMIT else f"{word}, not by Holm"
    if comparison.n_needed is None:
        return "tied, even"
    more = comparison.n_needed - comparison.n
    return f"tied, {more:,} more" if more > 0 else "tied, just"


def paired_legend(words: Iterable[str]) -> str:
    """What those of the words mean that need telling."""
    said = set(words)
    parts: list[str] = []
    if any(word.endswith(" more") for word in said):
        parts.append(
            "“tied, N more”: N more problems would separate the two with 80% power, "
            "if they go on to differ as here"
        )
    for word, meaning in (
        ("tied, just", "this many problems would mostly have been enough"),
        ("tied, even", "as many problems speak for the one as for the other"),
    ):
        if word in said:
            parts.append(f"“{word}”: {meaning}")
    if any(word.endswith("not by Holm") for word in said):
        parts.append("“not by Holm”: no longer when p is corrected for how many arms were tested")
    return f"{'; '.join(parts)}." if parts else ""
