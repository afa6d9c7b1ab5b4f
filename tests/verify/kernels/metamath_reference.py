"""A second Metamath checker for tests, as plain as the definition: tuples of symbols, one dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from ponder.verify.kernels.metamath_database import Database
from ponder.verify.kernels.metamath_frame import Assertion, Hypothesis


def proves(database: Database, goal: Assertion, labels: Sequence[str]) -> bool:
    """Whether a normal proof, given as labels, proves `goal` from what comes before it."""
    apart = {(a, b) for group in goal.disjoint_groups() for a in group for b in group if a != b}
    stack = list[tuple[str, ...]]()
    for label in labels:
        step = database.statements.get(label)
        if step is None or step.index >= goal.index:
            return False
        if isinstance(step, Hypothesis):
            if step.end <= goal.index:
                return False
            stack.append(tuple(step.expression.split()))
            continue
        if len(stack) < len(step.hypotheses):
            return False
        given = stack[len(stack) - len(step.hypotheses) :]
        del stack[len(stack) - len(step.hypotheses) :]
        values = dict[str, tuple[str, ...]]()
        for hypothesis, symbols in zip(step.hypotheses, given, strict=True):
            if hypothesis.variable is not None:
                if symbols[0] != hypothesis.expression.split()[0]:
                    return False
                values[hypothesis.variable] = symbols[1:]
        for hypothesis, symbols in zip(step.hypotheses, given, strict=True):
            if hypothesis.variable is None and substitute(hypothesis.expression, values) != symbols:
                return False
        for group in step.disjoint_groups():
            for first in range(len(group)):
                for second in range(first + 1, len(group)):
                    for a in database.variables & set(values.get(group[first], ())):
                        for b in database.variables & set(values.get(group[second], ())):
                            if (a, b) not in apart:
                                return False
        stack.append(substitute(step.expression, values))
    return stack == [tuple(goal.expression.split())]


def substitute(expression: str, values: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(new for symbol in expression.split() for new in values.get(symbol, (symbol,)))
