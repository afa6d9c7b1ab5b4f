"""Training against `transformers`, and the trainer against the sampler that feeds it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from model.families import FAMILIES, make_ours, make_theirs

import ponder
from ponder.engine.engine import Engine, Kernels
from ponder.engine.save import save_model
from ponder.model.transformer import Transformer
from ponder.records import Problem
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.tasks import TASKS
from ponder.training.batch import Example
from ponder.training.grpo import GRPOConfig, train_grpo
from ponder.training.loop import LoopConfig
from ponder.training.policy_batch import SharedPrompts, completion_logprobs, policy_batch
from ponder.training.rollout_batches import RolloutBatches
from ponder.training.sft import SFTConfig, chat_example, sft_loss

LOOP = LoopConfig(steps=4, learning_rate=2e-4, warmup_steps=0)
KERNELS: tuple[Kernels, ...] = ("native", "torch")


def problems() -> list[Problem]:
    return TASKS["arithmetic"].problems(split="train", count=40, seed=0)


def grpo_config(temperature: float) -> GRPOConfig:
    return GRPOConfig(loop=LOOP, problems_per_step=8, group_size=4, max_tokens=64, temperature=temperature)


def random_examples() -> list[Example]:
    generator = torch.Generator().manual_seed(0)

    def ids(count: int) -> tuple[int, ...]:
        return tuple(torch.randint(1, 260, (count,), generator=generator).tolist())

    return [
        Example(ids(prompt), ids(completion)) for prompt, completion in ((3, 9), (1, 20), (12, 4), (7, 7))
    ]


def compare_gradients(ours: Transformer, theirs: Any, examples: Sequence[Example]) -> None:
    """Our loss in pieces, theirs by their own `labels` on the batch as a whole."""
    loss = sft_loss(SFTConfig(loop=LOOP, tokens_per_piece=64))(ours, examples)
    longest = max(len(e.prompt_ids) + len(e.completion_ids) for e in examples)
    ids = torch.zeros(len(examples), longest, dtype=torch.int64)
    seen, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, example in enumerate(examples):
        begin, end = len(example.prompt_ids), len(example.prompt_ids) + len(example.completion_ids)
        ids[row, :end] = torch.tensor([*example.prompt_ids, *example.completion_ids])
        seen[row, :end], labels[row, begin:end] = 1, ids[row, begin:end]
    expected = theirs(input_ids=ids, attention_mask=seen, labels=labels).loss
    expected.backward()
    assert loss.figures["loss"] == pytest.approx(float(expected.detach()), abs=1e-5)
    mine = {name: parameter.grad for name, parameter in ours.named_parameters()}
    for name, parameter in theirs.named_parameters():
        gradient = mine.pop(name.removeprefix("model."))
        assert gradient is not None and parameter.grad.abs().max() > 0, name
        assert (gradient - parameter.grad).abs().max() < 1e-4, name
        assert (gradient - parameter.grad).norm() < 1e-3 * parameter.grad.norm(), name
    assert not mine


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_of_fine_tuning_equal_those_of_transformers(family: str) -> None:
    ours, theirs = copy.deepcopy(make_ours(family)), copy.deepcopy(make_theirs(family))
    compare_gradients(ours.train(), theirs.train(), random_examples())


@pytest.mark.slow
def test_gradients_of_tiny_equal_those_of_transformers(tmp_path: Path) -> None:
    engine = ponder.load("tiny")
    save_model(engine.transformer, engine.tokenizer, engine.template, tmp_path / "m", dtype=torch.float32)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "m", dtype=torch.float32)
    examples = [
        chat_example(engine, ask_for(problem, THINK_FIRST), f"It is \\boxed{{{problem.answer}}}.")
        for problem in problems()[:8]
    ]
    compare_gradients(engine.transformer.train(), theirs.train(), examples)


def check_ratios(engine: Engine, config: GRPOConfig) -> None:
    """Every token's probability to the trainer over that to the sampler, in a fresh batch."""
    batch = next(iter(RolloutBatches(config, problems(), engine)))
    prompts = SharedPrompts(engine.transformer, [rollout.prompt_ids for rollout in batch.rollouts])
    policy = policy_batch(batch.rollouts, prompts)
    with torch.no_grad():
        logprobs_BT = completion_logprobs(engine.transformer, prompts, policy, temperature=config.temperature)
    assert policy.mask_BT.sum() > 500
    errors = ((logprobs_BT - policy.sampled_BT)[policy.mask_BT].exp() - 1).abs()
    assert errors.mean() < 1e-5
    assert errors.max() < 1e-4  # float32 logits divided by a temperature, exponentiated


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("kernels", KERNELS)
def test_trainer_and_sampler_agree_on_every_token_before_and_after_steps(
    kernels: Kernels, temperature: float
) -> None:
    engine, config = ponder.load("tiny", kernels=kernels), grpo_config(temperature)
    before = engine.transformer.embed_tokens.weight.detach().clone()
    check_ratios(engine, config)
    train_grpo(engine, problems(), config, log=lambda step, figures: None)
    assert not torch.equal(before, engine.transformer.embed_tokens.weight)
    check_ratios(engine, config)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.7])
@pytest.mark.parametrize("kernels", KERNELS)
def test_the_ratio_of_a_batch_on_policy_is_1(kernels: Kernels, temperature: float) -> None:
    engine, config = ponder.load("tiny", kernels=kernels), grpo_config(temperature)
    ratios = list[float]()
    train_grpo(engine, problems(), config, log=lambda step, figures: ratios.append(figures["ratio"]))
    assert len(ratios) == 4
    assert ratios == pytest.approx([1.0] * 4, abs=1e-5)
