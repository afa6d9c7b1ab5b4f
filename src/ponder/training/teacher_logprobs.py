"""What a teacher says at every token of given completions: computed once, stored, read in every epoch.

Its k likeliest tokens with their log-probabilities lie beside the traces, a file for every so many examples,
each written whole or not at all; a run that was cut off computes those that lack. The files name the teacher,
the examples and the settings they are of, and are refused for any others.

    logprobs/00000.safetensors    ids int32 [tokens, k], logprobs float32 [tokens, k]

Knows nothing of losses.

Shapes: N tokens, K the likeliest of the vocabulary, W width.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file  # pyright: ignore[reportUnknownVariableType]
from torch import Tensor

from ponder.engine.engine import Engine
from ponder.errors import DataError, StorageError
from ponder.model.flops import forward_flops
from ponder.model.transformer import Transformer
from ponder.records import Cost
from ponder.storage import replacing_file
from ponder.training.batch import Example, cut, pad, size
from ponder.training.divergences import TopLogprobs, in_runs, top_logprobs
from ponder.training.memory import tokens_at_once
from ponder.training.weights_digest import weights_digest

if TYPE_CHECKING:
    from ponder.training.logit_distillation import LogitConfig

FOLDER, SETTINGS = "logprobs", "settings"
Taught = Mapping[Example, TopLogprobs]
"""What the teacher says at each completion token of an example."""


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
