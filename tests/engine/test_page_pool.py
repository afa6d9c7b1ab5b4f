"""Pages are never in two hands unless shared, and what is found is what was stored."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.engine.page_pool import PagePool

SIZE = 2


def test_freed_pages_are_found_until_they_are_needed():
    pool = PagePool(4, page_size=SIZE)
    pages = pool.take(2)
    pool.remember([1, 2, 3, 4], pages)
    assert pool.match([1, 2, 3, 4, 5]) == pages
    pool.release(pages)
    assert pool.free == 4
    assert pool.match([1, 2, 9, 9]) == pages[:1]
    assert pool.match([9, 9, 3, 4]) == []
    pool.take(3)  # the two that hold nothing first, then the end of the text
    assert pool.match([1, 2, 3, 4]) == pages[:1]


def test_a_page_is_free_when_its_last_holder_lets_go():
    pool = PagePool(3, page_size=SIZE)
    pages = pool.take(2)
    pool.share(pages[:1])
    pool.release(pages)
    assert pool.free == 2
    pool.release(pages[:1])
    assert pool.free == 3


def test_only_full_pages_are_remembered():
    pool = PagePool(3, page_size=SIZE)
    pages = pool.take(2)
    pool.remember([1, 2, 3], pages)
    assert pool.match([1, 2, 3, 4]) == pages[:1]


def test_nothing_is_found_after_the_weights_have_changed():
    pool = PagePool(3, page_size=SIZE)
    pages = pool.take(1)
    pool.remember([1, 2], pages)
    pool.forget_all()
    assert pool.match([1, 2]) == []
    pool.remember([1, 2], pages)
    assert pool.match([1, 2]) == pages


def test_the_same_text_computed_twice_is_kept_once():
    pool = PagePool(4, page_size=SIZE)
    one, other = pool.take(2), pool.take(2)
    pool.remember([1, 2, 3, 4], one)
    pool.remember([1, 2, 3, 4], other)
    assert pool.match([1, 2, 3, 4]) == one


TEXTS = st.lists(st.integers(0, 1), min_size=1, max_size=9)


@settings(max_examples=300)
@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=40), st.integers(5, 12))
def test_pages_hold_what_they_are_found_by(work: list[tuple[list[int], bool]], pages: int):
    """Rows of random text come, share what they find, and leave; a mirror keeps what was really written."""
    pool = PagePool(pages, page_size=SIZE)
    written: dict[int, tuple[int, ...]] = {}
    live: list[list[int]] = []
    for text, leaves in work:
        shared = pool.match(text)
        for index, page in enumerate(shared):
            assert written[page] == tuple(text[: (index + 1) * SIZE])
        needed = pool.pages_for(len(text)) - len(shared)
        pool.share(shared)
        if pool.free < needed:
            pool.release(shared)
            if live:
                pool.release(live.pop(0))
            continue
        row = shared + pool.take(needed)
        held = [page for other in live for page in other]
        assert not set(row[len(shared) :]) & set(held)
        for index, page in enumerate(row):
            written[page] = tuple(text[: (index + 1) * SIZE])
        pool.remember(text, row)
        live.append(row)
        if leaves:
            pool.release(live.pop())
        assert pool.free == pages - len({page for other in live for page in other})
    for row in live:
        pool.release(row)
    assert pool.free == pages
