"""Rows join and leave without anyone's tokens changing."""

from __future__ import annotations

import pytest
import torch
from fakes import random_engine

from ponder.records import Completion, Sampling

PROMPTS = [[1, 2, 3], [9] * 20, [5], [1, 2, 3, 4], [200, 201], [77] * 7, [8, 8]]


def ids(groups: list[list[Completion]]) -> list[list[tuple[int, ...]]]:
    return [[completion.token_ids for completion in group] for group in groups]


@pytest.fixture(scope="module")
def sampling() -> Sampling:
    return Sampling(n=5, max_tokens=24, seed=11)


@pytest.fixture(scope="module")
def wide(sampling: Sampling) -> list[list[tuple[int, ...]]]:
    return ids(some_end_early(64).generate(PROMPTS, sampling))


def some_end_early(slots: int):
    """Many end tokens, so that rows finish at different steps."""
    engine = random_engine(slots=slots)
    engine.tokenizer.eos_ids = frozenset(range(0, 260, 20))
    return engine


@pytest.mark.parametrize("slots", [1, 2, 3, 7, 34])
def test_samples_do_not_depend_on_the_number_of_slots(slots: int, wide, sampling: Sampling):
    assert ids(some_end_early(slots).generate(PROMPTS, sampling)) == wide


def test_samples_are_the_same_alone(wide, sampling: Sampling):
    engine = some_end_early(64)
    for prompt, group in zip(PROMPTS, wide, strict=True):
        assert ids(engine.generate([prompt], sampling)) == [group]
    assert len({len(tokens) for group in wide for tokens in group}) > 5


def test_equal_prompts_get_equal_samples_and_one_prefill(sampling: Sampling):
    groups = some_end_early(64).generate([PROMPTS[0], PROMPTS[1], PROMPTS[0]], sampling)
    assert ids(groups)[0] == ids(groups)[2]
    assert sum(completion.cost.prompt_tokens for group in groups for completion in group) == 3 + 20


@pytest.mark.parametrize("slots", [1, 2, 7])
def test_equal_prompts_need_not_be_neighbours(slots: int, wide, sampling: Sampling):
    order = [0, 1, 2, 0, 3, 1, 0]
    groups = some_end_early(slots).generate([PROMPTS[i] for i in order], sampling)
    assert ids(groups) == [wide[i] for i in order]


def test_samples_of_a_prompt_differ_and_seeds_differ(wide, sampling: Sampling):
    assert all(len(set(group)) > 1 for group in wide)
    other = some_end_early(64).generate(PROMPTS, Sampling(n=5, max_tokens=24, seed=12))
    assert ids(other) != wide


def test_an_interrupted_call_leaves_the_engine_usable(wide, sampling: Sampling):
    engine = some_end_early(3)

    done: list[int] = []

    def interrupt(more: int) -> None:
        done.append(more)
        if len(done) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.generate(PROMPTS, sampling, on_progress=interrupt)
    assert ids(engine.generate(PROMPTS, sampling)) == wide


def test_weights_changed_in_place_are_used_at_once():
    engine = random_engine(slots=4)
    greedy = Sampling(max_tokens=8, temperature=0, ignore_eos=True)
    before = engine.generate([PROMPTS[0]], greedy)
    weight = engine.transformer.lm_head.weight
    with torch.no_grad():
        weight.neg_()
        after = engine.generate([PROMPTS[0]], greedy)
        weight.neg_()
    assert ids(after) != ids(before)
    assert ids(engine.generate([PROMPTS[0]], greedy)) == ids(before)


def test_a_small_cache_queues_and_changes_nothing(wide, sampling: Sampling):
    """Room for two of the longest requests, so that most wait."""
    engine = some_end_early(64)
    small = random_engine(slots=64, cache_mb=8 * 16 * 256 / 2**20)
    small.tokenizer.eos_ids = engine.tokenizer.eos_ids
    assert small.pool.pages == 8
    assert ids(small.generate(PROMPTS, sampling)) == wide
    assert small.pool.free == 8


def test_an_interrupted_call_gives_its_pages_back():
    engine = some_end_early(5)

    def interrupt(more: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.generate(PROMPTS, Sampling(n=7, max_tokens=24), on_progress=interrupt)
    assert engine.pool.free == engine.pool.pages


@pytest.mark.parametrize("kernels", ["native", "torch"])
def test_a_known_beginning_is_not_computed_again(kernels: str):
    engine = random_engine(slots=8, kernels=kernels)
    shots, sampling = list(range(60)), Sampling(max_tokens=6, temperature=0, ignore_eos=True)
    first = engine.generate([[*shots, 7]], sampling)[0][0]
    assert (first.cost.prompt_tokens, first.cost.cached_prompt_tokens) == (61, 0)
    second, third = (group[0] for group in engine.generate([[*shots, 8, 9], [*shots[:40], 1]], sampling))
    assert (second.cost.prompt_tokens, second.cost.cached_prompt_tokens) == (62 - 48, 48)
    assert (third.cost.prompt_tokens, third.cost.cached_prompt_tokens) == (41 - 32, 32)
    fresh = random_engine(slots=8, kernels=kernels)
    assert fresh.generate([[*shots, 8, 9]], sampling)[0][0].token_ids == second.token_ids
    # A turn that continues the conversation finds its own answer too.
    turn = [*shots, 7, *first.token_ids, 5]
    assert engine.generate([turn], sampling)[0][0].cost.cached_prompt_tokens == 64


def test_prompts_of_one_call_share_a_long_beginning():
    engine = random_engine(slots=32, max_context=128)
    shots = list(range(100))
    groups = engine.generate([[*shots, last] for last in range(8)], Sampling(max_tokens=3, ignore_eos=True))
    assert sum(group[0].cost.prompt_tokens for group in groups) == 101 + 7 * (101 - 96)


def test_long_prompts_do_not_change_what_short_ones_get():
    engine = random_engine(slots=16, max_context=128)
    engine_alone = random_engine(slots=16, max_context=128)
    prompts = [[3] * 110, [1, 2], [5] * 90, [4]]
    sampling = Sampling(n=3, max_tokens=15, seed=5, ignore_eos=True)
    together = ids(engine.generate(prompts, sampling))
    assert together == [ids(engine_alone.generate([prompt], sampling))[0] for prompt in prompts]
