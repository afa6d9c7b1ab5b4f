"""GRPO on the embedded model: the loss is that of the formula, in any number of pieces."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
import torch
from torch import Tensor

import ponder
from ponder.engine.engine import Engine
from ponder.errors import ConfigError
from ponder.records import Problem
from ponder.tasks import TASKS
from ponder.training.batch import Example, pad, token_logprobs
from ponder.training.grpo import GRPOConfig, grpo_loss, train_grpo
from ponder.training.loop import LoopConfig
from ponder.training.losses import LOSSES
from ponder.training.policy_batch import SharedPrompts, completion_logprobs, policy_batch
from ponder.training.rollout_batches import RolloutBatches
from ponder.training.rollouts import RolloutBatch

LOOP = LoopConfig(steps=2, learning_rate=1e-4)
CONFIG = GRPOConfig(loop=LOOP, problems_per_step=6, group_size=4, max_tokens=48)


def problems() -> list[Problem]:
    return TASKS["arithmetic"].problems(split="train", count=40, seed=0)


@pytest.mark.parametrize(
    "bad",
    [
        {"advantage": "gae"},
        {"loss": "ppo"},
        {"curriculum": "easy"},
        {"environment": "abacus"},
        {"max_turns": 0},
        {"group_size": 1},
        {"temperature": 0.0},
        {"sampling_rounds": 0},
        {"kl_weight": -1.0},
        {"tokens_per_piece": 0},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_a_config_that_cannot_learn_is_refused(bad: dict) -> None:
    with pytest.raises(ConfigError):
        GRPOConfig(loop=LOOP, **bad)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_the_sampler_and_the_trainer_agree_on_logprobs(temperature: float) -> None:
    engine = ponder.load("tiny")
    config = GRPOConfig(loop=LOOP, problems_per_step=6, group_size=4, max_tokens=48, temperature=temperature)
    rollouts = next(iter(RolloutBatches(config, problems(), engine))).rollouts
    prompts = SharedPrompts(engine.transformer, [rollout.prompt_ids for rollout in rollouts])
    batch = policy_batch(rollouts, prompts)
    with torch.no_grad():
        logprobs = completion_logprobs(engine.transformer, prompts, batch, temperature=temperature)
    assert (logprobs - batch.sampled_BT).abs().max() < 1e-3


def figures_and_gradient(config: GRPOConfig, engine: Engine, batch: RolloutBatch) -> tuple[Mapping, Tensor]:
    engine.transformer.zero_grad()
    loss = grpo_loss(config)(engine.transformer, batch)
    gradient = engine.transformer.lm_head.weight.grad
    assert gradient is not None
    return loss.figures, gradient.clone()


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_is_the_same_in_any_number_of_pieces(loss: str) -> None:
    engine = ponder.load("tiny")
    config = replace(CONFIG, loss=loss, tokens_per_piece=100)
    batch = next(iter(RolloutBatches(config, problems(), engine)))
    figures, gradient = figures_and_gradient(config, engine, batch)
    whole, whole_gradient = figures_and_gradient(replace(config, tokens_per_piece=10**6), engine, batch)
    assert torch.allclose(gradient, whole_gradient, atol=1e-5)
    assert figures["loss"] == pytest.approx(whole["loss"], abs=1e-5)
    assert figures["ratio"] == pytest.approx(1.0, abs=1e-5)
    assert figures["mismatch"] < 1e-5


@pytest.mark.slow
def test_the_gradient_is_that_of_the_formula_over_whole_rows() -> None:
    """The whole fast path against its slow twin: every row by itself, every number written out."""
    engine = ponder.load("tiny")
    config = replace(CONFIG, loss="grpo", kl_weight=0.1)
    batch = next(iter(RolloutBatches(config, problems(), engine)))
    reference = ponder.load("tiny").transformer
    with torch.no_grad():
        for parameter in reference.parameters():
            parameter *= 1.01
    model, rollouts = engine.transformer, batch.informative
    for r in rollouts:
        rows = pad([Example(r.prompt_ids, r.completion_ids)])
        mine = token_logprobs(model, rows.ids_BT)[rows.mask_BT[:, 1:]]
        with torch.no_grad():
            theirs = token_logprobs(reference, rows.ids_BT)[rows.mask_BT[:, 1:]]
        ratio = (mine - torch.tensor(r.logprobs)).exp()
        gain = torch.minimum(ratio * r.advantage, ratio.clamp(0.8, 1.28) * r.advantage)
        penalty = (theirs - mine).exp() - (theirs - mine) - 1
        ((-gain + 0.1 * penalty).mean() / len(rollouts)).backward()
    slow = model.lm_head.weight.grad.clone()  # type: ignore[union-attr]
    model.zero_grad()
    figures = grpo_loss(config, reference)(model, batch).figures
    assert torch.allclose(model.lm_head.weight.grad, slow, atol=1e-5)  # type: ignore[arg-type]
    assert figures["kl"] > 0


@pytest.mark.slow
def test_kl_is_zero_to_the_model_the_run_began_with() -> None:
    engine, seen = ponder.load("tiny"), list[Mapping[str, float]]()
    train_grpo(
        engine, problems(), replace(CONFIG, kl_weight=0.5), log=lambda step, figures: seen.append(figures)
    )
    assert seen[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    assert seen[1]["kl"] > 1e-7


@pytest.mark.slow
def test_importance_is_corrected_for_a_sampler_that_rounds() -> None:
    """Logprobs said to be higher than they are make a token count less, and the ratio stays 1."""
    engine = ponder.load("tiny")
    batch = next(iter(RolloutBatches(CONFIG, problems(), engine)))
    surer = replace(
        batch,
        rollouts=tuple(
            replace(r, logprobs=tuple(x + math.log(2) for x in r.logprobs)) for r in batch.rollouts
        ),
    )
    _, plain = figures_and_gradient(CONFIG, engine, batch)
    corrected = replace(CONFIG, truncated_importance=2.0)
    figures, gradient = figures_and_gradient(corrected, engine, surer)
    assert torch.allclose(gradient, plain / 2, atol=1e-6)
    assert figures["ratio"] == pytest.approx(1.0, abs=1e-6)
    assert figures["mismatch"] == pytest.approx(math.log(2), abs=1e-3)


@pytest.mark.slow
def test_a_batch_without_any_signal_moves_nothing() -> None:
    engine = ponder.load("tiny")
    batch = next(iter(RolloutBatches(CONFIG, problems(), engine)))
    flat = replace(batch, rollouts=tuple(replace(r, advantage=0.0) for r in batch.rollouts))
    loss = grpo_loss(CONFIG)(engine.transformer, flat)
    assert loss.value is None and loss.figures["flops"] == 0
    assert all(parameter.grad is None for parameter in engine.transformer.parameters())


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
