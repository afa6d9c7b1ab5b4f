"""Which page of the cache belongs to whom: reference counts, sharing, and what freed pages still hold.

A page holds a fixed number of positions (PagedAttention, Kwon et al., arXiv:2309.06180). Rows that begin with
the same tokens share pages; a freed page keeps its content until it is needed, so that a later prompt with
the same beginning finds it (prefix caching). Pages are found by their tokens and those of all pages before
them, never by a hash alone. Knows page numbers and token ids, nothing of tensors.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Tokens = tuple[int, ...]
ROOT = 0
"""The serial number that the first page of a prompt has for its predecessor."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What a page holds: its tokens, after those of the page with the serial `after`."""

    serial: int
    key: tuple[int, Tokens]


class PagePool:
    """Hands out page numbers 0..pages-1, those first that were freed longest ago."""

    def __init__(self, pages: int, *, page_size: int) -> None:
        self.pages, self.page_size = pages, page_size
        self._free: OrderedDict[int, None] = OrderedDict.fromkeys(range(pages))
        self._holders = [0] * pages
        self._contents: dict[int, _Content] = {}
        self._found: dict[tuple[int, Tokens], int] = {}
        self._serials = ROOT

    @property
    def free(self) -> int:
        return len(self._free)

    def pages_for(self, positions: int) -> int:
        return -(-positions // self.page_size)

    def take(self, count: int) -> list[int]:
        """`count` pages that nobody holds, now held once. The caller has looked at `free`."""
        taken = [self._free.popitem(last=False)[0] for _ in range(count)]
        for page in taken:
            self._forget(page)
            self._holders[page] = 1
        return taken

    def share(self, pages: Iterable[int]) -> None:
        """One more holder for each."""
        for page in pages:
            if not self._holders[page]:
                del self._free[page]
            self._holders[page] += 1

    def release(self, pages: Sequence[int]) -> None:
        """One holder less for each. The last pages of a row are the first to be used again."""
        for page in reversed(pages):
            self._holders[page] -= 1
            if not self._holders[page]:
                self._free[page] = None
                if page not in self._contents:
                    self._free.move_to_end(page, last=False)

    def match(self, tokens: Sequence[int]) -> list[int]:
        """The pages that hold the beginning of `tokens`, as far as they are full and known; not yet held."""
        matched: list[int] = []
        after = ROOT
        for start in range(0, len(tokens) - self.page_size + 1, self.page_size):
            page = self._found.get((after, tuple(tokens[start : start + self.page_size])))
            if page is None:
                break
            matched.append(page)
            after = self._contents[page].serial
        return matched

    def remember(self, tokens: Sequence[int], pages: Sequence[int]) -> None:
        """`pages` now hold the keys and values of `tokens`; those that are full can be found from now on."""
        after = ROOT
        for index in range(len(tokens) // self.page_size):
            key = (after, tuple(tokens[index * self.page_size : (index + 1) * self.page_size]))
            page = self._found.get(key)
            if page is None:
                page = pages[index]
                self._forget(page)
                self._serials += 1
                self._contents[page] = _Content(self._serials, key)
                self._found[key] = page
            after = self._contents[page].serial

    def forget_all(self) -> None:
        """For when the weights have changed: nothing that was computed before holds."""
        self._contents.clear()
        self._found.clear()

    def _forget(self, page: int) -> None:
        content = self._contents.pop(page, None)
        if content is not None:
            del self._found[content.key]
