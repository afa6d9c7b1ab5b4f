"""The engine from outside: tokens equal to transformers', scores, stops, errors."""

from __future__ import annotations

import pytest
import torch
from fakes import random_engine, random_model

from ponder.errors import ContextError
from ponder.records import FinishReason, Message, Sampling

PROMPTS = [[1, 2, 3], [9, 250, 31, 7, 100, 4], [5]]


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_greedy_tokens_equal_transformers_generate(family: str):
    theirs, _ = random_model(family)
    engine = random_engine(family, slots=2)
    sampling = Sampling(max_tokens=30, temperature=0, ignore_eos=True)
    for prompt, group in zip(PROMPTS, engine.generate(PROMPTS, sampling), strict=True):
        ids = torch.tensor([prompt])
        mask = torch.ones_like(ids)
        wanted = theirs.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=30)
        assert list(group[0].token_ids) == wanted[0, len(prompt) :].tolist()
        assert group[0].finish_reason is FinishReason.LENGTH


def test_recorded_logprobs_equal_score():
    engine = random_engine(slots=3)
    for prompt, group in zip(PROMPTS, engine.generate(PROMPTS, Sampling(n=2, max_tokens=20)), strict=True):
        for completion in group:
            scored = engine.score([[*prompt, *completion.token_ids]])[0]
            assert scored[len(prompt) - 1 :] == pytest.approx(list(completion.logprobs), abs=1e-4)


def test_score_keeps_the_order_of_ragged_sequences():
    engine = random_engine()
    sequences = [[1], [4, 5, 6, 7], [], [4, 5], [9] * 60]
    scores = engine.score(sequences)
    assert [len(row) for row in scores] == [0, 3, 0, 1, 59]
    assert scores[3] == pytest.approx(scores[1][:1], abs=1e-5)


def test_a_thinking_budget_closes_the_reasoning():
    engine = random_engine(slots=2)
    close = engine.tokenizer.encode("\n</think>\n")
    completion = engine.generate(["x<think>"], Sampling(max_tokens=20, thinking_budget=6, seed=3))[0][0]
    assert list(completion.token_ids[6:9]) == close
    assert completion.reasoning_closed
    assert completion.cost.reasoning_tokens == 8
    engine.tokenizer.eos_ids = frozenset(range(260)) - frozenset(close)
    ended = engine.generate(["x<think>"], Sampling(thinking_budget=0, temperature=0))[0][0]
    assert list(ended.token_ids[:3]) == close
    assert ended.finish_reason is FinishReason.BUDGET


def test_a_budget_that_leaves_no_room_ends_by_length():
    engine = random_engine()
    completion = engine.generate(["x<think>"], Sampling(max_tokens=5, thinking_budget=4))[0][0]
    assert completion.finish_reason is FinishReason.LENGTH
    assert not completion.reasoning_closed


def test_a_stop_string_is_cut_from_the_text():
    engine = random_engine()
    greedy = Sampling(max_tokens=40, temperature=0, ignore_eos=True)
    text = engine.generate([[65, 66, 67]], greedy)[0][0].text
    stop = text[5:7]
    ended = engine.generate([[65, 66, 67]], Sampling(max_tokens=40, temperature=0, stop=(stop,)))[0][0]
    assert ended.finish_reason is FinishReason.STOP
    assert ended.text == text[: text.index(stop)]


def test_the_text_excludes_the_end_token_and_the_ids_include_it():
    engine = random_engine()
    engine.tokenizer.eos_ids = frozenset(range(0, 260, 2))
    completion = engine.generate(["abc"], Sampling(max_tokens=60))[0][0]
    assert completion.finish_reason is FinishReason.STOP
    assert completion.token_ids[-1] % 2 == 0
    assert completion.text == engine.tokenizer.decode(completion.token_ids[:-1])
    assert len(completion.token_ids) == len(completion.logprobs)


def test_messages_are_rendered_and_text_is_not():
    engine = random_engine()
    messages = [Message("user", "hi")]
    rendered = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    assert engine.prompt_ids(messages) == engine.prompt_ids(rendered)
    assert engine.prompt_ids("hi") == tuple(engine.tokenizer.encode("hi"))


def test_a_prompt_without_room_is_one_line_with_both_lengths():
    engine = random_engine(max_context=16)
    with pytest.raises(ContextError, match=r"16 tokens .* context of 16") as caught:
        engine.generate([[1] * 16], Sampling())
    assert "\n" not in str(caught.value)
    completion = engine.generate([[1] * 12], Sampling(max_tokens=100, ignore_eos=True))[0][0]
    assert len(completion.token_ids) == 4
    with pytest.raises(ContextError, match="no tokens"):
        engine.generate([""], Sampling())
    with pytest.raises(ContextError, match="outside"):
        engine.generate([[1, 260]], Sampling())


def test_the_size_of_the_cache_is_known():
    """Two layers of two key heads of eight float32 numbers; 16 positions more for copies."""
    assert random_engine(slots=3, max_context=64).cache_bytes == (3 * 64 + 16) * 2 * 2 * 2 * 8 * 4


def test_a_cache_too_small_for_one_request_is_one_line():
    with pytest.raises(ContextError, match="raise cache_mb"):
        random_engine(cache_mb=0.001)
    engine = random_engine(cache_mb=3 * 16 * 256 / 2**20)
    with pytest.raises(
        ContextError, match=r"61 tokens does not fit a cache of 48 tokens .* raise cache_mb"
    ) as caught:
        engine.generate([[1] * 40], Sampling(max_tokens=21))
    assert "\n" not in str(caught.value)
    assert engine.generate([[1] * 40], Sampling(max_tokens=9, ignore_eos=True))[0][0].token_ids
