"""Going on where a completion ended, and sampling the rest of a group."""

from __future__ import annotations

import pytest
from fakes import random_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.protocols import Begun
from ponder.records import FinishReason, Message, Sampling

CHAT = (Message("user", "hello"),)


@pytest.mark.parametrize("kernels", ["native", "torch"])
def test_the_rest_of_a_group_is_what_it_would_have_been(kernels: str) -> None:
    engine = random_engine(kernels=kernels)
    whole = engine.generate(["abc", "d"], Sampling(n=6, max_tokens=9))
    for group, text in zip(whole, ("abc", "d"), strict=True):
        parts = [
            completion
            for first, n in ((0, 1), (1, 2), (3, 3))
            for completion in engine.generate([text], Sampling(n=n, first=first, max_tokens=9))[0]
        ]
        assert [part.token_ids for part in parts] == [each.token_ids for each in group]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 11))
def test_going_on_from_token_ids_is_as_not_having_stopped(cut: int) -> None:
    engine = random_engine()
    whole = engine.generate([CHAT], Sampling(max_tokens=12, temperature=0, ignore_eos=True))[0][0]
    text = engine.tokenizer.decode(whole.token_ids[:cut])
    begun = Begun(CHAT, text, whole.token_ids[:cut], spent=cut)
    more = engine.generate([begun], Sampling(max_tokens=12, temperature=0, ignore_eos=True))[0][0]
    assert whole.token_ids[:cut] + more.token_ids == whole.token_ids
    assert more.cost.generated_tokens == 12 - cut


def test_a_pause_string_ends_a_completion_and_stays() -> None:
    engine = random_engine()
    whole = engine.generate(["x"], Sampling(max_tokens=40, temperature=0, ignore_eos=True))[0][0]
    mark = next(letter for letter in whole.text if letter.isprintable())
    paused = engine.generate(["x"], Sampling(max_tokens=40, temperature=0, ignore_eos=True, pause=(mark,)))[
        0
    ][0]
    assert paused.finish_reason is FinishReason.PAUSED
    assert paused.text.endswith(mark) and paused.text.count(mark) == 1
    assert whole.text.startswith(paused.text)


@pytest.mark.parametrize(
    ("begun", "opened"),
    [("<think>\nso", True), ("<think>so</think>", False), ("plain", False), ("", False), ("<thi", False)],
)
def test_what_had_begun_belongs_to_reasoning_and_answer(begun: str, opened: bool) -> None:
    engine = random_engine()
    sampling = Sampling(max_tokens=5, temperature=0, ignore_eos=True)
    completion = engine.generate([Begun(CHAT, begun)], sampling)[0][0]
    assert len(completion.token_ids) == 5
    assert completion.cost.reasoning_tokens == (5 if opened else 0)
    assert completion.reasoning_closed is not opened
    if opened:
        assert completion.reasoning.startswith("so")


def test_steps_fire_inside_reasoning_where_stops_do_not() -> None:
    engine = random_engine()
    free = Sampling(max_tokens=30, temperature=0, ignore_eos=True)
    thinking = Begun(CHAT, "<think>\n")
    text = engine.generate([thinking], free)[0][0].text
    mark = next(letter for letter in text if letter.isprintable())
    stopped = Sampling(max_tokens=30, temperature=0, ignore_eos=True, stop=(mark,))
    paused = Sampling(max_tokens=30, temperature=0, ignore_eos=True, pause=(mark,))
    assert engine.generate([thinking], stopped)[0][0].text == text
    assert engine.generate([thinking], paused)[0][0].finish_reason is FinishReason.PAUSED
