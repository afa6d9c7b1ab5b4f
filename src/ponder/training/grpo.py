"""GRPO: reinforcement learning from verifiable rewards (Shao et al., arXiv:2402.03300), except:

1. no KL term and no reference model; 2. on policy by default: one update per batch of rollouts, so the
ratio is 1 and clipping matters only with `updates_per_batch` > 1; 3. the loss is a mean over tokens, not
over sequences (DAPO); 4. groups in which all samples earned the same are left out: they carry no
gradient. Supplies batches and a loss function to the loop, nothing else.

P problems, G samples per problem, B sequences, T tokens.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from pydantic import TypeAdapter

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ConfigError, DataError
from ponder.model.transformer import Transformer
from ponder.records import Cost, Problem, Rollout, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.training.advantages import ADVANTAGES
from ponder.training.batch import Example, TokenBatch, pad, token_logprobs, training_flops
from ponder.training.checkpoint import load_random
from ponder.training.keeper import Keeper
from ponder.training.loop import Evaluation, Log, LoopConfig, Loss, train
from ponder.training.losses import clipped_policy_gradient
from ponder.training.rollouts import Rewards, RolloutBatch, collect
from ponder.verify.reward import load_reward


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPOConfig:
    loop: LoopConfig
    problems_per_step: int = 32
    group_size: int = 8
    """Samples per problem."""
    max_tokens: int = 96
    temperature: float = 1.0
    advantage: str = "grpo"
    rewards: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0})
    """Weight of each reward function, by name or as `package.module:function`."""
    updates_per_batch: int = 1
    clip_low: float = 0.2
    clip_high: float = 0.28
    tokens_per_piece: int = 8192
    """Padded tokens per forward and backward pass; bounds memory, changes nothing else."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.advantage not in ADVANTAGES:
            raise ConfigError(f"unknown advantage {self.advantage!r}; known: {', '.join(ADVANTAGES)}")
        if self.group_size < 2:
            raise ConfigError("group_size must be at least 2: an advantage is relative to the group")
        if self.temperature <= 0:
            raise ConfigError("temperature must be above 0: a greedy group has nothing to compare")
        at_least(
            1,
            problems_per_step=self.problems_per_step,
            max_tokens=self.max_tokens,
            updates_per_batch=self.updates_per_batch,
            tokens_per_piece=self.tokens_per_piece,
        )


def train_grpo(
    policy: Engine,
    problems: Sequence[Problem],
    config: GRPOConfig,
    *,
    log: Log,
    evaluate: Evaluation | None = None,
    keeper: Keeper | None = None,
) -> Cost:
    """Train the engine's weights in place on training problems; returns what sampling and steps took."""
    batches = RolloutBatches(config, problems, policy)
    loss_fn = grpo_loss(config)
    taken = train(
        policy.transformer, batches, loss_fn, config.loop, log=log, evaluate=evaluate, keeper=keeper
    )
    return batches.cost + taken


class RolloutBatches:
    """Endless batches of fresh rollouts from training problems, and what they cost so far."""

    def __init__(self, config: GRPOConfig, problems: Sequence[Problem], sampler: Engine) -> None:
        if len(problems) < config.problems_per_step:
            raise ConfigError(
                f"problems_per_step is {config.problems_per_step}, but there are {len(problems)} problems"
            )
        self.config = config
        self.problems = problems
        self.sampler = sampler
        self.cost = Cost()
        self._rewards = Rewards(config.rewards, {name: load_reward(name) for name in config.rewards})
        self._rng, self._version = random.Random(config.seed), 0
        self._batch: RolloutBatch | None = None

    def __iter__(self) -> Iterator[RolloutBatch]:
        return self

    def __next__(self) -> RolloutBatch:
        if self._batch is None or self._version % self.config.updates_per_batch == 0:
            chosen = self._rng.sample(self.problems, self.config.problems_per_step)
            self._batch = self._collect(chosen, self._version)
        self._version += 1
        return self._batch

    def state_dict(self) -> dict[str, Any]:
        """With the rollouts, if another update is to come from them: the policy that made them is gone."""
        wanted = self._version % self.config.updates_per_batch != 0
        return {
            "problems": self._digest(),
            "random": self._rng.getstate(),
            "version": self._version,
            "cost": asdict(self.cost),
            "batch": asdict(self._batch) if self._batch is not None and wanted else None,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["problems"] != self._digest():
            raise DataError("the problems are not those the run began with: choose another --out")
        load_random(self._rng.setstate, state["random"])
        self._version, self.cost = state["version"], Cost(**state["cost"])
        kind = TypeAdapter(RolloutBatch)
        self._batch = None if state["batch"] is None else kind.validate_python(state["batch"])

    def _digest(self) -> int:
        """Other problems, or another order, give another number."""
        return zlib.crc32("\0".join(problem.key for problem in self.problems).encode())

    def _collect(self, chosen: Sequence[Problem], version: int) -> RolloutBatch:
        config = self.config
        sampling = Sampling(
            n=config.group_size,
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            seed=config.seed * 1_000_003 + version,
        )
        self.sampler.forget_prompts()  # or a run that was resumed would compute in another order
        batch = collect(
            chosen,
            self.sampler,
            sampling,
            self._rewards,
            advantage=config.advantage,
            version=version,
            prompt_ids={p.id: self.sampler.prompt_ids(ask_for(p, THINK_FIRST)) for p in chosen},
        )
        self.cost += batch.cost
        return batch


def grpo_loss(config: GRPOConfig) -> Callable[[Transformer, RolloutBatch], Loss]:
    """The loss function of the loop: token-level mean of the clipped objective, backward done in pieces."""

    def loss_fn(model: Transformer, batch: RolloutBatch) -> Loss:
        rollouts = sorted(batch.informative, key=_length)
        tokens = sum(len(rollout.completion_ids) for rollout in rollouts)
        loss = clipped = ratio = 0.0
        for piece in pieces(rollouts, config.tokens_per_piece):
            tensors = policy_tensors(piece)
            logprobs_BT = token_logprobs(model, tensors.batch.ids_BT, temperature=config.temperature)
            result = clipped_policy_gradient(
                logprobs_BT,
                tensors.behaviour_BT,
                tensors.advantages_B,
                tensors.batch.mask_BT[:, 1:],
                clip_low=config.clip_low,
                clip_high=config.clip_high,
            )
            (result.total / tokens).backward()
            loss += result.total.item() / tokens
            clipped += result.clipped_tokens / tokens
            ratio += result.ratio_sum / tokens
        flops = training_flops(model.arch, [_length(rollout) for rollout in rollouts])
        return Loss(None, {**batch.figures, "loss": loss, "clipped": clipped, "ratio": ratio, "flops": flops})

    return loss_fn


@dataclass(frozen=True, slots=True)
class PolicyTensors:
    """Rollouts as tensors; per-token ones are shifted to predict token t+1 from token t."""

    batch: TokenBatch
    behaviour_BT: torch.Tensor
    advantages_B: torch.Tensor


def policy_tensors(rollouts: Sequence[Rollout]) -> PolicyTensors:
    batch = pad([Example(r.prompt_ids, r.completion_ids) for r in rollouts])
    behaviour = torch.zeros(batch.ids_BT.shape[0], batch.ids_BT.shape[1] - 1)
    for row, rollout in enumerate(rollouts):
        begin = len(rollout.prompt_ids) - 1
        behaviour[row, begin : begin + len(rollout.logprobs)] = torch.tensor(rollout.logprobs)
    return PolicyTensors(batch, behaviour, torch.tensor([r.advantage for r in rollouts]))


def pieces(rollouts: Sequence[Rollout], token_limit: int) -> Iterator[Sequence[Rollout]]:
    """Runs of rollouts, sorted by length, whose padded size stays within `token_limit`."""
    begin = 0
    for end in range(1, len(rollouts) + 1):
        full = end < len(rollouts) and (end + 1 - begin) * _length(rollouts[end]) > token_limit
        if full or end == len(rollouts):
            yield rollouts[begin:end]
            begin = end


def _length(rollout: Rollout) -> int:
    return len(rollout.prompt_ids) + len(rollout.completion_ids)
