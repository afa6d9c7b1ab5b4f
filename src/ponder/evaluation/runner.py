"""Runs one strategy over problems, judges what it stands by, and gives one `ItemResult` per problem.

The judge decides on the completion a strategy chose, never on the strategy's own opinion of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ponder.evaluation.arm import ItemResult, JudgedSample
from ponder.evaluation.worked_examples import with_examples
from ponder.protocols import Budget, Sampler, Strategy, Task
from ponder.records import Attempt, Judgement, Problem, Verdict
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.drive import solve_all


def evaluate(
    strategy: Strategy,
    task: Task,
    problems: Sequence[Problem],
    sampler: Sampler,
    budget: Budget,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[ItemResult, ...]:
    """Every problem solved and judged, in order. `on_progress` is told of completions as they end."""
    put = with_examples(strategy, task, problems, seed=budget.seed)
    attempts = solve_all(strategy, put, sampler, budget, on_progress=on_progress)
    return tuple(
        item_result(problem, attempt, [task.judge(problem, each) for each in attempt.completions])
        for problem, attempt in zip(problems, attempts, strict=True)
    )


def item_result(problem: Problem, attempt: Attempt, judgements: Sequence[Judgement]) -> ItemResult:
    """`judgements` are those of the attempt's completions."""
    chosen = attempt.completions[attempt.chosen] if attempt.chosen is not None else None
    verdict = Judgement(Verdict.NO_ANSWER, None, "the strategy chose no completion")
    return ItemResult(
        problem_id=problem.id,
        question=problem.question,
        gold=problem.answer,
        judgement=verdict if attempt.chosen is None else judgements[attempt.chosen],
        cost=attempt.cost,
        answer=attempt.answer,
        reasoning=chosen.reasoning if chosen else "",
        text=chosen.text if chosen else "",
        n_completions=len(attempt.completions),
        samples=tuple(
            JudgedSample(text=each.text, judgement=judgement, cost=each.cost)
            for each, judgement in zip(attempt.completions, judgements, strict=True)
        ),
    )


def heldout_accuracy(sampler: Sampler, task: Task, problems: Sequence[Problem], max_tokens: int) -> float:
    """Share answered correctly by one greedy chain of thought each: the curve watched during training.

    Not a number without problems.
    """
    right = heldout_right(sampler, task, problems, max_tokens)
    return sum(right) / len(right) if right else math.nan


def heldout_right(
    sampler: Sampler, task: Task, problems: Sequence[Problem], max_tokens: int
) -> tuple[bool, ...]:
    """The same, problem by problem."""
    budget = Budget(tokens=max_tokens, per_completion=max_tokens)
    items = evaluate(ChainOfThought(), task, problems, sampler, budget)
    return tuple(item.judgement.correct for item in items)
