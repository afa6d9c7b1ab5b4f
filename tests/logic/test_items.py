"""Drawn items: proved, matched across versions, balanced, and silent about their answers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from solvers import deduced

from ponder.errors import ConfigError, PonderError
from ponder.logic.items import DEPTHS, FORMS, NUMBER_VERSIONS, VERSIONS, ProbeItem, draw_items
from ponder.logic.proving import answer_to, hash_of, proved
from ponder.logic.reading import read_question
from ponder.logic.statements import Literal, fact
from ponder.logic.truth import Theory
from ponder.logic.vocabulary import ADJECTIVES, COLOUR_OF, LADDERS, NOUNS
from ponder.tasks.deduction import COLOURS


def by_proof(items: list[ProbeItem]) -> dict[str, dict[str, ProbeItem]]:
    versions = defaultdict[str, dict[str, ProbeItem]](dict)
    for item in items:
        versions[item.proof][item.version] = item
    return versions


def asked(item: ProbeItem) -> str:
    return item.question.split("is it true that ")[1].split("?")[0]


STATEMENTS = draw_items("statement", proofs=24, depths=DEPTHS, versions=VERSIONS, seed=11)
COLOUR_ITEMS = draw_items("colours", proofs=16, depths=DEPTHS, versions=VERSIONS, seed=11)


@pytest.mark.parametrize("form", FORMS)
def test_every_proof_comes_in_every_version(form: str) -> None:
    versions = NUMBER_VERSIONS if form == "word-problem" else VERSIONS
    items = draw_items(form, proofs=4, depths=(2, 5), versions=versions, seed=0)
    assert [item.version for item in items] == 4 * list(versions)
    assert len({item.id for item in items}) == len(items)
    assert Counter(item.depth for item in items) == {2: 2 * len(versions), 5: 2 * len(versions)}
    assert items == draw_items(form, proofs=4, depths=(2, 5), versions=versions, seed=0)
    assert items != draw_items(form, proofs=4, depths=(2, 5), versions=versions, seed=1)
    for item in items:
        assert item.id == f"{item.proof}-{item.version}"
        assert item.question.startswith(" ".join(item.premises))
        assert item.answer in item.choices
        problem = item.problem()
        assert (problem.question, problem.answer) == (item.question, item.answer)
        assert {"version", "depth", "proof", "premises", "choices", "form"} <= set(problem.meta)


@pytest.mark.parametrize("items", [STATEMENTS, COLOUR_ITEMS], ids=["statement", "colours"])
def test_a_version_changes_one_thing(items: list[ProbeItem]) -> None:
    for told in by_proof(items).values():
        familiar = told["familiar"]
        assert sorted(told["shuffled"].premises) == sorted(familiar.premises)
        assert told["shuffled"].premises != familiar.premises
        added = told["distracted"].added
        kept = [each for at, each in enumerate(told["distracted"].premises) if at not in added]
        assert tuple(kept) == familiar.premises
        assert len(added) >= 2
        for version in ("counterfactual", "invented", "reworded"):
            assert len(told[version].premises) == len(familiar.premises)
            assert not told[version].added
        reworded = read_question(told["reworded"].question)
        assert reworded == read_question(familiar.question)
        invented = set(re.findall("[a-z]+", " ".join(told["invented"].premises)))
        held = {*NOUNS, *ADJECTIVES, *COLOUR_OF, *(kind for ladder in LADDERS for kind in ladder[1:])}
        assert invented.isdisjoint(held)


@pytest.mark.parametrize("items", [STATEMENTS, COLOUR_ITEMS], ids=["statement", "colours"])
def test_distractors_change_nothing_that_is_provable(items: list[ProbeItem]) -> None:
    for item in items:
        if item.version == "distracted":
            question = read_question(item.question)
            kept = [each for at, each in enumerate(question.premises) if at not in item.added]
            claims = [question.asked] if question.asked else [
                fact(question.name, Literal(one)) for said in kept for one in sorted(said.properties)
            ]  # fmt: skip
            whole, less = Theory(question.premises), Theory(kept)
            assert [whole.standing(claim) for claim in claims] == [less.standing(claim) for claim in claims]


def test_the_world_agrees_in_familiar_words_and_contradicts_in_counterfactual_ones() -> None:
    for item in (*STATEMENTS, *COLOUR_ITEMS):
        if item.version == "invented" or (item.form == "colours" and item.depth == 1):
            assert item.world == ""
        elif item.version == "counterfactual":
            assert item.world not in ("", item.answer)
        else:
            assert item.world == item.answer


def test_conclusions_say_how_many_chains_come_to_an_end() -> None:
    told = Counter(item.conclusions for item in STATEMENTS)
    assert set(told) == {"one", "several", "none"}
    assert all((item.conclusions == "none") == (item.answer == "unknown") for item in STATEMENTS)


def test_colours_are_asked_as_the_task_asks_them() -> None:
    for item in COLOUR_ITEMS:
        if item.version in ("familiar", "counterfactual", "invented", "shuffled"):
            path = deduced(item.question)
            assert path[-1] == item.answer
            assert len(path) == item.depth + 1
            assert item.choices == tuple(colour for colour in COLOURS if colour in item.choices)
            assert set(item.choices) == colours_in(item)


def colours_in(item: ProbeItem) -> set[str]:
    return {colour for colour in COLOURS if re.search(rf"\b{colour}\b", item.question)}


def test_a_counterfactual_colour_item_holds_the_words_of_the_familiar_one() -> None:
    for told in by_proof(COLOUR_ITEMS).values():
        words = [sorted(told[version].question.split()) for version in ("familiar", "counterfactual")]
        if told["familiar"].depth > 1:
            assert words[0] == words[1]
        assert told["familiar"].answer != told["counterfactual"].answer


def test_an_item_whose_label_is_wrong_is_not_given_out() -> None:
    item = next(item for item in STATEMENTS if item.answer == "yes")
    with pytest.raises(PonderError, match=r"labelled 'no', but its words prove 'yes'"):
        proved(replace(item, answer="no"))
    with pytest.raises(PonderError, match="labelled"):
        proved(replace(COLOUR_ITEMS[0], answer="no colour"))
    other = next(each for each in STATEMENTS if each.answer == "yes" and each.proof != item.proof)
    with pytest.raises(PonderError, match="does not tell the proof"):
        proved(replace(item, proof=other.proof))
    broken = item.question.replace(item.premises[0], "Tom runs.")
    with pytest.raises(PonderError, match="cannot be read back"):
        proved(replace(item, question=broken))
    both = f"Tom is red. Tom is not red. {item.question}"
    with pytest.raises(PonderError, match="cannot all hold"):
        proved(replace(item, question=both))


@pytest.mark.parametrize(
    ("form", "depths", "versions", "says"),
    [
        ("riddle", (1,), VERSIONS, "unknown form 'riddle'"),
        ("colours", (1,), ("numbers",), "no version 'numbers'"),
        ("word-problem", (1,), ("invented",), "no version 'invented'"),
        ("colours", (9,), VERSIONS, "depths from 1 to 8"),
        ("colours", (), VERSIONS, "depths from 1 to 8"),
        ("colours", (1,), (), "at least one version"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    form: str, depths: tuple[int, ...], versions: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        draw_items(form, proofs=1, depths=depths, versions=versions, seed=0)


@pytest.mark.slow
def test_z3_agrees_with_two_thousand_labels_and_versions_share_their_proof() -> None:
    items = draw_items("statement", proofs=240, depths=DEPTHS, versions=VERSIONS, seed=7)
    items += draw_items("colours", proofs=96, depths=DEPTHS, versions=VERSIONS, seed=7)
    assert len(items) >= 2000
    assert {item.depth for item in items} == set(DEPTHS)
    assert {item.conclusions for item in items} == {"one", "several", "none"}
    assert sum(answer_to(item) != item.answer for item in items) == 0
    for told in by_proof(items).values():
        assert set(told) == set(VERSIONS)
        assert {hash_of(item) for item in told.values()} == {told["familiar"].proof.split("-")[0]}


@pytest.fixture(scope="module")
def lone_items() -> list[ProbeItem]:
    """2,016 proofs, each in one version, so that no two items are of one proof."""
    drawn = list[ProbeItem]()
    for seed, version in enumerate(VERSIONS):
        drawn += draw_items("statement", proofs=336, depths=DEPTHS, versions=(version,), seed=seed)
    return drawn


@pytest.mark.slow
@pytest.mark.parametrize("label", ["yes", "unknown"])
@pytest.mark.parametrize("read", ["conclusion", "question"])
def test_a_bag_of_words_is_at_chance(lone_items: list[ProbeItem], read: str, label: str) -> None:
    assert Counter(item.answer for item in lone_items) == {"yes": 672, "no": 672, "unknown": 672}
    texts = [asked(item) if read == "conclusion" else item.question for item in lone_items]
    accuracy = bag_of_words_accuracy(
        texts, [item.answer == label for item in lone_items], [item.proof for item in lone_items]
    )
    assert abs(accuracy - 0.5) <= 0.03


@pytest.mark.slow
@pytest.mark.parametrize("read", ["conclusion", "question"])
def test_a_bag_of_words_does_not_tell_yes_from_no(lone_items: list[ProbeItem], read: str) -> None:
    items = [item for item in lone_items if item.answer != "unknown"]
    texts = [asked(item) if read == "conclusion" else item.question for item in items]
    accuracy = bag_of_words_accuracy(
        texts, [item.answer == "yes" for item in items], [item.proof for item in items]
    )
    assert abs(accuracy - 0.5) <= 0.03


def bag_of_words_accuracy(texts: list[str], labels: list[bool], proofs: list[str]) -> float:
    """Both classes weigh the same, in fitting and in counting; no proof is in two folds."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear: Any = pytest.importorskip("sklearn.linear_model")
    selection: Any = pytest.importorskip("sklearn.model_selection")
    pipeline: Any = pytest.importorskip("sklearn.pipeline")
    classifier = pipeline.make_pipeline(
        text.CountVectorizer(), linear.LogisticRegression(max_iter=3000, class_weight="balanced")
    )
    folds = selection.GroupKFold(10)
    said = selection.cross_val_predict(classifier, texts, labels, groups=proofs, cv=folds)
    truth = np.array(labels)
    return float(np.mean([np.mean(said[truth == label] == label) for label in (True, False)]))
