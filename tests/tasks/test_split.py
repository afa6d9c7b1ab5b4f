"""No problem of one split is ever seen in another, whatever its wording."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solvers import content

from ponder.tasks import FAMILIES, TASKS
from ponder.tasks.split import SPLITS, canonical_key, split_of
from ponder.training.corpus import CorpusConfig, documents


def test_splits_share_no_key_across_families_and_seeds() -> None:
    keys = {
        split: {
            problem.key
            for task in TASKS.values()
            for seed in range(3)
            for problem in task.problems(split=split, count=120, seed=seed)
        }
        for split in SPLITS
    }
    for one, other in itertools.combinations(SPLITS, 2):
        assert not keys[one] & keys[other]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_key_is_the_content_and_decides_the_split(name: str) -> None:
    for split in SPLITS:
        for problem in TASKS[name].problems(split=split, count=60, seed=5):
            assert problem.key == canonical_key(content(problem.question))
            assert split_of(problem.key) == split


@given(st.integers(0, 10**9), st.integers(1, 6))
def test_the_same_chain_has_one_key_in_every_dress(seed: int, depth: int) -> None:
    dresses = [
        FAMILIES[name].draw(random.Random(seed), depth)
        for name in ("arithmetic", "word-problems", "programs")
    ]
    assert len({canonical_key(dress.content) for dress in dresses}) == 1
    assert len({dress.answer for dress in dresses}) == 1


@given(st.text())
def test_keys_ignore_case_and_spacing_and_every_key_has_a_split(text: str) -> None:
    key = canonical_key(text)
    assert key == canonical_key(f"  {text}\n") == canonical_key("  ".join(text.lower().split()))
    assert split_of(key) in SPLITS


def test_most_of_it_is_for_training() -> None:
    splits = [split_of(canonical_key(f"chain {i}")) for i in range(4000)]
    assert splits.count("train") / 4000 == pytest.approx(0.8, abs=0.03)
    assert splits.count("test") / 4000 == pytest.approx(0.1, abs=0.02)


def test_the_corpus_never_holds_a_problem_kept_for_testing() -> None:
    for seed in (0, 1):
        for document in itertools.islice(documents(CorpusConfig(seed=seed)), 3000):
            question, _, _ = document.prompt[0].content.rpartition("\n")
            assert split_of(canonical_key(content(question))) == "train", question
