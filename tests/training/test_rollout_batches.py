"""Batches of rollouts: the same again after a pause, and as many with a signal as the rounds allow."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import ponder
from ponder.engine.engine import Engine
from ponder.errors import ConfigError, DataError
from ponder.records import Cost, Problem, Rollout
from ponder.tasks import TASKS
from ponder.training.curriculum import CURRICULA, Difficulty
from ponder.training.grpo import GRPOConfig
from ponder.training.loop import LoopConfig
from ponder.training.rollout_batches import RolloutBatches, joined
from ponder.training.rollouts import RolloutBatch

CONFIG = GRPOConfig(
    loop=LoopConfig(steps=2, learning_rate=1e-4), problems_per_step=6, group_size=4, max_tokens=48
)


def problems(count: int = 40) -> list[Problem]:
    return TASKS["arithmetic"].problems(split="train", count=count, seed=0)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return ponder.load("tiny")


def group(prompt: int, rewards: list[float]) -> tuple[Rollout, ...]:
    mean = sum(rewards) / len(rewards)
    return tuple(
        Rollout(
            prompt_ids=(prompt,), completion_ids=(1,), logprobs=(-1.0,), reward=reward, reward_parts={},
            advantage=reward - mean,
        )
        for reward in rewards
    )  # fmt: skip


def test_too_few_problems_are_refused(engine: Engine) -> None:
    with pytest.raises(ConfigError, match="6, but there are 5"):
        RolloutBatches(CONFIG, problems(5), engine)


def test_rounds_are_joined_until_there_are_enough_groups_that_differ() -> None:
    first = RolloutBatch(group(1, [1, 1]) + group(2, [1, 0]), Cost(flops=2.0), {"reward": 0.75})
    second = RolloutBatch(group(3, [0, 1]) + group(4, [0, 1]), Cost(flops=3.0), {"reward": 0.5})
    whole = joined([first, second], 2)
    assert [rollout.prompt_ids for rollout in whole.rollouts] == [(2,), (2,), (3,), (3,)]
    assert whole.cost.flops == 5.0
    assert whole.figures == {"reward": 0.625, "rounds": 2.0}


def test_figures_of_rounds_are_means_over_those_that_have_them() -> None:
    rounds = [
        RolloutBatch(group(1, [1, 0]), Cost(), {"masked": 0.0, "reward": 0.5, "reward/a": 1.0}),
        RolloutBatch(group(2, [1, 0]), Cost(), {"masked": 1.0, "reward/b/failed": 1.0}),
    ]
    figures = joined(rounds, 2).figures
    assert figures == {"masked": 0.5, "reward": 0.5, "reward/a": 1.0, "reward/b/failed": 0.5, "rounds": 2.0}


@pytest.mark.slow
def test_dynamic_sampling_finds_more_groups_with_a_signal(engine: Engine) -> None:
    def informative(rounds: int) -> int:
        config = replace(CONFIG, sampling_rounds=rounds, problems_per_step=12)
        batch = next(RolloutBatches(config, problems(), engine))
        assert batch.figures.get("rounds", 1.0) <= rounds
        return len(batch.informative_groups)

    assert informative(1) < informative(3) <= 12


@pytest.mark.slow
def test_nothing_is_learned_from_what_was_cut_off(engine: Engine) -> None:
    config = replace(CONFIG, max_tokens=24)
    cut = next(RolloutBatches(replace(config, mask_truncated=True), problems(), engine))
    plain = next(RolloutBatches(config, problems(), engine))
    assert any(r.truncated and r.advantage for r in plain.rollouts)
    for masked, other in zip(cut.rollouts, plain.rollouts, strict=True):
        assert masked.advantage == (0.0 if other.truncated else other.advantage)


@pytest.mark.slow
@pytest.mark.parametrize("importance", [0.0, 2.0])
def test_a_batch_that_serves_two_updates_survives_a_pause(engine: Engine, importance: float) -> None:
    config = replace(CONFIG, updates_per_batch=2, truncated_importance=importance)
    batches = RolloutBatches(config, problems(), engine)
    first = next(batches)
    state = json.loads(json.dumps(batches.state_dict()))
    again = RolloutBatches(config, problems(), engine)
    again.load_state_dict(state)
    assert next(again).rollouts == first.rollouts == next(batches).rollouts
    assert next(again).rollouts == next(batches).rollouts != first.rollouts
    known = [r.trainer_logprobs for r in first.rollouts]
    assert all(
        len(k) == (len(r.logprobs) if importance else 0) for k, r in zip(known, first.rollouts, strict=True)
    )
    for trainer, rollout in zip(known, first.rollouts, strict=True):
        assert all(abs(a - b) < 1e-3 for a, b in zip(trainer, rollout.logprobs, strict=False))


@pytest.mark.slow
@pytest.mark.parametrize("curriculum", CURRICULA)
def test_a_pause_changes_no_draw(engine: Engine, curriculum: str) -> None:
    config = replace(CONFIG, curriculum=curriculum, max_tokens=24)
    batches, again = (RolloutBatches(config, problems(12), engine) for _ in range(2))
    for _ in range(3):
        next(batches)
    again.load_state_dict(json.loads(json.dumps(batches.state_dict())))
    assert [next(again).rollouts for _ in range(3)] == [next(batches).rollouts for _ in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize("rewards", [{"accuracy": 1.0}, {"brevity": 1.0, "accuracy": 0.5}])
def test_a_curriculum_is_told_how_well_every_problem_was_solved(
    engine: Engine, rewards: dict[str, float]
) -> None:
    config = replace(CONFIG, curriculum="difficulty", rewards=rewards)
    batches = RolloutBatches(config, problems(6), engine)
    batch = next(batches)
    curriculum = batches.curriculum
    assert isinstance(curriculum, Difficulty)
    shares = [curriculum.share(problem) for problem in problems(6)]
    assert all(share is not None for share in shares)
    right = sum(rollout.reward_parts["accuracy"] for rollout in batch.rollouts)
    assert right > 0
    assert sum(share * CONFIG.group_size for share in shares if share is not None) == pytest.approx(right)


def test_other_problems_are_noticed(engine: Engine) -> None:
    batches = RolloutBatches(CONFIG, problems(), engine)
    with pytest.raises(DataError, match="not those the run began with"):
        RolloutBatches(CONFIG, problems(39), engine).load_state_dict(batches.state_dict())
