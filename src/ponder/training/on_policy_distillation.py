"""On-policy distillation: the student writes, the teacher says at every token what it would have written.

    loss = mean over the student's own completion tokens of KL(q_student || p_teacher)

exactly, over the whole vocabulary: the reverse KL of MiniLLM (Gu et al., arXiv:2306.08543) on samples of the
student, with no gradient through the sampling, as in GKD (Agarwal et al., arXiv:2306.13649). The student is
corrected where it goes itself, and is not asked to spread over what it cannot express. No reward and no
verifier takes part. Samples are drawn at temperature 1 by default and the KL is always taken there. Needs a
student that already writes something sensible, and one vocabulary.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ConfigError, DataError
from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.records import Cost, Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.scaling.single import total_cost
from ponder.training.batch import Example, cut, pad, size, training_flops
from ponder.training.checkpoint import load_random
from ponder.training.divergences import in_runs, reverse_kl
from ponder.training.keeper import Keeper
from ponder.training.logit_distillation import check_same_tokenizer
from ponder.training.loop import Log, LoopConfig, Loss, train
from ponder.training.memory import tokens_at_once
from ponder.training.sampling_copy import SamplingCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPolicyConfig:
    problems_per_step: int = 64
    samples: int = 1
    """The student's completions per problem."""
    max_tokens: int = 96
    temperature: float = 1.0
    """At which the student samples."""
    tokens_per_piece: int | None = None
    """Padded tokens per forward and backward pass; chosen by the student's size when not given."""

    def __post_init__(self) -> None:
        at_least(1, problems_per_step=self.problems_per_step, samples=self.samples)
        at_least(1, max_tokens=self.max_tokens)
        at_least(0, temperature=self.temperature)
        if self.tokens_per_piece is not None:
            at_least(1, tokens_per_piece=self.tokens_per_piece)


class OnPolicyBatches:
    """Endless batches of what the student writes on training problems, and what that cost so far.

    Its place is the generator's state and the number of batches taken: samples follow from them and the
    weights.
    """

    def __init__(
        self,
        student: Engine,
        problems: Sequence[Problem],
        config: OnPolicyConfig,
        *,
        seed: int = 0,
        precision: Literal["float32", "bf16"] = "float32",
    ) -> None:
        if len(problems) < config.problems_per_step:
            raise ConfigError(
                f"problems_per_step is {config.problems_per_step}, but there are {len(problems)} problems"
            )
        self.student, self.problems, self.config, self.seed = student, problems, config, seed
        self.cost = Cost()
        self._copy = SamplingCopy(student, precision)
        self._rng, self._taken = random.Random(seed), 0

    def __iter__(self) -> Iterator[Sequence[Example]]:
        return self

    def __next__(self) -> Sequence[Example]:
        config = self.config
        chosen = self._rng.sample(self.problems, config.problems_per_step)
        prompts = [self.student.prompt_ids(ask_for(problem, THINK_FIRST)) for problem in chosen]
        sampling = Sampling(
            n=config.samples,
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            seed=self.seed * 1_000_003 + self._taken,
        )
        with self._copy.fresh() as sampler:
            groups = sampler.generate(prompts, sampling)
        self.cost += sum((total_cost(group) for group in groups), Cost())
        self._taken += 1
        return [
            Example(prompt, completion.token_ids)
            for prompt, group in zip(prompts, groups, strict=True)
            for completion in group
        ]

    def state_dict(self) -> dict[str, Any]:
        return {
            "problems": self._digest(),
            "random": self._rng.getstate(),
            "taken": self._taken,
            "cost": asdict(self.cost),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["problems"] != self._digest():
            raise DataError("the problems are not those the run began with: choose another --out")
        load_random(self._rng.setstate, state["random"])
        self._taken, self.cost = state["taken"], Cost(**state["cost"])

    def _digest(self) -> int:
        """Other problems, or another order, give another number."""
        return zlib.crc32("\0".join(problem.key for problem in self.problems).encode())


def on_policy_loss(
    config: OnPolicyConfig, teacher: Transformer
) -> Callable[[Transformer, Sequence[Example]], Loss]:
    """The loss function of the loop; a mean over all completion tokens, whatever the pieces."""

    def loss_fn(model: Transformer, examples: Sequence[Example]) -> Loss:
        tokens = max(1, sum(len(example.completion_ids) for example in examples))
        value, lengths = 0.0, list[int]()
        for piece in cut(sorted(examples, key=size), config.tokens_per_piece or tokens_at_once(model.arch)):
            mean = token_kl(model, teacher, piece).sum() / tokens
            mean.backward()
            value += float(mean.detach())
            lengths += [max(map(size, piece))] * len(piece)
        asked = sum(forward_flops(teacher.arch, 0, length, logits=length) for length in lengths)
        figures = {"loss": value, "tokens": float(tokens), "completion_tokens": tokens / len(examples)}
        return Loss(None, {**figures, "flops": training_flops(model, lengths) + asked})

    return loss_fn


def token_kl(model: Transformer, teacher: Transformer, examples: Sequence[Example]) -> Tensor:
    """KL(student || teacher) at each completion token, examples in their order."""
    batch = pad(examples)
    ids_BT, learned_BT = batch.ids_BT[:, :-1].to(model.device), batch.mask_BT[:, 1:].to(model.device)
    with torch.no_grad():
        theirs_NW = teacher.hidden(ids_BT)[learned_BT]

    def kl(mine_NW: Tensor, theirs_NW: Tensor) -> Tensor:
        with torch.no_grad():
            theirs_NV = teacher.logits(theirs_NW)
        return reverse_kl(model.logits(mine_NW), theirs_NV)

    return in_runs(kl, model.arch.vocab_size, model.hidden(ids_BT)[learned_BT], theirs_NW)


def train_on_policy(
    student: Engine,
    teacher: Engine,
    problems: Sequence[Problem],
    config: OnPolicyConfig,
    loop: LoopConfig,
    *,
    seed: int = 0,
    log: Log,
    keeper: Keeper | None = None,
) -> Cost:
    """Train the student's weights in place; returns what sampling, the teacher and the steps took."""
    check_same_tokenizer(teacher, student)
    if teacher.transformer is student.transformer:
        raise ConfigError("teacher and student are one model, which cannot teach itself: load it twice")
    batches = OnPolicyBatches(student, problems, config, seed=seed, precision=loop.precision)
    loss_fn = on_policy_loss(config, teacher.transformer)
    taken = train(student.transformer, batches, loss_fn, loop, log=log, keeper=keeper)
    return batches.cost + taken
