"""GRPO and its family: reinforcement learning from verifiable rewards (Shao et al., arXiv:2402.03300).

A step draws problems, samples a group for each, turns rewards into advantages (`advantages.py`) and those
into a loss (`losses.py`); a variant is a choice of the two, not a trainer. As it comes: GRPO's advantage, the
token-level loss and wider upper bound of DAPO, no KL term, one update per batch, so that the ratio is 1.
Rollouts without an advantage cost no backward pass and are not counted in a loss's average. Supplies batches
and a loss function to the loop, nothing else.

P problems, G samples per problem, B sequences, T tokens.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.environments import ENVIRONMENTS, unknown_environment
from ponder.errors import ConfigError
from ponder.model.transformer import Transformer
from ponder.records import Cost, Problem, Rollout
from ponder.training.advantages import ADVANTAGES
from ponder.training.batch import passes
from ponder.training.curriculum import CURRICULA
from ponder.training.keeper import Keeper
from ponder.training.loop import Evaluation, Log, LoopConfig, Loss, train
from ponder.training.losses import LOSSES, Terms, k3, mismatch_weight, sequence_weights, token_worth
from ponder.training.memory import tokens_at_once
from ponder.training.policy_batch import (
    PolicyBatch,
    SharedPrompts,
    completion_logprobs,
    groups_within,
    pieces,
    policy_batch,
    policy_flops,
)
from ponder.training.rollout_batches import RolloutBatches
from ponder.training.rollout_journal import RolloutJournal
from ponder.training.rollouts import RolloutBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class GRPOConfig:
    loop: LoopConfig
    problems_per_step: int = 16
    group_size: int = 8
    """Samples per problem."""
    max_tokens: int = 96
    """Of a completion, an environment's replies included."""
    temperature: float = 1.0
    advantage: str = "grpo"
    """One of advantages.py."""
    loss: str = "dapo"
    """One of losses.py."""
    curriculum: str = "uniform"
    """Which problems are drawn, one of curriculum.py."""
    environment: str = ""
    """What replies in the middle of a completion: one of environments/, or `package.module:function` that
    makes one."""
    max_turns: int = 4
    """Turns of the model in an episode, where there is an environment."""
    rewards: Mapping[str, float] = field(default_factory=lambda: {"accuracy": 1.0})
    """Weight of each reward function, by name or as `package.module:function`."""
    reward_options: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    """Of rewards that have any: `soft-overlong = { max_tokens = 96, buffer = 32 }`."""
    reward_seconds: float = 60.0
    """How long somebody's reward function may take for a batch before it is given up."""
    updates_per_batch: int = 1
    clip_low: float = 0.2
    clip_high: float = 0.28
    kl_weight: float = 0.0
    """Above 0, a penalty on the distance to the model the run began with, of which a copy is kept."""
    truncated_importance: float = 0.0
    """Above 0, the most that a token counts for the trainer's probability over the sampler's."""
    sampling_rounds: int = 1
    """With more, problems whose samples all earned the same are replaced by others, in at most so many rounds
    (DAPO's dynamic sampling)."""
    mask_truncated: bool = False
    """Learn nothing from completions that ran out of tokens (DAPO's overlong filtering)."""
    tokens_per_piece: int | None = None
    """Tokens per forward and backward pass; bounds memory, changes nothing else. Chosen by the model's size
    when not given."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.advantage not in ADVANTAGES:
            raise ConfigError(f"unknown advantage {self.advantage!r}; known: {', '.join(ADVANTAGES)}")
        if self.loss not in LOSSES:
            raise ConfigError(f"unknown loss {self.loss!r}; known: {', '.join(LOSSES)}")
        if self.curriculum not in CURRICULA:
            raise ConfigError(f"unknown curriculum {self.curriculum!r}; known: {', '.join(CURRICULA)}")
        if self.environment and ":" not in self.environment and self.environment not in ENVIRONMENTS:
            raise ConfigError(unknown_environment(self.environment))
        if self.group_size < 2:
            raise ConfigError("group_size must be at least 2: an advantage is relative to the group")
        if self.temperature <= 0:
            raise ConfigError("temperature must be above 0: a greedy group has nothing to compare")
        at_least(
            1,
            problems_per_step=self.problems_per_step,
            max_tokens=self.max_tokens,
            updates_per_batch=self.updates_per_batch,
            sampling_rounds=self.sampling_rounds,
            max_turns=self.max_turns,
        )
        if self.tokens_per_piece is not None:
            at_least(2, tokens_per_piece=self.tokens_per_piece)
        at_least(0, clip_low=self.clip_low, clip_high=self.clip_high, kl_weight=self.kl_weight)
        at_least(0, truncated_importance=self.truncated_importance)


def train_grpo(
    policy: Engine,
    problems: Sequence[Problem],
    config: GRPOConfig,
    *,
    log: Log,
    evaluate: Evaluation | None = None,
    keeper: Keeper | None = None,
    journal: RolloutJournal | None = None,
) -> Cost:
    """Train the engine's weights in place on training problems; returns what sampling and steps took."""
    batches = RolloutBatches(config, problems, policy, journal)
    reference = copy.deepcopy(policy.transformer).eval().requires_grad_(False) if config.kl_weight else None
    loss_fn = grpo_loss(config, reference)
    taken = train(
        policy.transformer, batches, loss_fn, config.loop, log=log, evaluate=evaluate, keeper=keeper
    )
    return batches.cost + taken


def grpo_loss(
    config: GRPOConfig, reference: Transformer | None = None
) -> Callable[[Transformer, RolloutBatch], Loss]:
    """The loss function of the loop; its backward passes are done in pieces. KL is taken to `reference`."""

    def loss_fn(model: Transformer, batch: RolloutBatch) -> Loss:
        rollouts = batch.informative
        if not rollouts:
            return Loss(None, {**batch.figures, "loss": 0.0, "flops": 0.0})
        limit = config.tokens_per_piece or tokens_at_once(model.arch)
        step = _Step(config, reference, rollouts)
        for groups in groups_within(rollouts, limit):
            step.learn(model, groups, limit)
        flops = policy_flops(model, rollouts)
        if reference is not None:  # one forward pass of the other model
            flops *= 1 + 1 / passes(model)
        return Loss(None, {**batch.figures, **step.figures(), "flops": flops})

    return loss_fn


class _Step:
    """One backward pass over a step's rollouts, and the sums for its figures."""

    def __init__(
        self, config: GRPOConfig, reference: Transformer | None, rollouts: Sequence[Rollout]
    ) -> None:
        self.config, self.reference = config, reference
        self.lengths_B = torch.tensor([float(rollout.own_tokens) for rollout in rollouts])
        weights = sequence_weights(config.loss, self.lengths_B, max_tokens=config.max_tokens)
        self.weight = {id(rollout): float(w) for rollout, w in zip(rollouts, weights, strict=True)}
        self.loss = 0.0
        self.sums: dict[str, float] = {}

    def learn(self, model: Transformer, groups: Sequence[Rollout], limit: int) -> None:
        """Gradients of some whole groups."""
        questions = [rollout.prompt_ids for rollout in groups]
        prompts = SharedPrompts(model, questions)
        with torch.no_grad():
            theirs = SharedPrompts(self.reference, questions) if self.reference is not None else None
        for piece in pieces(groups, limit // 2):
            batch = policy_batch(piece, prompts)
            reference_BT = self._reference_logprobs(theirs, batch)
            logprobs_BT = self._logprobs(model, prompts, batch)
            self._loss(piece, batch, logprobs_BT, reference_BT).backward()
        prompts.backward()

    def _loss(
        self, piece: Sequence[Rollout], batch: PolicyBatch, logprobs_BT: Tensor, reference_BT: Tensor | None
    ) -> Tensor:
        config, mask_BT = self.config, batch.mask_BT
        correct = config.truncated_importance > 0
        # Before the first update the weights are those that sampled; only the sampler's arithmetic differs.
        trainer_BT = logprobs_BT.detach() if batch.trainer_BT is None else batch.trainer_BT
        old_BT = trainer_BT if correct else batch.sampled_BT
        terms = Terms(logprobs_BT, old_BT, batch.advantages_B, mask_BT, config.clip_low, config.clip_high)
        worth = token_worth(config.loss, terms)
        loss_BT = worth.loss_BT
        if correct:
            loss_BT = loss_BT * mismatch_weight(old_BT, batch.sampled_BT, config.truncated_importance)
        if reference_BT is not None:
            kl_BT = k3(logprobs_BT, reference_BT)
            loss_BT = loss_BT + config.kl_weight * kl_BT
            self._count("kl", kl_BT, mask_BT)
        weight_B = torch.tensor([self.weight[id(rollout)] for rollout in piece], device=mask_BT.device)
        loss = (loss_BT.masked_fill(~mask_BT, 0.0) * weight_B[:, None]).sum()
        self.loss += float(loss.detach())
        self._count("ratio", worth.ratio_BT, mask_BT)
        self._count("clipped", worth.clipped_BT, mask_BT)
        self._count("mismatch", (logprobs_BT - batch.sampled_BT).abs(), mask_BT)
        return loss

    def _count(self, name: str, values_BT: Tensor, mask_BT: Tensor) -> None:
        total = float(values_BT.detach().masked_fill(~mask_BT, 0).sum())
        self.sums[name] = self.sums.get(name, 0.0) + total

    def _logprobs(self, model: Transformer, prompts: SharedPrompts, batch: PolicyBatch) -> Tensor:
        return completion_logprobs(model, prompts, batch, temperature=self.config.temperature)

    @torch.no_grad()
    def _reference_logprobs(self, prompts: SharedPrompts | None, batch: PolicyBatch) -> Tensor | None:
        if self.reference is None or prompts is None:
            return None
        return self._logprobs(self.reference, prompts, batch)

    def figures(self) -> dict[str, float]:
        """The loss, and means over the tokens learned from: `mismatch` is how far the logprobs lie from those
        of the sampler."""
        tokens = float(self.lengths_B.sum())
        return {"loss": self.loss, **{name: total / tokens for name, total in self.sums.items()}}
