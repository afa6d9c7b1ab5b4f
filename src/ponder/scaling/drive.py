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
    asked: dict[int, Sequence[Ask]] = {}
    for index, plan in enumerate(plans):
        _advance(index, plan, None, asked, attempts)
    while asked:
        answered = _sample(asked, sampler, on_progress)
        asked = {}
        for index, groups in answered.items():
            _advance(index, plans[index], groups, asked, attempts)
    return [attempts[index] for index in range(len(plans))]


def solve(strategy: Strategy, problem: Problem, sampler: Sampler, budget: Budget) -> Attempt:
    return solve_all(strategy, [problem], sampler, budget)[0]


def _advance(
    index: int,
    plan: Plan,
    groups: list[list[Completion]] | None,
    asked: dict[int, Sequence[Ask]],
    attempts: dict[int, Attempt],
) -> None:
    try:
        asked[index] = next(plan) if groups is None else plan.send(groups)
    except StopIteration as finished:
        attempts[index] = finished.value


def _sample(
    asked: dict[int, Sequence[Ask]], sampler: Sampler, on_progress: Callable[[int], None] | None
) -> dict[int, list[list[Completion]]]:
    """One call of the sampler for each distinct set of sampling parameters."""
    alike: defaultdict[Sampling, list[tuple[int, int]]] = defaultdict(list)
    for index, asks in asked.items():
        for place, ask in enumerate(asks):
            alike[ask.sampling].append((index, place))
    groups: dict[tuple[int, int], list[Completion]] = {}
    for sampling, places in alike.items():
        prompts = [asked[index][place].prompt for index, place in places]
        replies = sampler.generate(prompts, sampling, on_progress=on_progress)
        groups.update(zip(places, replies, strict=True))
    return {index: [groups[index, place] for place in range(len(asks))] for index, asks in asked.items()}
