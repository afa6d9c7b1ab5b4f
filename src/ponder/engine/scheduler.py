"""Continuous batching: finished rows leave, waiting samples take their slots (Yu et al., Orca, OSDI 2022).

Waiting samples are admitted prompt by prompt, so at most one prompt is ever partly admitted; one slot still
holds its prefix, be it running or just finished, and the prompt's other samples are forked from there. While
samples wait, finished rows idle until there are a few to replace at once; when none wait, the last rows
move into the gaps. State lives in tensors; one transfer a step brings the tokens back.

Shapes: B rows in use (slots 0..B-1, some idle), V vocabulary.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

import torch
from torch import Tensor

from ponder.engine.decode import Step, prefill
from ponder.engine.kv_cache import KVCache
from ponder.engine.sampling import RowSampling, sample, stream_key, uniforms
from ponder.engine.stopping import Watch
from ponder.model.transformer import Transformer
from ponder.records import FinishReason, Sampling


@dataclass(slots=True, eq=False)
class Group:
    """A distinct prompt: where its prefix lies, and the logits every sample of it starts from."""

    prompt_ids: tuple[int, ...]
    waiting: int = 0
    source: int | None = None
    logits_V: Tensor | None = None


@dataclass(slots=True, eq=False)
class Sample:
    """One completion in the making. `index` is its number among those of its prompt."""

    group: Group
    index: int
    watch: Watch
    pays_prefill: bool
    logprobs: list[float] = field(default_factory=list[float])
    finish: FinishReason | None = None

    @property
    def length(self) -> int:
        return len(self.group.prompt_ids) + len(self.watch.tokens)


class Scheduler:
    """Runs samples to their ends through the slots of one cache."""

    def __init__(
        self,
        transformer: Transformer,
        cache: KVCache,
        step: Step,
        sampling: Sampling,
        *,
        on_finish: Callable[[], None],
    ) -> None:
        self.transformer, self.cache, self.step = transformer, cache, step
        self.sampling = sampling
        self.on_finish = on_finish
        self.rows: list[Sample | None] = []
        self.waiting: deque[Sample] = deque()
        self.live = 0
        self.longest = 0
        device = transformer.device
        self.parameters = RowSampling.of([sampling] * cache.slots, device=device)
        self.tokens_B = torch.zeros(cache.slots, dtype=torch.int64, device=device)
        self.positions_B = torch.zeros_like(self.tokens_B)  # of the last token known
        self.advance_B = torch.zeros_like(self.tokens_B)  # 0 for an idle row
        self.keys_B = torch.zeros_like(self.tokens_B)

    def run(self, samples: Iterable[Sample]) -> None:
        together: dict[Group, list[Sample]] = {}
        for each in samples:
            together.setdefault(each.group, []).append(each)
        # Equal prompts need not be neighbours, but only the prefix of the group being admitted is kept.
        self.waiting.extend(chain.from_iterable(together.values()))
        patience = max(1, self.cache.slots // 16)
        while self.waiting or self.live:
            free = self.cache.slots - self.live
            if self.waiting and (not self.live or free >= min(len(self.waiting), patience)):
                self._admit()
            if self.live:
                self._decode()

    def _decode(self) -> None:
        rows = slice(0, len(self.rows))
        logits_BV = self.step(
            self.transformer,
            self.cache,
            self.tokens_B[rows],
            self.positions_B[rows],
            self.cache.window(self.longest),
        )
        self.longest += 1
        if self._draw(logits_BV, rows, self.rows):
            self._tidy()

    def _draw(self, logits_BV: Tensor, rows: slice | Tensor, samples: Sequence[Sample | None]) -> bool:
        """Give each row its next token; whether any row finished."""
        positions_B = self.positions_B[rows] + self.advance_B[rows]
        forced_B = None
        if self.sampling.thinking_budget is not None:
            forced = [-1 if each is None else each.watch.next_forced() for each in samples]
            forced_B = torch.tensor(forced, device=positions_B.device)
        drawn = sample(
            logits_BV,
            self.parameters.select(rows),
            uniforms(self.keys_B[rows], positions_B),
            forced_B=forced_B,
        )
        self.positions_B[rows] = positions_B
        self.tokens_B[rows] = drawn.tokens_B
        live = self.live
        tokens = cast(list[int], drawn.tokens_B.tolist())  # pyright: ignore[reportUnknownMemberType]
        logprobs = cast(list[float], drawn.logprobs_B.tolist())  # pyright: ignore[reportUnknownMemberType]
        for each, token, logprob in zip(samples, tokens, logprobs, strict=True):
            if each is None:
                continue
            each.logprobs.append(logprob)
            each.finish = each.watch.push(token)
            if each.finish is not None:
                self.live -= 1
                self.on_finish()
        return self.live < live

    def _tidy(self) -> None:
        """Free the slots of finished rows, and close the gaps when nothing waits for them."""
        finished = [row for row, each in enumerate(self.rows) if each is not None and each.finish is not None]
        for row in finished:
            self.rows[row] = None
        self.advance_B[finished] = 0
        while self.rows and self.rows[-1] is None:
            self.rows.pop()
        if not self.waiting and (len(self.rows) - self.live) * 8 >= len(self.rows):
            self._compact()
        self.longest = max((each.length for each in self.rows if each is not None), default=0)

    def _compact(self) -> None:
        gaps = [row for row, each in enumerate(self.rows[: self.live]) if each is None]
        movers = [row for row, each in enumerate(self.rows) if each is not None and row >= self.live]
        for gap, mover in zip(gaps, movers, strict=True):
            each = self.rows[gap] = self.rows[mover]
            assert each is not None
            self.cache.fork(mover, [gap], length=each.length)
        for state in (self.tokens_B, self.positions_B, self.advance_B, self.keys_B):
            state[gaps] = state[movers]
        del self.rows[self.live :]

    def _admit(self) -> None:
        """Place waiting samples in free slots, lowest first."""
        idle = [row for row, each in enumerate(self.rows) if each is None]
        free = dict.fromkeys([*idle, *range(len(self.rows), self.cache.slots)])
        admitted: dict[int, Sample] = {}
        fresh: list[Group] = []
        forks: dict[Group, list[int]] = {}
        while free and self.waiting:
            each = self.waiting.popleft()
            group = each.group
            group.waiting -= 1
            # A slot that holds the prompt already needs no copy.
            row = group.source if group.source in free else next(iter(free))
            assert row is not None
            del free[row]
            admitted[row] = each
            if group.source is None:
                group.source = row
                fresh.append(group)
            elif group.source != row:
                forks.setdefault(group, []).append(row)
        self._prefill(fresh)
        for group, targets in forks.items():
            assert group.source is not None
            self.cache.fork(group.source, targets, length=len(group.prompt_ids))
        self._start(admitted)

    def _prefill(self, groups: Sequence[Group]) -> None:
        if not groups:
            return
        logits_BV = prefill(
            self.transformer,
            self.cache,
            [group.prompt_ids for group in groups],
            [group.source for group in groups if group.source is not None],
        )
        for group, logits_V in zip(groups, logits_BV.unbind(), strict=True):
            group.logits_V = logits_V

    def _start(self, admitted: dict[int, Sample]) -> None:
        """Draw the first token of newly admitted samples."""
        samples = list(admitted.values())
        for row, each in admitted.items():
            while len(self.rows) <= row:
                self.rows.append(None)
            self.rows[row] = each
        device = self.tokens_B.device
        rows_B = torch.tensor(list(admitted), device=device)
        groups = [each.group for each in samples]
        last = [len(group.prompt_ids) - 1 for group in groups]
        self.positions_B[rows_B] = torch.tensor(last, device=device)
        self.advance_B[rows_B] = 1
        seed = self.sampling.seed
        keys = [stream_key(seed, each.group.prompt_ids, each.index) for each in samples]
        self.keys_B[rows_B] = torch.tensor(keys, device=device)
        self.live += len(samples)
        logits = [group.logits_V for group in groups if group.logits_V is not None]
        self._draw(torch.stack(logits), rows_B, samples)
        for group in groups:
            if not group.waiting:
                group.logits_V = None  # every sample has started
        self._tidy()
