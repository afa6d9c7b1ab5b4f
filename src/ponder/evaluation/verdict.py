"""The ladder in two sentences of plain English: which way to buy accuracy, and what each way cost.

The first sentence walks up the Pareto front and keeps an arm only if it is measurably better than the
last one kept, so it names the crossovers. The second sets every arm against the first arm.

Knows nothing of tables or charts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.comparison import Comparison, compare


def verdict_sentences(
    arms: Sequence[ArmResult], comparisons: Sequence[Comparison], front: Sequence[ArmResult], *, seed: int
) -> tuple[str, ...]:
    """The verdict, headline first. `comparisons` are of each later arm with the first."""
    first = arms[0]
    if not front:
        return ("No problem has been judged yet.",)
    if len(arms) == 1:
        interval = formatting.percent_interval(first.interval)
        share = f"{formatting.percent(first.accuracy)} correct (95% interval {interval})"
        return (f"Only {first.name} has run: {share} at {_tokens(first)} a problem.",)
    bought = [_bought(first, arm, comparison) for arm, comparison in zip(arms[1:], comparisons, strict=True)]
    against = f"Against {first.name} ({formatting.percent(first.accuracy)} at {_tokens(first)} a problem)"
    return (_crossovers(front, seed=seed), f"{against}, {'; '.join(bought)}.")


def _crossovers(front: Sequence[ArmResult], *, seed: int) -> str:
    """Below so many tokens this wins, above them that."""
    steps = [front[0]]
    for arm in front[1:]:
        if not compare(steps[-1], arm, seed=seed).tied:
            steps.append(arm)
    best = steps[0]
    if len(steps) == 1:
        share = f"{formatting.percent(best.accuracy)} at {_tokens(best)} a problem"
        return f"Nothing here is measurably better than {best.name}: {share}."
    share = f"{formatting.percent(best.accuracy)} correct"
    parts = [f"Below {_tokens(steps[1])} a problem, {best.name} wins ({share})"]
    for arm in steps[1:]:
        start = "from there on" if len(steps) == 2 else f"from {formatting.count(arm.tokens)}"
        parts.append(f"{start}, {arm.name} ({formatting.percent(arm.accuracy)})")
    return f"{'; '.join(parts)}."


def _bought(first: ArmResult, arm: ArmResult, comparison: Comparison) -> str:
    """What one arm bought over the first, and what it cost."""
    if math.isnan(comparison.delta):
        return f"{arm.name} shares no judged problem"
    size = formatting.points(comparison.delta)
    if comparison.tied:
        interval = formatting.points_interval(comparison.interval)
        gain = f"{arm.name} is tied ({size} points, 95% interval {interval})"
    else:
        gain = f"{arm.name} {'gained' if comparison.delta > 0 else 'lost'} {size[1:]} points"
    if arm.training_cost is None:
        return f"{gain} {_price(first, arm)}"
    trained = formatting.si(arm.training_cost.flops, "FLOP")
    return f"{gain} {_price(first, arm)} and {trained} of training"


def _price(first: ArmResult, arm: ArmResult) -> str:
    if first.tokens <= 0:
        return f"for {_tokens(arm)} a problem"
    ratio = arm.tokens / first.tokens
    return "for as many tokens" if 0.95 < ratio < 1.05 else f"for {formatting.times(ratio)} the tokens"


def _tokens(arm: ArmResult) -> str:
    return f"{formatting.count(arm.tokens)} tokens"
