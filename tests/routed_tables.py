"""Outcome tables with a rule: problems that say "sum" need thinking, all others do not."""

from __future__ import annotations

import random

from ponder.routing.outcome_table import AT_ONCE, THINK, OutcomeTable, RoutedProblem

ONCE, SOME, WHOLE = 5.0, 15.0, 40.0


def planted_table(problems: int, *, seed: int = 0) -> OutcomeTable:
    """Half of them say "sum": 10% right at once, 50% with a little thinking, 90% with all of it."""
    rng = random.Random(seed)
    rows = list[RoutedProblem]()
    for number in range(problems):
        hard = number % 2 == 0
        chances = (0.1, 0.5, 0.9) if hard else (0.9, 0.9, 0.9)
        first, second = rng.randrange(10, 99), rng.randrange(10, 99)
        rows.append(
            RoutedProblem(
                id=str(number),
                question=f"The sum of {first} and {second}?" if hard else f"Say {first}.",
                correct=tuple(rng.random() < chance for chance in chances),
                spend=tuple(spend + rng.randrange(3) for spend in (ONCE, SOME, WHOLE)),
            )
        )
    return OutcomeTable(
        actions=(AT_ONCE, f"{THINK} 16 tokens", THINK), budgets=(None, 16, 64), rows=tuple(rows)
    )
