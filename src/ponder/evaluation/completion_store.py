"""A sampler that remembers: what has been sampled once is read back, in this run and in the next.

Completions are appended to a JSONL file as they end, so a kill costs only those that had not; a sampler that
cannot stream is asked in batches, and a kill costs the batch under way.
A completion is known by the model's name, its prompt, its sampling parameters and its number; asking for
sixteen after eight samples the eight that are missing. Strategies that ask alike share what is stored.

Costs are stored as they are alone, not as they happened to be: the first completion of a prompt pays for
the prompt whatever was in a cache, the others find it there, and a completion that goes on finds all but
its last token there. So a ladder costs the same whatever its order and however often it was interrupted.
Seconds are those that were measured.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ponder.errors import DataError
from ponder.jsonl import read_rows
from ponder.protocols import Begun, PricedSampler, Prompt, Sampler, StreamingSampler
from ponder.records import Completion, Cost, FinishReason, Message, Sampling
from ponder.storage import append_text

BATCH = 256
"""Completions of one call of a sampler that cannot stream, unless a single prompt has more."""


class StoredSampler:
    """Satisfies `protocols.Sampler`. `model` tells apart the completions of different models in one file."""

    def __init__(self, sampler: Sampler, path: Path, *, model: str, batch: int = BATCH) -> None:
        self.sampler, self.path, self.model, self.batch = sampler, path, model, batch
        self._known: defaultdict[str, dict[int, Completion]] = defaultdict(dict)
        self.sampled = 0
        """Completions that were not in the store."""
        if path.exists():
            _mend_end(path)
            for where, row in read_rows(path):
                self._take(row, where)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        keys = [self._key(prompt, sampling) for prompt in prompts]
        numbers = range(sampling.first, sampling.first + sampling.n)
        missing: defaultdict[tuple[int, int], dict[str, Prompt]] = defaultdict(dict)
        for key, prompt in zip(keys, prompts, strict=True):
            for stretch in _stretches([number for number in numbers if number not in self._known[key]]):
                missing[stretch][key] = prompt
        awaited = sum(count * len(each) for (_, count), each in missing.items())
        if on_progress is not None and (found := len(prompts) * sampling.n - awaited):
            on_progress(found)
        for (first, count), each in missing.items():
            self._sample(each, replace(sampling, first=first, n=count), on_progress)
        return [[self._known[key][number] for number in numbers] for key in keys]

    def _sample(
        self, prompts: Mapping[str, Prompt], sampling: Sampling, on_progress: Callable[[int], None] | None
    ) -> None:
        waiting = iter(prompts.items())
        if isinstance(self.sampler, StreamingSampler):
            keys = list(prompts)
            for place, number, completion in self.sampler.stream(list(prompts.values()), sampling):
                self._keep([(keys[place], prompts[keys[place]], number, completion)])
                if on_progress is not None:
                    on_progress(1)
            return
        while batch := dict(islice(waiting, max(1, self.batch // sampling.n))):
            groups = self.sampler.generate(list(batch.values()), sampling, on_progress=on_progress)
            self._keep(
                [
                    (key, prompt, number, completion)
                    for (key, prompt), group in zip(batch.items(), groups, strict=True)
                    for number, completion in enumerate(group, sampling.first)
                ]
            )

    def _keep(self, sampled: Sequence[tuple[str, Prompt, int, Completion]]) -> None:
        lines: list[str] = []
        for key, prompt, number, completion in sampled:
            alone = self._alone(prompt, number, completion)
            self._known[key][number] = alone
            lines.append(json.dumps({"key": key, "number": number, **_to_row(alone)}) + "\n")
        append_text(self.path, "".join(lines))
        self.sampled += len(lines)

    def _alone(self, prompt: Prompt, number: int, completion: Completion) -> Completion:
        """With the cost it has by itself."""
        cost = completion.cost
        length = cost.prompt_tokens + cost.cached_prompt_tokens
        cached = length if number else max(0, length - 1) if isinstance(prompt, Begun) else 0
        if isinstance(self.sampler, PricedSampler):
            priced = self.sampler.price(
                prompt=length,
                cached=cached,
                generated=cost.generated_tokens,
                reasoning=cost.reasoning_tokens,
            )
            return replace(completion, cost=replace(priced, seconds=cost.seconds))
        alone = replace(cost, prompt_tokens=length - cached, cached_prompt_tokens=cached)
        return replace(completion, cost=alone)

    def _key(self, prompt: Prompt, sampling: Sampling) -> str:
        asked = {name: value for name, value in asdict(sampling).items() if name not in ("n", "first")}
        words = json.dumps([self.model, _prompt_words(prompt), asked], sort_keys=True)
        return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

    def _take(self, row: Mapping[str, Any], where: str) -> None:
        try:
            self._known[row["key"]][row["number"]] = _from_row(row)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: not a stored completion ({error!r}); remove the line") from error


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of neighbours as (first, count)."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield numbers[start], place - start
            start = place


def _prompt_words(prompt: Prompt) -> Any:
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Begun):
        parts = {"begun": prompt.text, "ids": prompt.token_ids, "spent": prompt.spent}
        return {**parts, "prompt": _prompt_words(prompt.prompt)}
    return [[part.role, part.content] if isinstance(part, Message) else part for part in prompt]


def _to_row(completion: Completion) -> dict[str, Any]:
    return {**asdict(completion), "finish_reason": completion.finish_reason.value}


def _from_row(row: Mapping[str, Any]) -> Completion:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(Completion)}
    for name in ("token_ids", "logprobs", "certainties"):
        values[name] = tuple(row[name])
    values["finish_reason"], values["cost"] = FinishReason(row["finish_reason"]), Cost(**row["cost"])
    return Completion(**values)


def _mend_end(path: Path) -> None:
    """Cut off a last line that a kill left half written: what is appended must not stick to it."""
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
