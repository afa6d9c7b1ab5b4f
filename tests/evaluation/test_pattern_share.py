"""The interval of the pattern-matching share covers the share that the answers were drawn from."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.evaluation.arm import ItemResult
from ponder.evaluation.pattern_share import pattern_share
from ponder.evaluation.probe_answers import ProbeAnswer
from ponder.logic.items import draw_items
from ponder.records import Cost, Judgement, Verdict

TOLD = ("familiar", "counterfactual", "invented")
ITEMS = draw_items("colours", proofs=120, depths=(2, 3, 4), versions=TOLD, seed=9)


def answered(right: list[bool]) -> list[ProbeAnswer]:
    return [
        ProbeAnswer(
            item,
            ItemResult(
                problem_id=item.id,
                question=item.question,
                gold=item.answer,
                judgement=Judgement(Verdict.CORRECT if correct else Verdict.WRONG),
                cost=Cost(),
            ),
        )
        for item, correct in zip(ITEMS, right, strict=False)
    ]


def drawn(rng: random.Random, accuracies: dict[str, float]) -> list[ProbeAnswer]:
    return answered([rng.random() < accuracies[item.version] for item in ITEMS])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("accuracies", "share"),
    [
        ((0.9, 0.7, 0.7), 0.5),
        ((0.95, 0.9, 0.8), 2 / 9),
        ((0.8, 0.65, 0.55), 2 / 3),
        ((1.0, 0.98, 0.98), 0.04),
    ],
)
def test_the_interval_covers(accuracies: tuple[float, ...], share: float) -> None:
    rng = random.Random(f"{accuracies}")
    named = dict(zip(TOLD, accuracies, strict=True))
    found = [pattern_share(drawn(rng, named), seed=seed, resamples=2000) for seed in range(150)]
    covered = sum(each.interval.contains(share) for each in found) / len(found)
    assert covered >= 0.9
    assert abs(sum(each.value for each in found) / len(found) - share) < 0.03


@settings(max_examples=30, deadline=None)
@given(st.lists(st.booleans(), min_size=len(ITEMS), max_size=len(ITEMS)))
def test_any_answers_have_a_share_between_none_and_all_or_a_reason(right: list[bool]) -> None:
    found = pattern_share(answered(right), resamples=200)
    assert found.defined == (0.0 <= found.value <= 1.0)
    assert 0.0 <= found.interval.low <= found.interval.high <= 1.0
    assert not found.defined or found.familiar > 0.5


def test_the_same_seed_gives_the_same_interval() -> None:
    answers = drawn(random.Random(0), {"familiar": 0.9, "counterfactual": 0.6, "invented": 0.8})
    assert pattern_share(answers, seed=1) == pattern_share(answers, seed=1)
    assert pattern_share(answers, seed=1).interval != pattern_share(answers, seed=2).interval
