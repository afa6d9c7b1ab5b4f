"""Advances the plans of many problems together, so that the sampler always gets full batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ponder.protocols import Ask, Budget, Plan, Sampler, Strategy
from ponder.records import Attempt, Completion, Problem, Sampling


def solve_all(
    strategy: Strategy,
    problems: Sequence[Problem],
    sampler: Sampler,
    budget: Budget,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> list[Attempt]:
    """One attempt per problem, in order. Plans that ask at the same time are sampled together."""
    plans = [strategy.solve(problem, budget) for problem in problems]
    attempts: dict[int, Attempt] = {}
    asks: dict[int, Ask] = {}
    for index, plan in enumerate(plans):
        _advance(index, plan, None, asks, attempts)
    while asks:
        answered = _sample(asks, sampler, on_progress)
        asks = {}
        for index, completions in answered.items():
            _advance(index, plans[index], completions, asks, attempts)
    return [attempts[index] for index in range(len(plans))]


def solve(strategy: Strategy, problem: Problem, sampler: Sampler, budget: Budget) -> Attempt:
    return solve_all(strategy, [problem], sampler, budget)[0]


def _advance(
    index: int,
    plan: Plan,
    completions: list[Completion] | None,
    asks: dict[int, Ask],
    attempts: dict[int, Attempt],
) -> None:
    try:
        asks[index] = next(plan) if completions is None else plan.send(completions)
    except StopIteration as finished:
        attempts[index] = finished.value


def _sample(
    asks: dict[int, Ask], sampler: Sampler, on_progress: Callable[[int], None] | None
) -> dict[int, list[Completion]]:
    """One call of the sampler for each distinct set of sampling parameters."""
    alike: defaultdict[Sampling, list[int]] = defaultdict(list)
    for index, ask in asks.items():
        alike[ask.sampling].append(index)
    answered: dict[int, list[Completion]] = {}
    for sampling, indices in alike.items():
        groups = sampler.generate(
            [asks[index].prompt for index in indices], sampling, on_progress=on_progress
        )
        answered.update(zip(indices, groups, strict=True))
    return answered
