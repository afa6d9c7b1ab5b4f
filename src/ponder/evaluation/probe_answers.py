"""What one arm answered to the items of the deduction probe, and how its answers are judged.

The items are told in several versions of the same proofs, so an answer keeps its item beside it. Knows no
statistics and no model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ponder.errors import ConfigError
from ponder.evaluation.arm import ItemResult
from ponder.evaluation.runner import evaluate
from ponder.logic.items import ProbeItem
from ponder.protocols import Budget, Sampler, Strategy
from ponder.records import Completion, Judgement, Problem
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math
from ponder.verify.words import verify_text


@dataclass(frozen=True, slots=True)
class ProbeTask:
    """The items of one form as a `Task`: numbers are judged as numbers, all else as words."""

    form: str

    @property
    def name(self) -> str:
        return f"deduction-{self.form}"

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        """None of them are worked examples: a probe that shows some measures the showing too."""
        raise ConfigError("the probe shows no worked examples: choose another strategy than few-shot")

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        verify = verify_math if self.form == "word-problem" else verify_text
        return judge_completion(completion, problem.answer, verify)


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """One item and what came of it."""

    item: ProbeItem
    result: ItemResult

    @property
    def right(self) -> bool:
        return self.result.judgement.correct

    @property
    def chance(self) -> float:
        """What guessing among the item's choices would reach."""
        return 1 / len(self.item.choices)


def answer_items(
    strategy: Strategy,
    items: Sequence[ProbeItem],
    sampler: Sampler,
    budget: Budget,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[ProbeAnswer, ...]:
    """Every item asked, answered and judged, in order."""
    if not items:
        return ()
    problems = [item.problem() for item in items]
    task = ProbeTask(items[0].form)
    results = evaluate(strategy, task, problems, sampler, budget, on_progress=on_progress)
    return tuple(ProbeAnswer(item, result) for item, result in zip(items, results, strict=True))


def in_version(answers: Sequence[ProbeAnswer], version: str) -> dict[str, ProbeAnswer]:
    """The judged answers of one version, by proof."""
    return {
        answer.item.proof: answer
        for answer in answers
        if answer.item.version == version and answer.result.judged
    }


def by_proof(answers: Sequence[ProbeAnswer]) -> dict[str, dict[str, ProbeAnswer]]:
    """The judged answers of each proof, by version."""
    grouped: defaultdict[str, dict[str, ProbeAnswer]] = defaultdict(dict)
    for answer in answers:
        if answer.result.judged:
            grouped[answer.item.proof][answer.item.version] = answer
    return dict(grouped)


def versions_of(items: Sequence[ProbeItem]) -> tuple[str, ...]:
    """In the order in which they come."""
    return tuple(dict.fromkeys(item.version for item in items))


def depths_of(items: Sequence[ProbeItem]) -> tuple[int, ...]:
    return tuple(sorted({item.depth for item in items}))
