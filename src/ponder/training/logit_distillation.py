"""Distillation from a teacher's probabilities on given completions (Hinton et al., arXiv:1503.02531).

    loss = mix * CE + (1 - mix) * T^2 * KL(p_teacher || p_student)

means over completion tokens, with the KL of `divergences.py` over the teacher's k likeliest tokens at
temperature T. T^2 keeps the gradient's size, which falls with it. What the teacher says is computed once and
stored beside the traces, a file for every so many examples, so that many epochs and a resumed run ask it
nothing again:

    logprobs/00000.safetensors    ids int32 [tokens, k], logprobs float32 [tokens, k]

Teacher and student must share the tokenizer. Does not know where the completions come from.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import ConfigError, DataError, ModelError, StorageError
from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.records import Cost
from ponder.storage import replacing_file
from ponder.training.batch import Example, cut, pad, size, training_flops
from ponder.training.divergences import TopLogprobs, in_runs, top_forward_kl, top_logprobs
from ponder.training.loop import Loss
from ponder.training.memory import tokens_at_once
from ponder.training.sft import SFTConfig
from ponder.training.weights_digest import weights_digest

FOLDER, SETTINGS = "logprobs", "settings"


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


Taught = Mapping[Example, TopLogprobs]
"""What the teacher says at each completion token of an example."""


def check_same_tokenizer(teacher: Engine, student: Engine) -> None:
    """Distributions can only be compared over one vocabulary."""
    sizes = [engine.transformer.arch.vocab_size for engine in (teacher, student)]
    words = [engine.tokenizer.backend.get_vocab(with_added_tokens=True) for engine in (teacher, student)]
    if sizes[0] != sizes[1] or words[0] != words[1]:
        raise ModelError(
            f"{teacher.name} and {student.name} have different tokenizers, so their probabilities cannot be "
            'compared: take a student of the same family, or method = "traces"'
        )


def teach_examples(
    teacher: Engine,
    examples: Sequence[Example],
    config: LogitConfig,
    folder: Path,
    *,
    teacher_name: str = "",
    on_progress: Callable[[int], None] = lambda count: None,
) -> tuple[Taught, Cost]:
    """The teacher's top-k of every example, from `folder` where it is there, else computed and written
    there; and what all of it takes, however often it was interrupted."""
    taught, cost, weights = dict[Example, TopLogprobs](), Cost(), weights_digest(teacher)
    for number, begin in enumerate(range(0, len(examples), config.examples_per_file)):
        chunk = examples[begin : begin + config.examples_per_file]
        file = folder / f"{number:05}.safetensors"
        settings = {"teacher": teacher_name or teacher.name, "teacher_weights": weights}
        settings |= _settings(chunk, config)
        if file.exists():
            top = _read(file, settings)
        else:
            top = _ask(teacher.transformer, chunk, config)
            _write(file, top, settings)
        cost += Cost(flops=_flops(teacher.transformer, chunk))
        lengths = [len(example.completion_ids) for example in chunk]
        taught |= zip(chunk, split(top, lengths), strict=True)
        on_progress(len(chunk))
    return taught, cost


@torch.no_grad()
def _ask(teacher: Transformer, examples: Sequence[Example], config: LogitConfig) -> TopLogprobs:
    """In the order of the examples, computed in pieces of like length."""
    order = sorted(range(len(examples)), key=lambda place: size(examples[place]))
    found, done = dict[int, TopLogprobs](), 0

    def top(hidden_NW: Tensor) -> Tensor:  # one tensor, as runs are joined: ids fit a float64 exactly
        ids_NK, logprobs_NK = top_logprobs(
            teacher.logits(hidden_NW), config.top_k, temperature=config.temperature
        )
        return torch.stack([ids_NK.double(), logprobs_NK.double()], dim=1)

    for piece in cut([examples[place] for place in order], tokens_at_once(teacher.arch)):
        batch = pad(piece)
        hidden_BTW = teacher.hidden(batch.ids_BT[:, :-1].to(teacher.device))
        learned_BT = batch.mask_BT[:, 1:].to(teacher.device)
        both_N2K = in_runs(top, teacher.arch.vocab_size, hidden_BTW[learned_BT]).cpu()
        whole = TopLogprobs(both_N2K[:, 0].int(), both_N2K[:, 1].float())
        lengths = [len(example.completion_ids) for example in piece]
        found |= zip(order[done : done + len(piece)], split(whole, lengths), strict=True)
        done += len(piece)
    parts = [found[place] for place in range(len(examples))]
    return TopLogprobs(torch.cat([p.ids_NK for p in parts]), torch.cat([p.logprobs_NK for p in parts]))


def split(top: TopLogprobs, lengths: Sequence[int]) -> Iterator[TopLogprobs]:
    """Back into examples of so many tokens."""
    begin = 0
    for length in lengths:
        end = begin + length
        yield TopLogprobs(top.ids_NK[begin:end], top.logprobs_NK[begin:end])
        begin = end


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


def _flops(teacher: Transformer, examples: Sequence[Example]) -> float:
    arch = teacher.arch
    return sum(forward_flops(arch, 0, size(each) - 1, logits=len(each.completion_ids)) for each in examples)


def _settings(examples: Sequence[Example], config: LogitConfig) -> dict[str, Any]:
    """What the file's numbers depend on besides the teacher."""
    digest = 0
    for example in examples:
        digest = zlib.crc32(repr((*example.prompt_ids, -1, *example.completion_ids)).encode(), digest)
    return {"examples": digest, "top_k": config.top_k, "temperature": config.temperature}


def _write(file: Path, top: TopLogprobs, settings: Mapping[str, Any]) -> None:
    tensors = {"ids": top.ids_NK.contiguous(), "logprobs": top.logprobs_NK.contiguous()}
    with replacing_file(file) as temporary:
        try:
            save_file(tensors, temporary, metadata={SETTINGS: json.dumps(settings)})
        except SafetensorError as error:  # the library wraps a full disk in its own
            raise StorageError(f"{file} could not be written: {error}") from error


def _read(file: Path, settings: Mapping[str, Any]) -> TopLogprobs:
    try:
        with cast(Any, safe_open)(file, framework="pt") as stored:
            known = cast(dict[str, str], stored.metadata() or {})
            before: Any = json.loads(known.get(SETTINGS, "{}"))
            top = TopLogprobs(stored.get_tensor("ids"), stored.get_tensor("logprobs"))
    except (SafetensorError, ValueError) as error:
        raise DataError(f"{file} is damaged ({error}): remove it") from error
    if before != settings:
        raise DataError(f"{file} is of another teacher, other traces or settings: choose another --out")
    return top
