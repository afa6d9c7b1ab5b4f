"""Proofs are as deep as asked, their steps follow, and one hash is theirs under any names and order."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.logic.inferences import KIND, SUBJECT, depth_of
from ponder.logic.proof_hash import proof_hash
from ponder.logic.proof_tree import ANSWERS, ProofTree, draw_tree
from ponder.logic.statements import Literal, Property, fact
from ponder.logic.truth import Standing, Theory

STANDING = {"yes": Standing.FOLLOWS, "no": Standing.CONTRADICTED, "unknown": Standing.OPEN}
trees = st.builds(
    lambda seed, depth, answer: draw_tree(random.Random(seed), depth, answer),
    st.integers(0, 10**9),
    st.integers(1, 8),
    st.sampled_from(ANSWERS),
)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_the_answer_is_what_the_premises_say(tree: ProofTree) -> None:
    theory = Theory(tree.premises)
    assert theory.consistent()
    assert theory.standing(tree.asked) is STANDING[tree.answer]


@settings(max_examples=60, deadline=None)
@given(trees)
def test_each_inference_follows_from_its_parents_which_are_there(tree: ProofTree) -> None:
    known = {*tree.premises, fact(SUBJECT, Literal(KIND))}
    for each in tree.inferences:
        assert known.issuperset(each.parents)
        assert Theory(each.parents).follows(each.conclusion)
        assert all(
            not Theory([one for one in each.parents if one != left]).follows(each.conclusion)
            for left in each.parents
        ), "a parent that is not needed"
        known.add(each.conclusion)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 8), st.sampled_from(["yes", "no"]))
def test_a_proof_is_as_deep_as_asked(seed: int, depth: int, answer: str) -> None:
    tree = draw_tree(random.Random(seed), depth, answer)
    assert depth_of(tree.inferences) == depth
    settled = tree.asked if answer == "yes" else tree.asked.negated()
    assert tree.inferences[-1].conclusion == settled


@settings(max_examples=40, deadline=None)
@given(trees, st.randoms(use_true_random=False))
def test_the_hash_knows_neither_names_nor_order(tree: ProofTree, rng: random.Random) -> None:
    symbols = list({each for said in (*tree.premises, tree.asked) for each in said.properties})
    fresh = [f"w{number}" for number in range(len(symbols))]
    rng.shuffle(fresh)
    words = {one: Property(word, one.noun) for one, word in zip(symbols, fresh, strict=True)}
    told = [said.mapped(words.__getitem__, lambda name: f"N{name}") for said in tree.premises]
    rng.shuffle(told)
    asked = tree.asked.mapped(words.__getitem__, lambda name: f"N{name}")
    assert proof_hash(told, asked) == proof_hash(tree.premises, tree.asked)


@settings(max_examples=40, deadline=None)
@given(trees, st.integers(0, 99))
def test_the_hash_tells_changed_premises_apart(tree: ProofTree, which: int) -> None:
    at = which % len(tree.premises)
    said = tree.premises[at]
    flipped = replace(said, head=said.head.negated())
    changed = (*tree.premises[:at], flipped, *tree.premises[at + 1 :])
    original = proof_hash(tree.premises, tree.asked)
    assert proof_hash(changed, tree.asked) != original
    assert proof_hash(tree.premises[:at] + tree.premises[at + 1 :], tree.asked) != original


def test_every_rule_is_drawn() -> None:
    rules = {
        rule for seed in range(600) for rule in draw_tree(random.Random(seed), 1 + seed % 8, "yes").rules
    }
    assert rules == {
        "modus ponens", "modus tollens", "disjunctive syllogism", "proof by cases", "transitivity",
        "conjunction introduction", "conjunction elimination", "Barbara", "Celarent", "Cesare", "Darii",
        "Datisi", "Ferio", "Festino", "Ferison", "Fresison",
    }  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_same_seed_draws_the_same_proof(answer: str) -> None:
    assert draw_tree(random.Random(5), 4, answer) == draw_tree(random.Random(5), 4, answer)
