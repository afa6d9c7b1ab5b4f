"""Endless batches of fresh rollouts for the loop: problems drawn, sampled and rewarded.

With several rounds a step goes on drawing until it has enough problems whose samples differ in reward:
dynamic sampling (DAPO, Yu et al., arXiv:2503.14476). Knows nothing of losses.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast

import torch
from pydantic import TypeAdapter

from ponder.engine.engine import Engine
from ponder.environments import load_environment
from ponder.errors import ConfigError, DataError
from ponder.records import Cost, Problem, Rollout, Sampling
from ponder.training.checkpoint import load_random
from ponder.training.curriculum import CURRICULA
from ponder.training.episodes import Turns, ask
from ponder.training.memory import mixed_precision
from ponder.training.policy_batch import SharedPrompts, completion_logprobs, policy_batch
from ponder.training.rollout_journal import RolloutJournal
from ponder.training.rollouts import Rewards, RolloutBatch, collect
from ponder.training.sampling_copy import SamplingCopy
from ponder.verify.reward_functions import load_reward

if TYPE_CHECKING:
    from ponder.training.grpo import GRPOConfig


class RolloutBatches:
    """Rollouts from training problems, and what they cost so far."""

    def __init__(
        self,
        config: GRPOConfig,
        problems: Sequence[Problem],
        sampler: Engine,
        journal: RolloutJournal | None = None,
    ) -> None:
        if len(problems) < config.problems_per_step:
            raise ConfigError(
                f"problems_per_step is {config.problems_per_step}, but there are {len(problems)} problems"
            )
        self.config = config
        self.problems = problems
        self.sampler = sampler
        self.journal = journal
        self.cost = Cost()
        self._rewards = load_rewards(config)
        self._rewards.check(problems)
        self._turns = load_turns(config, sampler)
        self._copy = SamplingCopy(sampler, config.loop.precision)
        self.curriculum = CURRICULA[config.curriculum](problems, self._rewards.right_from)
        self._rng, self._version = random.Random(config.seed), 0
        self._batch: RolloutBatch | None = None

    def __iter__(self) -> Iterator[RolloutBatch]:
        return self

    def __next__(self) -> RolloutBatch:
        if self._batch is None or self._version % self.config.updates_per_batch == 0:
            self._batch = self._collect()
        self._version += 1
        return self._batch

    def state_dict(self) -> dict[str, Any]:
        """With the rollouts, if another update is to come from them: the policy that made them is gone."""
        wanted = self._version % self.config.updates_per_batch != 0
        return {
            "problems": self._digest(),
            "random": self._rng.getstate(),
            "curriculum": self.curriculum.state_dict(),
            "version": self._version,
            "cost": asdict(self.cost),
            "batch": asdict(self._batch) if self._batch is not None and wanted else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["problems"] != self._digest():
            raise DataError("the problems are not those the run began with: choose another --out")
        load_random(self._rng.setstate, state["random"])
        self.curriculum.load_state_dict(state["curriculum"])
        self._version, self.cost = state["version"], Cost(**state["cost"])
        kind = TypeAdapter(RolloutBatch)
        self._batch = None if state["batch"] is None else kind.validate_python(state["batch"])
        if self.journal is not None:
            self.journal.cut(self._version)

    def _digest(self) -> int:
        """Other problems, or another order, give another number."""
        return zlib.crc32("\0".join(problem.key for problem in self.problems).encode())

    def _collect(self) -> RolloutBatch:
        """A step's rollouts, in as many rounds as are allowed and needed."""
        config, rounds = self.config, list[RolloutBatch]()
        with self._copy.fresh() as sampler:
            for number in range(config.sampling_rounds):
                chosen = self.curriculum.draw(config.problems_per_step, self._rng)
                rounds.append(self._sample(sampler, chosen, number))
                self._tell(chosen, rounds[-1])
                if sum(len(batch.informative_groups) for batch in rounds) >= config.problems_per_step:
                    break
        batch = rounds[0] if config.sampling_rounds == 1 else joined(rounds, config.problems_per_step)
        self.cost += batch.cost
        rollouts = batch.rollouts
        if config.mask_truncated:
            rollouts = [replace(r, advantage=0.0) if r.truncated else r for r in rollouts]
        if config.truncated_importance and config.updates_per_batch > 1:
            rollouts = self._with_trainer_logprobs(rollouts)
        return replace(batch, rollouts=tuple(rollouts))

    def _tell(self, chosen: Sequence[Problem], batch: RolloutBatch) -> None:
        """How well each problem was solved, to whoever draws the next."""
        size = self.config.group_size
        for place, problem in enumerate(chosen):
            group = batch.rollouts[place * size : (place + 1) * size]
            self.curriculum.see(problem, [self._rewards.solved(rollout) for rollout in group])

    def _sample(self, sampler: Engine, chosen: Sequence[Problem], number: int) -> RolloutBatch:
        config = self.config
        sampling = Sampling(
            n=config.group_size,
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            seed=config.seed * 1_000_003 + self._version * config.sampling_rounds + number,
        )
        return collect(
            chosen,
            sampler,
            sampling,
            self._rewards,
            advantage=config.advantage,
            version=self._version,
            journal=self.journal,
            prompt_ids={p.id: self.sampler.prompt_ids(ask(p, self._turns)) for p in chosen},
            turns=self._turns,
        )

    @torch.no_grad()
    def _with_trainer_logprobs(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """What the trainer makes of the tokens before its first update, where several are to come."""
        model, config, known = self.sampler.transformer, self.config, list[Rollout]()
        with mixed_precision(model, on=config.loop.precision == "bf16"):
            for rollout in rollouts:
                prompts = SharedPrompts(model, [rollout.prompt_ids])
                batch = policy_batch([rollout], prompts)
                logprobs_BT = completion_logprobs(model, prompts, batch, temperature=config.temperature)
                values = cast(list[float], logprobs_BT[0].tolist())
                known.append(replace(rollout, trainer_logprobs=tuple(values)))
        return known


def load_rewards(config: GRPOConfig) -> Rewards:
    """The functions that a config names, with its options."""
    if unused := sorted(set(config.reward_options) - set(config.rewards)):
        raise ConfigError(f"reward_options names {unused[0]!r}, which is not among the rewards")
    functions = {
        name: load_reward(name, config.reward_options.get(name), seconds=config.reward_seconds)
        for name in config.rewards
    }
    return Rewards(config.rewards, functions)


def load_turns(config: GRPOConfig, sampler: Engine) -> Turns | None:
    """What replies to the model, if the config names anything."""
    if not config.environment:
        return None
    environment = load_environment(config.environment)
    return Turns(environment, sampler.tokenizer.encode, config.max_turns, sampler.context)


def joined(rounds: Sequence[RolloutBatch], most_groups: int) -> RolloutBatch:
    """The first groups that carry a gradient; figures are means over all rounds that have them."""
    kept = [group for batch in rounds for group in batch.informative_groups][:most_groups]
    names = dict.fromkeys(name for batch in rounds for name in batch.figures)
    figures = {name: _mean(name, rounds) for name in names}
    cost = sum((batch.cost for batch in rounds), Cost())
    rollouts = tuple(rollout for group in kept for rollout in group)
    return RolloutBatch(rollouts, cost, {**figures, "rounds": float(len(rounds))})


def _mean(name: str, rounds: Sequence[RolloutBatch]) -> float:
    """A share that failed is only told where it is not 0."""
    known = [batch for batch in rounds if name in batch.figures or name.endswith("/failed")]
    total = sum(batch.figures.get(name, 0.0) * len(batch.rollouts) for batch in known)
    return total / sum(len(batch.rollouts) for batch in known)
