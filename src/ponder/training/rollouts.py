"""Collects rollouts: samples a group per problem, rewards each, turns rewards into advantages.

A rollout whose rewards all failed is masked (it gets no advantage), never given zero reward. Knows nothing of
gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ponder.protocols import Sampler
from ponder.records import Completion, Cost, FinishReason, Problem, Rollout, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.scaling.single import total_cost
from ponder.training.advantages import ADVANTAGES
from ponder.verify.reward import RewardFunction, weighted_rewards


@dataclass(frozen=True, slots=True)
class RolloutBatch:
    """All rollouts of one step with the figures that describe them."""

    rollouts: tuple[Rollout, ...]
    cost: Cost
    figures: Mapping[str, float]

    @property
    def informative(self) -> list[Rollout]:
        """Rollouts that carry a gradient."""
        return [rollout for rollout in self.rollouts if rollout.advantage != 0.0]

    @property
    def informative_groups(self) -> list[list[Rollout]]:
        """All rollouts of each problem of which one carries a gradient."""
        groups = dict[tuple[int, ...], list[Rollout]]()
        for rollout in self.rollouts:
            groups.setdefault(rollout.prompt_ids, []).append(rollout)
        return [group for group in groups.values() if any(rollout.advantage for rollout in group)]


@dataclass(frozen=True, slots=True)
class Rewards:
    """What is paid for: named functions and their weights."""

    weights: Mapping[str, float]
    functions: Mapping[str, RewardFunction]


def collect(
    problems: Sequence[Problem],
    sampler: Sampler,
    sampling: Sampling,
    rewards: Rewards,
    *,
    advantage: str,
    version: int,
    prompt_ids: Mapping[str, tuple[int, ...]],
) -> RolloutBatch:
    """`sampling.n` rollouts per problem. `prompt_ids` maps problem ids to their prompt's token ids."""
    prompts = [ask_for(problem, THINK_FIRST) for problem in problems]
    groups = sampler.generate([prompt_ids[problem.id] for problem in problems], sampling)
    completions = [completion for group in groups for completion in group]
    owners = [index for index, group in enumerate(groups) for _ in group]
    paid = weighted_rewards(
        rewards.weights,
        rewards.functions,
        prompts=[prompts[i][-1].content for i in owners],
        completions=[completion.text for completion in completions],
        completion_ids=[list(completion.token_ids) for completion in completions],
        answer=[problems[i].answer for i in owners],
        records=completions,
    )
    totals = [reward.total for reward in paid]
    values = _group_advantages(totals, sampling.n, advantage)
    rollouts = tuple(
        Rollout(
            prompt_ids=prompt_ids[problems[owner].id],
            completion_ids=completion.token_ids,
            logprobs=completion.logprobs,
            reward=reward.total,
            reward_parts=reward.parts,
            level=reward.level,
            advantage=value,
            policy_version=version,
            truncated=completion.finish_reason is FinishReason.LENGTH,
        )
        for owner, completion, reward, value in zip(owners, completions, paid, values, strict=True)
    )
    return RolloutBatch(rollouts, total_cost(completions), _figures(completions, totals, sampling.n))


def _group_advantages(rewards: Sequence[float | None], group: int, estimator: str) -> list[float]:
    """Advantages within each group; a failed reward counts as the group's mean, so it moves nothing."""
    filled = list[float]()
    for begin in range(0, len(rewards), group):
        known = [reward for reward in rewards[begin : begin + group] if reward is not None]
        mean = sum(known) / len(known) if known else 0.0
        filled += [mean if reward is None else reward for reward in rewards[begin : begin + group]]
    advantages_PG = ADVANTAGES[estimator](torch.tensor(filled).view(-1, group))
    flat = advantages_PG.flatten()
    return [0.0 if reward is None else float(value) for reward, value in zip(rewards, flat, strict=True)]


def _figures(
    completions: Sequence[Completion], rewards: Sequence[float | None], group: int
) -> dict[str, float]:
    known = [reward for reward in rewards if reward is not None]
    uniform = sum(len(set(rewards[i : i + group])) == 1 for i in range(0, len(rewards), group))
    count = len(completions)
    tokens = sum(len(completion.token_ids) for completion in completions)
    return {
        "reward": sum(known) / len(known) if known else 0.0,
        "masked": 1 - len(known) / count,
        "uniform_groups": uniform * group / count,
        "truncated": sum(c.finish_reason is FinishReason.LENGTH for c in completions) / count,
        "completion_tokens": tokens / count,
        "entropy_estimate": -sum(sum(c.logprobs) for c in completions) / max(1, tokens),
    }
