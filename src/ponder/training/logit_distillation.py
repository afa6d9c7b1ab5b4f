"""Distillation from a teacher's probabilities on given completions (Hinton et al., arXiv:1503.02531).

    loss = mix * CE + (1 - mix) * T^2 * KL(p_teacher || p_student)

means over completion tokens, with the KL of `divergences.py` over the teacher's k likeliest tokens at
temperature T. T^2 keeps the gradient's size, which falls with it. What the teacher says is computed before
the first step, by `teacher_logprobs.py`; teacher and student must share the tokenizer. Does not know where
the completions come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ConfigError, ModelError
from ponder.model.transformer import Transformer
from ponder.training.batch import Example, cut, pad, size, training_flops
from ponder.training.divergences import TopLogprobs, in_runs, top_forward_kl
from ponder.training.loop import Loss
from ponder.training.memory import tokens_at_once
from ponder.training.sft import SFTConfig
from ponder.training.teacher_logprobs import Taught


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitConfig:
    top_k: int = 32
    """The teacher's likeliest tokens that are stored; all others share one bucket."""
    mix: float = 0.0
    """Share of the cross-entropy of the completions' own tokens in the loss."""
    temperature: float = 1.0
    """Of both distributions; above 1 unlikely tokens count more."""
    examples_per_file: int = 256

    def __post_init__(self) -> None:
        at_least(1, top_k=self.top_k, examples_per_file=self.examples_per_file)
        at_least(0, mix=self.mix, temperature=self.temperature)
        if self.mix > 1 or self.temperature == 0:
            raise ConfigError("mix must be from 0 to 1, and the temperature of the logits above 0")


def check_same_tokenizer(teacher: Engine, student: Engine) -> None:
    """Distributions can only be compared over one vocabulary."""
    sizes = [engine.transformer.arch.vocab_size for engine in (teacher, student)]
    words = [engine.tokenizer.backend.get_vocab(with_added_tokens=True) for engine in (teacher, student)]
    if sizes[0] != sizes[1] or words[0] != words[1]:
        raise ModelError(
            f"{teacher.name} and {student.name} have different tokenizers, so their probabilities cannot be "
            'compared: take a student of the same family, or method = "traces"'
        )


def logit_loss(
    sft: SFTConfig, config: LogitConfig, taught: Taught
) -> Callable[[Transformer, Sequence[Example]], Loss]:
    """The loss function of the loop; a mean over all completion tokens, whatever the pieces."""

    weights = config.mix, (1 - config.mix) * config.temperature**2

    def loss_fn(model: Transformer, examples: Sequence[Example]) -> Loss:
        tokens = max(1, sum(len(example.completion_ids) for example in examples))
        means, lengths = torch.zeros(2), list[int]()
        for piece in cut(sorted(examples, key=size), sft.tokens_per_piece or tokens_at_once(model.arch)):
            both_2 = token_losses(model, piece, config, taught).sum(dim=0) / tokens
            (both_2 * both_2.new_tensor(weights)).sum().backward()
            means += both_2.detach().cpu()
            lengths += [max(map(size, piece))] * len(piece)
        parts = {"cross_entropy": float(means[0]), "kl": float(means[1])}
        loss = sum(weight * part for weight, part in zip(weights, parts.values(), strict=True))
        figures = {"tokens": float(tokens), "flops": training_flops(model, lengths)}
        return Loss(None, {"loss": loss, **parts, **figures})

    return loss_fn


def token_losses(
    model: Transformer, examples: Sequence[Example], config: LogitConfig, taught: Taught
) -> Tensor:
    """N2: the cross-entropy and the KL at each completion token, examples in their order."""
    batch = pad(examples)
    ids_BT, learned_BT = batch.ids_BT.to(model.device), batch.mask_BT[:, 1:].to(model.device)
    ids_NK = torch.cat([taught[example].ids_NK for example in examples]).to(model.device)
    logprobs_NK = torch.cat([taught[example].logprobs_NK for example in examples]).to(model.device)

    def both(hidden_NW: Tensor, targets_N: Tensor, ids_NK: Tensor, logprobs_NK: Tensor) -> Tensor:
        logits_NV = model.logits(hidden_NW).float()
        ce_N = F.cross_entropy(logits_NV, targets_N, reduction="none")
        top = TopLogprobs(ids_NK, logprobs_NK)
        return torch.stack([ce_N, top_forward_kl(logits_NV, top, temperature=config.temperature)], dim=1)

    hidden_NW = model.hidden(ids_BT[:, :-1])[learned_BT]
    targets_N = ids_BT[:, 1:][learned_BT]
    return in_runs(both, model.arch.vocab_size, hidden_NW, targets_N, ids_NK, logprobs_NK)
