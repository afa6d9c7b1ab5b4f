from collections.abc import Sequence

import pytest
import torch

import ponder
from ponder.errors import ConfigError
from ponder.records import Problem, Rollout
from ponder.tasks import TASKS
from ponder.training.batch import token_logprobs
from ponder.training.grpo import GRPOConfig, RolloutBatches, grpo_loss, pieces, policy_tensors, train_grpo
from ponder.training.loop import LoopConfig

LOOP = LoopConfig(steps=2, learning_rate=1e-4)
CONFIG = GRPOConfig(loop=LOOP, problems_per_step=6, group_size=4, max_tokens=48)


def problems() -> list[Problem]:
    return TASKS["arithmetic"].problems(split="train", count=40, seed=0)


def rollout(length: int) -> Rollout:
    return Rollout(
        prompt_ids=(1,) * 3, completion_ids=(2,) * (length - 3), logprobs=(-1.0,) * (length - 3), reward=1.0,
        reward_parts={}, advantage=1.0,
    )  # fmt: skip


def test_pieces_cover_all_rollouts_within_the_limit() -> None:
    rollouts = [rollout(n) for n in (4, 5, 5, 8, 9, 20, 40)]
    cut: list[Sequence[Rollout]] = list(pieces(rollouts, 24))
    assert [r for piece in cut for r in piece] == rollouts
    assert all(len(p) == 1 or len(p) * (3 + len(p[-1].completion_ids)) <= 24 for p in cut)


@pytest.mark.parametrize(
    "bad",
    [{"advantage": "gae"}, {"group_size": 1}, {"temperature": 0.0}],
    ids=["advantage", "group", "greedy"],
)
def test_a_config_that_cannot_learn_is_refused(bad: dict) -> None:
    with pytest.raises(ConfigError):
        GRPOConfig(loop=LOOP, **bad)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_sampler_and_the_trainer_agree_on_logprobs(temperature: float) -> None:
    engine = ponder.load("tiny")
    config = GRPOConfig(loop=LOOP, problems_per_step=6, group_size=4, max_tokens=48, temperature=temperature)
    batch = next(iter(RolloutBatches(config, problems(), engine)))
    tensors = policy_tensors(batch.rollouts)
    with torch.no_grad():
        logprobs = token_logprobs(engine.transformer, tensors.batch.ids_BT, temperature=temperature)
    mask = tensors.batch.mask_BT[:, 1:]
    assert (logprobs - tensors.behaviour_BT)[mask].abs().max() < 1e-3


@pytest.mark.slow
def test_the_loss_is_the_same_in_any_number_of_pieces() -> None:
    gradients = list[torch.Tensor]()
    for limit in (100, 100_000):
        engine = ponder.load("tiny")
        config = GRPOConfig(
            loop=LOOP, problems_per_step=6, group_size=4, max_tokens=48, tokens_per_piece=limit
        )
        batch = next(iter(RolloutBatches(config, problems(), engine)))
        loss = grpo_loss(config)(engine.transformer, batch)
        assert loss.figures["ratio"] == pytest.approx(1.0, abs=1e-3)
        gradients.append(engine.transformer.lm_head.weight.grad.clone())  # type: ignore[union-attr]
    assert torch.allclose(*gradients, atol=1e-5)


@pytest.mark.slow
def test_training_is_the_same_for_the_same_seed_and_changes_the_weights() -> None:
    ends = list[torch.Tensor]()
    for _ in range(2):
        engine = ponder.load("tiny")
        before = engine.transformer.lm_head.weight.detach().clone()
        cost = train_grpo(engine, problems(), CONFIG, log=lambda step, figures: None)
        assert cost.flops > 0 and cost.forward_passes > 0
        ends.append(engine.transformer.lm_head.weight.detach().clone())
        assert not torch.equal(before, ends[-1])
    assert torch.equal(*ends)
