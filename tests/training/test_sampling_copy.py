"""What samples while a trainer computes in bf16: the weights of this moment, rounded."""

from __future__ import annotations

import pytest
import torch

import ponder
from ponder import Sampling
from ponder.engine.engine import Engine
from ponder.model.lora import LoRAConfig, add_lora, refresh_merged
from ponder.training.sampling_copy import SamplingCopy

SAMPLING = Sampling(n=2, max_tokens=12, temperature=0.7)
PROMPT = ["Compute 47-19+23."]


@pytest.fixture
def policy() -> Engine:
    return ponder.load("tiny", dtype="float32")


def texts(engine: Engine) -> list[str]:
    return [each.text for each in engine.generate(PROMPT, SAMPLING)[0]]


def nudge(engine: Engine) -> None:
    """Move every weight by something that bf16 shows."""
    with torch.no_grad():
        for parameter in engine.transformer.parameters():
            if parameter.requires_grad:
                parameter.add_(
                    0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
                )
    refresh_merged(engine.transformer)


def test_in_float32_the_policy_samples_itself(policy: Engine) -> None:
    with SamplingCopy(policy, "float32").fresh() as sampler:
        assert sampler is policy


def test_the_copy_says_what_the_model_says_when_loaded_in_bf16(policy: Engine) -> None:
    with SamplingCopy(policy, "bf16").fresh() as sampler:
        assert sampler.transformer.dtype == torch.bfloat16
        assert texts(sampler) == texts(ponder.load("tiny", dtype="bfloat16"))
    assert policy.transformer.dtype == torch.float32


@pytest.mark.parametrize("lora", [False, True])
def test_every_batch_sees_the_weights_of_its_moment(policy: Engine, lora: bool) -> None:
    if lora:
        add_lora(policy.transformer, LoRAConfig(rank=4), seed=0)
    copy = SamplingCopy(policy, "bf16")
    with copy.fresh() as sampler:
        before = texts(sampler)
    nudge(policy)
    with copy.fresh() as sampler:
        after = texts(sampler)
        rounded = {name: each.bfloat16() for name, each in policy.transformer.state_dict().items()}
        assert all(
            torch.equal(each, rounded[name]) for name, each in sampler.transformer.state_dict().items()
        )
    assert before != after
