"""Prompts computed once give the same logprobs and gradients as whole rows, for every family of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from model.families import FAMILIES, make_ours
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer, initialise
from ponder.records import Rollout
from ponder.training.batch import Example, pad, token_logprobs
from ponder.training.memory import recomputed_activations
from ponder.training.policy_batch import (
    SharedPrompts,
    completion_logprobs,
    groups_within,
    pieces,
    policy_batch,
    policy_flops,
)

lengths = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 60)), min_size=1, max_size=30)


def rollout(prompt: Sequence[int], completion: Sequence[int]) -> Rollout:
    return Rollout(
        prompt_ids=tuple(prompt),
        completion_ids=tuple(completion),
        logprobs=(-1.0,) * len(completion),
        reward=1.0,
        reward_parts={},
        advantage=1.0,
    )


GROUPS = [
    rollout((3, 5, 7, 9, 2, 4, 6, 8, 1, 2, 3, 4), (5, 6, 7)),
    rollout((3, 5, 7, 9, 2, 4, 6, 8, 1, 2, 3, 4), (8,)),
    rollout((11, 12), (1, 2, 3, 4, 5, 6, 7, 8, 9)),
    rollout((11, 12), (9, 8, 7)),
    rollout((17,), (6,)),
]


def small() -> Transformer:
    model = Transformer(
        Architecture(
            family="qwen3", vocab_size=19, width=16, layers=2, heads=2, kv_heads=1, head_size=8, mlp_width=24,
            context=64,
        )
    )  # fmt: skip
    initialise(model, seed=1)
    return model


def shared(model: Transformer, rollouts: Sequence[Rollout], weights: torch.Tensor) -> list[torch.Tensor]:
    """Logprobs of each rollout, in two pieces; leaves the gradient of their weighted sum."""
    found = dict[int, torch.Tensor]()
    prompts = SharedPrompts(model, [r.prompt_ids for r in rollouts])
    for piece in (rollouts[:2], rollouts[2:]):
        logprobs_BT = completion_logprobs(model, prompts, policy_batch(piece, prompts), temperature=0.7)
        (logprobs_BT * weights[: logprobs_BT.shape[1]]).sum().backward()
        found |= {id(r): row[: len(r.completion_ids)] for r, row in zip(piece, logprobs_BT, strict=True)}
    prompts.backward()
    return [found[id(r)].detach() for r in rollouts]


def whole_rows(model: Transformer, rollouts: Sequence[Rollout], weights: torch.Tensor) -> list[torch.Tensor]:
    """The slow twin."""
    found = list[torch.Tensor]()
    for r in rollouts:
        batch = pad([Example(r.prompt_ids, r.completion_ids)])
        logprobs_T = token_logprobs(model, batch.ids_BT, temperature=0.7)[batch.mask_BT[:, 1:]]
        (logprobs_T * weights[: len(logprobs_T)]).sum().backward()
        found.append(logprobs_T.detach())
    return found


def gradients(model: Transformer) -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_shared_prompts_agree_with_whole_rows(family: str) -> None:
    """Also where a window is shorter than the prompt, and where layers know no positions."""
    model, weights = make_ours(family), torch.linspace(1, 2, 16)
    fast, fast_gradients = shared(model, GROUPS, weights), gradients(model)
    slow, slow_gradients = whole_rows(model, GROUPS, weights), gradients(model)
    for one, other in zip(fast, slow, strict=True):
        assert torch.allclose(one, other, atol=2e-5)
    assert fast_gradients.keys() == slow_gradients.keys()
    for name, gradient in slow_gradients.items():
        assert torch.allclose(fast_gradients[name], gradient, atol=1e-4 * float(1 + gradient.abs().max())), (
            name
        )


def test_recomputed_activations_agree_too() -> None:
    model, weights = small(), torch.ones(16)
    shared(model, GROUPS, weights)
    kept = gradients(model)
    with recomputed_activations(model, on=True):
        shared(model, GROUPS, weights)
    for name, gradient in gradients(model).items():
        assert torch.allclose(kept[name], gradient, atol=1e-5)


def test_without_gradients_nothing_is_kept() -> None:
    model = small()
    with torch.no_grad():
        prompts = SharedPrompts(model, [r.prompt_ids for r in GROUPS])
        logprobs = completion_logprobs(model, prompts, policy_batch(GROUPS, prompts))
    prompts.backward()
    assert not logprobs.requires_grad and not gradients(model)


@pytest.mark.parametrize("own", [(), (True, False, True)])
def test_operations_are_those_that_torch_counts(own: tuple[bool, ...]) -> None:
    """Torch's fused attention is not known to the counter, and plain products compute hidden pairs too."""
    model, rollouts = small(), [replace(rollout((3, 5, 7, 9), (n, 6, 7)), own=own) for n in range(3)]
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        shared(model, rollouts, torch.ones(16))
    hidden_pairs = (4 * 4 - 10) + 3 * (2 * 6 - (5 + 6))
    arch = model.arch
    hidden = 3 * 4 * arch.heads * arch.head_size * arch.layers * hidden_pairs
    assert counter.get_total_flops() == policy_flops(model, rollouts) + hidden


@given(lengths, st.integers(2, 500))
def test_groups_stay_together_and_nothing_is_lost(shape: list[tuple[int, int]], limit: int) -> None:
    rollouts = [
        rollout((n % 18,) * prompt, (1,) * completion) for n, (prompt, completion) in enumerate(shape)
    ]
    runs = list(groups_within(rollouts, limit))
    assert sorted(id(r) for run in runs for r in run) == sorted(map(id, rollouts))
    owners = [{r.prompt_ids for r in run} for run in runs]
    assert sum(map(len, owners)) == len({r.prompt_ids for r in rollouts})
    for prompts in owners:
        assert len(prompts) == 1 or len(prompts) * max(map(len, prompts)) <= limit / 2


@given(lengths, st.integers(2, 500))
def test_pieces_cover_all_rollouts_within_the_limit(shape: list[tuple[int, int]], limit: int) -> None:
    rollouts = [rollout((1,), (1,) * completion) for _, completion in shape]
    cut = list(pieces(rollouts, limit))
    assert sorted(id(r) for piece in cut for r in piece) == sorted(map(id, rollouts))
    assert all(len(p) == 1 or len(p) * len(p[-1].completion_ids) <= limit for p in cut)


def test_pieces_hold_little_padding() -> None:
    rollouts = [rollout((1,), (1,) * length) for length in [10] * 80 + [100] * 10]
    assert [len(piece) for piece in pieces(rollouts, 10_000)] == [80, 10]
