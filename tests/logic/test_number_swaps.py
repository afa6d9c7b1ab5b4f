"""Stories with other numbers are as hard, stories with other names are the same."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solvers import chain_of

from ponder.logic.items import DEPTHS, NUMBER_VERSIONS, ProbeItem, draw_items
from ponder.logic.number_swaps import read_story, swap_numbers
from ponder.tasks.chain import draw_chain
from ponder.tasks.word_problems import WordProblems

STORIES = draw_items("word-problem", proofs=24, depths=DEPTHS, versions=NUMBER_VERSIONS, seed=3)


def numbers(item: ProbeItem) -> list[str]:
    return re.findall(r"\d+", " ".join(each for at, each in enumerate(item.premises) if at not in item.added))


def without(text: str, pattern: str) -> str:
    return re.sub(pattern, "_", text)


def told(version: str) -> list[tuple[ProbeItem, ProbeItem]]:
    familiar = {item.proof: item for item in STORIES if item.version == "familiar"}
    return [(familiar[item.proof], item) for item in STORIES if item.version == version]


def test_answers_are_what_the_stories_come_to() -> None:
    for item in STORIES:
        assert int(item.answer) >= 1
        if item.version != "distracted":
            assert sum(chain_of(item.question)) == int(item.answer)


def test_swapped_numbers_are_others_of_the_same_length() -> None:
    for familiar, swapped in told("numbers"):
        assert without(swapped.question, r"\d+") == without(familiar.question, r"\d+")
        for one, other in zip(numbers(familiar), numbers(swapped), strict=True):
            assert len(one) == len(other)
            assert one != other
        assert len(familiar.answer) == len(swapped.answer)
        assert familiar.answer != swapped.answer


def test_swapped_names_are_all_that_changes() -> None:
    for familiar, swapped in told("names"):
        assert without(swapped.question, r"[A-Z][a-z]+") == without(familiar.question, r"[A-Z][a-z]+")
        assert swapped.premises != familiar.premises
        assert swapped.answer == familiar.answer


def test_one_clause_with_a_number_is_added_before_the_end() -> None:
    for familiar, distracted in told("distracted"):
        (at,) = distracted.added
        assert at > 0
        assert re.search(r"\d", distracted.premises[at])
        kept = distracted.premises[:at] + distracted.premises[at + 1 :]
        assert kept == familiar.premises
        assert distracted.answer == familiar.answer


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 8))
def test_a_swap_keeps_signs_and_every_length_on_the_way(seed: int, depth: int) -> None:
    rng = random.Random(seed)
    chain = draw_chain(rng, depth)
    swapped = swap_numbers(chain, rng)
    if swapped is None:
        return
    values, others = [chain.start], [swapped.start]
    for one, other in zip(chain.terms, swapped.terms, strict=True):
        assert one * other > 0
        values.append(values[-1] + one)
        others.append(others[-1] + other)
    assert [len(str(value)) for value in values] == [len(str(value)) for value in others]
    assert min(others) >= 0
    assert swapped.total not in (0, chain.total)


@given(st.integers(0, 10**9), st.integers(1, 6))
def test_the_stories_of_the_task_are_read(seed: int, depth: int) -> None:
    drawn = WordProblems().draw(random.Random(seed), depth)
    chain = read_story(drawn.question)
    assert chain is not None
    assert chain.content == drawn.content


@pytest.mark.parametrize("text", ["", "Tom has 3 pens.", "Tom has 3 pens. How many cups does Tom have?"])
def test_another_text_is_no_story(text: str) -> None:
    assert read_story(text) is None
