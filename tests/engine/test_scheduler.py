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
