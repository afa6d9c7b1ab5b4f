"""Collects rollouts: samples a group per problem, rewards each, turns rewards into advantages.

A rollout whose reward or environment failed is masked (it gets no advantage), never given zero reward. Knows
nothing of gradients.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ponder.errors import ConfigError
from ponder.protocols import Sampler
from ponder.records import Completion, Cost, FinishReason, Problem, Rollout, Sampling
from ponder.scaling.single import total_cost
from ponder.training.advantages import ADVANTAGES
from ponder.training.episodes import Episode, Turns, ask, play
from ponder.training.rollout_journal import RolloutJournal
from ponder.verify.reward import Reward, weighted_rewards
from ponder.verify.reward_functions import RewardFunction, VerdictReward
from ponder.verify.reward_process import IsolatedReward
from ponder.verify.reward_worker import check_columns, needed

log = logging.getLogger(__name__)


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

    @property
    def verdicts(self) -> list[str]:
        """The names of those that say what is right."""
        return [name for name in self.weights if isinstance(self.functions[name], VerdictReward)]

    @property
    def right_from(self) -> float:
        """What `solved` gives a sample that is right, at least."""
        return 0.5 if self.verdicts else sum(weight for weight in self.weights.values() if weight > 0) / 2

    def solved(self, rollout: Rollout) -> float | None:
        """How well a problem is solved, however its sample was paid beside: the best verdict on it, or what
        it earned where no verdict is paid."""
        if not self.verdicts:
            return rollout.reward
        return max(
            (rollout.reward_parts[v] for v in self.verdicts if v in rollout.reward_parts), default=None
        )

    def of(
        self, problems: Sequence[Problem], prompts: Sequence[str], completions: Sequence[Completion]
    ) -> list[Reward]:
        """One reward a completion; `problems` and `prompts` are those that each belongs to."""
        return weighted_rewards(
            self.weights,
            self.functions,
            **{
                **_columns(problems),
                "prompts": list(prompts),
                "completions": [completion.text for completion in completions],
                "completion_ids": [list(completion.token_ids) for completion in completions],
                "records": list(completions),
            },
        )

    def check(self, problems: Sequence[Problem]) -> None:
        """Refuse a function that asks for a column that is not there, before anything is sampled."""
        judged = ["right"] if self.verdicts else []
        for name, function in self.functions.items():
            wanted = function.needed if isinstance(function, IsolatedReward) else needed(function)
            check_columns(name, wanted, [*_columns(problems), *SAMPLED, *judged])


SAMPLED = ("prompts", "completions", "completion_ids", "records")
"""The columns that do not come from problems."""


def _columns(problems: Sequence[Problem]) -> dict[str, list[Any]]:
    """What problems bring: all of their rows in a file, what a task has noted, and what all have."""
    known = [
        {**problem.meta.get("row", {}), **problem.meta, "problem_id": problem.id, "task": problem.task}
        | {"question": problem.question, "answer": problem.answer}
        for problem in problems
    ]
    names = dict.fromkeys(name for each in known for name in each if name != "row")
    return {name: [each.get(name) for each in known] for name in names}


def collect(
    problems: Sequence[Problem],
    sampler: Sampler,
    sampling: Sampling,
    rewards: Rewards,
    *,
    advantage: str,
    version: int,
    prompt_ids: Mapping[str, tuple[int, ...]],
    journal: RolloutJournal | None = None,
    turns: Turns | None = None,
) -> RolloutBatch:
    """`sampling.n` rollouts per problem. `prompt_ids` maps problem ids to their prompt's token ids; with
    `turns` an environment replies. Rewards see the whole text."""
    prompts = [ask(problem, turns) for problem in problems]
    groups = play(problems, sampler, sampling, prompt_ids, turns)
    episodes = [episode for group in groups for episode in group]
    completions = [episode.completion for episode in episodes]
    owners = [index for index, group in enumerate(groups) for _ in group]
    asked, paid = [problems[i] for i in owners], list[Reward]()
    try:
        judged = rewards.of(asked, [prompts[i][-1].content for i in owners], completions)
        paid = _without_failed_episodes(judged, episodes)
    finally:
        if journal is not None:
            journal.keep(version, asked, completions, paid)
    if version == 0:
        _refuse_useless(paid, episodes)
    totals = [reward.total for reward in paid]
    values = _group_advantages(totals, sampling.n, advantage)
    rollouts = tuple(
        Rollout(
            prompt_ids=prompt_ids[problems[owner].id],
            completion_ids=episode.completion.token_ids,
            logprobs=episode.completion.logprobs,
            own=episode.own,
            reward=reward.total,
            reward_parts=reward.parts,
            level=reward.level,
            advantage=value,
            policy_version=version,
            truncated=episode.completion.finish_reason is FinishReason.LENGTH,
        )
        for owner, episode, reward, value in zip(owners, episodes, paid, values, strict=True)
    )
    figures = {**_figures(episodes, totals, sampling.n), **_part_figures(paid)}
    if turns is not None:
        figures["turns"] = sum(episode.turns for episode in episodes) / len(episodes)
    return RolloutBatch(rollouts, total_cost(completions), figures)


def _group_advantages(rewards: Sequence[float | None], group: int, estimator: str) -> list[float]:
    """Advantages within each group; a failed reward counts as the mean of its group, or where all of that
    failed of the batch, so it moves no baseline."""
    filled, everything = list[float](), [reward for reward in rewards if reward is not None]
    for begin in range(0, len(rewards), group):
        known = [reward for reward in rewards[begin : begin + group] if reward is not None] or everything
        mean = sum(known) / len(known) if known else 0.0
        filled += [mean if reward is None else reward for reward in rewards[begin : begin + group]]
    advantages_PG = ADVANTAGES[estimator](torch.tensor(filled).view(-1, group))
    flat = advantages_PG.flatten()
    return [0.0 if reward is None else float(value) for reward, value in zip(rewards, flat, strict=True)]


def _without_failed_episodes(paid: Sequence[Reward], episodes: Sequence[Episode]) -> list[Reward]:
    """Nothing is paid where the environment failed; the reason stands among those of failed parts."""
    reasons = [episode.failed for episode in episodes if episode.failed]
    if reasons:
        log.warning(
            "the environment failed in %d of %d episodes: %s", len(reasons), len(episodes), reasons[0]
        )
    return [
        replace(reward, total=None, failed={**reward.failed, "environment": episode.failed})
        if episode.failed
        else reward
        for reward, episode in zip(paid, episodes, strict=True)
    ]


def _refuse_useless(paid: Sequence[Reward], episodes: Sequence[Episode]) -> None:
    """What fails on every completion from the start is a mistake; later on it may be a bad hour."""
    failed = [episode.failed for episode in episodes if episode.failed]
    if len(failed) == len(episodes) or (failed and all(episode.turns == 1 for episode in episodes)):
        raise ConfigError(f"the environment failed throughout the first batch: {failed[0]}")
    for name in paid[0].failed:
        if all(name in reward.failed for reward in paid):
            reason = paid[0].failed[name]
            raise ConfigError(f"reward {name!r} failed on every completion of the first batch: {reason}")
    if all(reward.total is None for reward in paid) and not any(reward.failed for reward in paid):
        raise ConfigError("no reward had an opinion on any completion of the first batch")


def _part_figures(paid: Sequence[Reward]) -> dict[str, float]:
    """The mean of each part over the completions that have it, and the share it failed on, where it did."""
    figures = dict[str, float]()
    for name in dict.fromkeys(name for reward in paid for name in (*reward.parts, *reward.failed)):
        known = [reward.parts[name] for reward in paid if name in reward.parts]
        failed = sum(name in reward.failed for reward in paid)
        if known:
            figures[f"reward/{name}"] = sum(known) / len(known)
        if failed:
            figures[f"reward/{name}/failed"] = failed / len(paid)
    return figures


def _figures(episodes: Sequence[Episode], rewards: Sequence[float | None], group: int) -> dict[str, float]:
    """Tokens are those that the policy wrote. Without any reward there is no mean of them."""
    known = [reward for reward in rewards if reward is not None]
    groups = [rewards[begin : begin + group] for begin in range(0, len(rewards), group)]
    uniform = sum(len({reward for reward in each if reward is not None}) <= 1 for each in groups)
    count = len(episodes)
    tokens = sum(episode.own_tokens for episode in episodes)
    completions = [episode.completion for episode in episodes]
    return {
        **({"reward": sum(known) / len(known)} if known else {}),
        "masked": 1 - len(known) / count,
        "uniform_groups": uniform * group / count,
        "truncated": sum(c.finish_reason is FinishReason.LENGTH for c in completions) / count,
        "completion_tokens": tokens / count,
        "entropy_estimate": -sum(sum(c.logprobs) for c in completions) / max(1, tokens),
    }
