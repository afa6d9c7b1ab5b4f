"""Continuous batching: finished rows leave, waiting samples take their place (Yu et al., Orca, OSDI 2022).

Every pass gives each running row its next token and fills what is left of a budget of tokens with
stretches of new prompts (chunked prefill: Agrawal et al., Sarathi-Serve, OSDI 2024). A distinct prompt is
computed once, by its first sample; the others share its pages. A sample is admitted when pages for its
longest possible text are free, so that none ever has to be thrown out; until then it waits. Samples keep
their order.

Shapes: B rows that draw a token, V vocabulary.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import cast

import torch
from torch import Tensor

from ponder.engine.forward import Chunk, Forward
from ponder.engine.kv_cache import KVCache
from ponder.engine.page_pool import PagePool
from ponder.engine.sampling import RowSampling, stream_key
from ponder.engine.stopping import Watch
from ponder.errors import ContextError
from ponder.records import FinishReason, Sampling

CHUNK_TOKENS = 512
"""Tokens of one pass. More makes products no faster and lets running rows wait."""
WORTH_WAITING = 4
"""Pages that a prompt must have in common with one being computed to wait for them."""


@dataclass(slots=True, eq=False)
class Group:
    """A distinct prompt: the pages that hold it, and the logits every sample of it starts from."""

    prompt_ids: tuple[int, ...]
    unstarted: int = 0
    pages: list[int] = field(default_factory=list[int])
    """Held while samples of it have not started; the last may be partly full."""
    logits_V: Tensor | None = None

    def common(self, other: Group) -> int:
        """How many tokens both begin with."""
        pairs = zip(self.prompt_ids, other.prompt_ids, strict=False)
        return next(
            (index for index, (a, b) in enumerate(pairs) if a != b),
            min(len(self.prompt_ids), len(other.prompt_ids)),
        )


@dataclass(slots=True, eq=False)
class Sample:
    """One completion in the making. `index` is its number among those of its prompt."""

    group: Group
    index: int
    watch: Watch
    pays_prefill: bool
    cached: int = 0
    """Tokens of its prompt that it found computed."""
    logprobs: list[float] = field(default_factory=list[float])
    certainties: list[float] = field(default_factory=list[float])
    finish: FinishReason | None = None

    @property
    def positions(self) -> int:
        """How many it may come to fill; the last token is never fed back."""
        return len(self.group.prompt_ids) + self.watch.limit - 1


@dataclass(slots=True, eq=False)
class Row:
    """A sample that has its pages."""

    sample: Sample
    pages: list[int]
    filled: int
    """Positions whose keys and values are stored."""
    key: int
    started: bool = False

    @property
    def fills_prompt(self) -> bool:
        return self.sample.pays_prefill and self.sample.group.logits_V is None and not self.started

    def next_chunk(self) -> Chunk:
        return Chunk(self.sample.watch.tokens[-1:], self.filled, self.pages, wanted=True)


class Scheduler:
    """Runs samples to their ends through one cache."""

    def __init__(
        self,
        forward: Forward,
        cache: KVCache,
        pool: PagePool,
        sampling: Sampling,
        *,
        slots: int,
        device: torch.device,
        chunk_tokens: int = CHUNK_TOKENS,
    ) -> None:
        self.forward, self.cache, self.pool, self.sampling = forward, cache, pool, sampling
        self.slots, self.chunk_tokens = slots, chunk_tokens
        self.device = device
        self.parameters = RowSampling.of([sampling], device=device)
        self.rows: list[Row] = []
        self.waiting: deque[Sample] = deque()
        self.held: set[Group] = set()

    def run(self, samples: Iterable[Sample]) -> Iterator[list[Sample]]:
        """Yields those that have ended, after every step that ended some."""
        together: dict[Group, list[Sample]] = {}
        for each in samples:
            together.setdefault(each.group, []).append(each)
        # Equal prompts need not be neighbours, but only one at a time may keep pages for later samples.
        self.waiting.extend(chain.from_iterable(together.values()))
        try:
            while self.waiting or self.rows:
                self._admit()
                with torch.inference_mode():  # not around the loop: a caller goes on between two steps
                    self._step()
                if finished := self._leave():
                    yield finished
        finally:
            for row in self.rows:
                self.pool.release(row.pages)
            for group in self.held:
                self.pool.release(group.pages)

    def _admit(self) -> None:
        while self.waiting and len(self.rows) < self.slots:
            row = self._place(self.waiting[0])
            if row is None:
                break
            self.rows.append(row)
            self.waiting.popleft()
        if self.waiting and not self.rows:
            raise ContextError("the cache has no room for one request: raise cache_mb or lower max_tokens")

    def _place(self, sample: Sample) -> Row | None:
        """The sample with its pages, or None while there are not enough."""
        group, prompt = sample.group, sample.group.prompt_ids
        needed = self.pool.pages_for(sample.positions)
        if sample.pays_prefill:
            shared = self.pool.match(prompt[:-1])  # the last token is computed for its logits
            if self._soon_computed(group, len(shared)):
                return None
        else:
            shared = group.pages[: len(prompt) // self.pool.page_size]
        self.pool.share(shared)
        if self.pool.free < needed - len(shared):
            self.pool.release(shared)
            return None
        pages = shared + self.pool.take(needed - len(shared))
        key = stream_key(self.sampling.seed, prompt, sample.index)
        if not sample.pays_prefill:
            return Row(sample, pages, len(prompt), key)
        sample.cached = len(shared) * self.pool.page_size
        if group.unstarted > 1:
            group.pages = pages[: self.pool.pages_for(len(prompt))]
            self.pool.share(group.pages)
            self.held.add(group)
        return Row(sample, pages, sample.cached, key)

    def _soon_computed(self, group: Group, matched: int) -> bool:
        """Whether a row that is filling its prompt is about to compute much that this one begins with."""
        size = self.pool.page_size
        return any(
            row.fills_prompt and group.common(row.sample.group) // size >= matched + WORTH_WAITING
            for row in self.rows
        )

    def _step(self) -> None:
        running = [row for row in self.rows if row.started]
        chunks = [row.next_chunk() for row in running]
        filling = self._fill_prompts(chunks)
        if chunks:
            logits_BV = self.forward(self.cache, chunks)
            for row in running:
                row.filled += 1
            self._note_prompts(filling, logits_BV[len(running) :])
        else:
            logits_BV = torch.empty(0)
        starting = [row for row in self.rows if not row.started and row.sample.group.logits_V is not None]
        if starting:
            firsts = [self._start(row) for row in starting]
            logits_BV = torch.stack([*logits_BV[: len(running)], *firsts])
        self._draw(running + starting, logits_BV)

    def _fill_prompts(self, chunks: list[Chunk]) -> list[tuple[Row, Chunk]]:
        """Add stretches of prompts to a pass until it is full."""
        left = max(self.chunk_tokens - len(chunks), self.pool.page_size)
        filling: list[tuple[Row, Chunk]] = []
        for row in self.rows:
            prompt = row.sample.group.prompt_ids
            if left > 0 and row.fills_prompt:
                end = min(row.filled + left, len(prompt))
                chunk = Chunk(prompt[row.filled : end], row.filled, row.pages, wanted=end == len(prompt))
                left -= end - row.filled
                filling.append((row, chunk))
                chunks.append(chunk)
        return filling

    def _note_prompts(self, filling: Sequence[tuple[Row, Chunk]], logits_BV: Tensor) -> None:
        """What the pass has computed of prompts can be shared from now on."""
        whole = iter(logits_BV)
        for row, chunk in filling:
            row.filled += len(chunk.tokens)
            group = row.sample.group
            self.pool.remember(group.prompt_ids[: row.filled], row.pages)
            if chunk.wanted:
                group.logits_V = next(whole).clone()

    def _start(self, row: Row) -> Tensor:
        """The logits that the row's first token is drawn from; a partly full page of its prompt is copied."""
        group = row.sample.group
        assert group.logits_V is not None
        logits_V, place = group.logits_V, len(group.prompt_ids) // self.pool.page_size
        if not row.sample.pays_prefill and len(group.prompt_ids) % self.pool.page_size:
            self.cache.copy_page(group.pages[place], row.pages[place])
        row.started = True
        group.unstarted -= 1
        if not group.unstarted:
            group.logits_V = None
            if group in self.held:
                self.held.remove(group)
                self.pool.release(group.pages)
        return logits_V

    def _draw(self, rows: Sequence[Row], logits_BV: Tensor) -> None:
        """Give each row its next token."""
        if not rows:
            return
        samples = [row.sample for row in rows]
        positions = [len(each.group.prompt_ids) + len(each.watch.tokens) for each in samples]
        keys_B = torch.tensor([row.key for row in rows], device=self.device)
        if len(rows) != len(self.parameters.temperature_B):
            self.parameters = RowSampling.of([self.sampling] * len(rows), device=self.device)
        positions_B = torch.tensor(positions, device=self.device)
        drawn = self.forward.draw(logits_BV, self.parameters, keys_B, positions_B, self._forced(samples))
        tokens = cast(list[int], drawn.tokens_B.tolist())  # pyright: ignore[reportUnknownMemberType]
        logprobs = cast(list[float], drawn.logprobs_B.tolist())  # pyright: ignore[reportUnknownMemberType]
        certainties = cast(list[float], drawn.certainties_B.tolist())  # pyright: ignore[reportUnknownMemberType]
        for each, token, logprob, certainty in zip(samples, tokens, logprobs, certainties, strict=True):
            each.logprobs.append(logprob)
            each.certainties.append(certainty)
            each.finish = each.watch.push(token)

    def _forced(self, samples: Sequence[Sample]) -> Tensor | None:
        if self.sampling.thinking_budget is None:
            return None
        forced = [each.watch.next_forced() for each in samples]
        return torch.tensor(forced, device=self.device) if max(forced) >= 0 else None

    def _leave(self) -> list[Sample]:
        """Finished rows give their pages back; what these hold can still be found."""
        finished = [row for row in self.rows if row.sample.finish is not None]
        if finished:
            self.rows = [row for row in self.rows if row.sample.finish is None]
        for row in finished:
            text = (*row.sample.group.prompt_ids, *row.sample.watch.tokens)
            self.pool.remember(text[: row.filled], row.pages)
            self.pool.release(row.pages)
        return [row.sample for row in finished]
