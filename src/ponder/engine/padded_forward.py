"""The forward pass in torch: rows padded to one length, pages gathered, any device. The kernels' slow twin.

Single tokens go together in one pass, longer chunks in passes of similar length within a budget of tokens.
Padding is written to the page that nobody reads. Compiled, the pass for single tokens runs as one graph.

Shapes: B rows, T new tokens, N pages of a row, P positions of a page, S attended positions (N·P), K key-value
heads, D head size, V vocabulary, W width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ponder.engine.forward import Chunk
from ponder.engine.kv_cache import KVCache
from ponder.engine.sampling import Drawn, RowSampling, sample, uniforms
from ponder.model.transformer import Transformer

PREFILL_TOKENS = 4096
PAGES_MULTIPLE = 4
"""Tables are padded to a multiple, so that shapes repeat."""

Pass = Callable[[Transformer, KVCache, Tensor, Tensor, Tensor], Tensor]
"""(model, cache, ids BT, positions BT, tables BN) to hidden states BTW."""


class PaddedForward:
    """Satisfies `forward.Forward`."""

    def __init__(
        self, transformer: Transformer, *, decode: Pass | None = None, token_budget: int = PREFILL_TOKENS
    ) -> None:
        self.transformer = transformer
        self.decode = decode or paged_pass
        self.token_budget = token_budget

    def __call__(self, cache: KVCache, chunks: Sequence[Chunk]) -> Tensor:
        last: dict[int, Tensor] = {}
        singles = [index for index, chunk in enumerate(chunks) if len(chunk.tokens) == 1]
        longer = [index for index, chunk in enumerate(chunks) if len(chunk.tokens) > 1]
        if singles:
            hidden_BW = self._run([chunks[index] for index in singles], cache, self.decode)
            last.update(zip(singles, hidden_BW, strict=True))
        lengths = [len(chunks[index].tokens) for index in longer]
        for batch in batches_within(lengths, token_budget=self.token_budget):
            indices = [longer[place] for place in batch]
            hidden_BW = self._run([chunks[index] for index in indices], cache, paged_pass)
            last.update(zip(indices, hidden_BW, strict=True))
        wanted = [last[index] for index, chunk in enumerate(chunks) if chunk.wanted]
        if not wanted:
            return torch.empty(0, self.transformer.arch.vocab_size, device=self.transformer.device)
        return self.transformer.logits(torch.stack(wanted)).float()

    def refresh(self) -> None:
        """Nothing is copied, so nothing is stale."""

    def draw(
        self, logits_BV: Tensor, sampling: RowSampling, keys_B: Tensor, positions_B: Tensor,
        forced_B: Tensor | None,
    ) -> Drawn:  # fmt: skip
        return sample(logits_BV, sampling, uniforms(keys_B, positions_B), forced_B=forced_B)

    def _run(self, chunks: Sequence[Chunk], cache: KVCache, run: Pass) -> Tensor:
        """The hidden state after each chunk's last token, BW."""
        device = self.transformer.device
        ids_BT = pad_right([chunk.tokens for chunk in chunks], device=device)
        starts_B = torch.tensor([chunk.start for chunk in chunks], device=device)
        positions_BT = starts_B[:, None] + torch.arange(ids_BT.shape[1], device=device)
        longest = max(chunk.start for chunk in chunks) + ids_BT.shape[1]
        pages = -(-longest // cache.page_size)
        pages = -(-pages // PAGES_MULTIPLE) * PAGES_MULTIPLE
        padding = [cache.padding_page] * pages
        used = [-(-(chunk.start + len(chunk.tokens)) // cache.page_size) for chunk in chunks]
        tables = [[*chunk.pages[:own], *padding[own:]] for chunk, own in zip(chunks, used, strict=True)]
        hidden_BTW = run(self.transformer, cache, ids_BT, positions_BT, torch.tensor(tables, device=device))
        last_B = torch.tensor([len(chunk.tokens) - 1 for chunk in chunks], device=device)
        return hidden_BTW[torch.arange(len(chunks), device=device), last_B]


def paged_pass(
    transformer: Transformer, cache: KVCache, ids_BT: Tensor, positions_BT: Tensor, tables_BN: Tensor
) -> Tensor:
    """Hidden states BTW; a padded token writes into its row's last page behind the row's own tokens, or into
    the padding page, and is never attended to."""
    span = tables_BN.shape[1] * cache.page_size
    mask_BTS = torch.arange(span, device=ids_BT.device) <= positions_BT[..., None]
    return transformer.hidden(
        ids_BT,
        positions_BT=positions_BT,
        mask=mask_BTS[:, None],
        cache=PagedView(
            cache,
            tables_BN,
            tables_BN.gather(1, positions_BT // cache.page_size),
            positions_BT % cache.page_size,
        ),
    )


@dataclass(frozen=True, slots=True)
class PagedView:
    """The rows of one pass: all their pages, and where their new tokens go."""

    cache: KVCache
    tables_BN: Tensor
    page_BT: Tensor
    offset_BT: Tensor

    def layer(self, index: int) -> PagedLayer:
        return PagedLayer(self, self.cache.keys[index], self.cache.values[index])


@dataclass(frozen=True, slots=True)
class PagedLayer:
    view: PagedView
    keys_NKPD: Tensor
    values_NKPD: Tensor

    def update(self, keys_BKTD: Tensor, values_BKTD: Tensor) -> tuple[Tensor, Tensor]:
        return self._store(self.keys_NKPD, keys_BKTD), self._store(self.values_NKPD, values_BKTD)

    def _store(self, pages_NKPD: Tensor, new_BKTD: Tensor) -> Tensor:
        """Write the new ones and return all of the rows' pages as BKSD."""
        view = self.view
        pages_NKPD[view.page_BT, :, view.offset_BT] = new_BKTD.transpose(1, 2).to(pages_NKPD.dtype)
        gathered_BKNPD = pages_NKPD[view.tables_BN].transpose(1, 2)
        return gathered_BKNPD.flatten(2, 3).to(new_BKTD.dtype)


def pad_right(sequences: Sequence[Sequence[int]], *, device: torch.device) -> Tensor:
    """Ids BT, padded with 0: causal attention never looks to the right."""
    longest = max(len(sequence) for sequence in sequences)
    rows = [[*sequence, *([0] * (longest - len(sequence)))] for sequence in sequences]
    return torch.tensor(rows, dtype=torch.int64, device=device)


def batches_within(lengths: Sequence[int], *, token_budget: int) -> Iterator[list[int]]:
    """Indices in batches of similar length whose padded size stays within the budget, at least one each."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > token_budget:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
