"""What a training file holds of a set, from nothing to all of it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ponder.logic.contamination import contamination, content_of
from ponder.logic.items import FORMS, ProbeItem, draw_items
from ponder.tasks import FAMILIES
from ponder.tasks.split import canonical_key


def drawn(form: str, seed: int = 0) -> list[ProbeItem]:
    versions = ("familiar", "numbers") if form == "word-problem" else ("familiar", "invented")
    return draw_items(form, proofs=4, depths=(3, 4), versions=versions, seed=seed)


def as_rows(path: Path, texts: list[str]) -> Path:
    path.write_text(
        "".join(json.dumps({"messages": [{"role": "user", "content": text}]}) + "\n" for text in texts)
    )
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["train.jsonl", "train.txt"])
def test_a_file_of_the_items_themselves_holds_all(form: str, name: str, tmp_path: Path) -> None:
    items, path = drawn(form), tmp_path / name
    questions = [item.question for item in items]
    if path.suffix == ".txt":
        path.write_text("\n".join(questions))
    else:
        as_rows(path, questions)
    found = contamination(items, path)
    assert found.ngrams == found.touched == found.same_problem == found.same_proof == 1
    assert [item.id for item in found.items] == [item.id for item in items]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_something_else_holds_nothing(form: str, tmp_path: Path) -> None:
    path = tmp_path / "train.txt"
    path.write_text("The quick brown fox jumps over the lazy dog, and then it does so once again. " * 5)
    found = contamination(drawn(form), path)
    assert found.ngrams == found.touched == found.same_problem == found.same_proof == 0
    assert found.texts == 1


@pytest.mark.parametrize("form", ["statement", "colours"])
def test_the_order_of_sentences_hides_no_problem_and_other_words_hide_no_proof(
    form: str, tmp_path: Path
) -> None:
    items = drawn(form)
    shuffled = list[str]()
    for item in items:
        premises = list(item.premises)
        random.Random(0).shuffle(premises)
        shuffled.append(" ".join(premises) + item.question.removeprefix(" ".join(item.premises)))
    found = contamination(items, as_rows(tmp_path / "a.jsonl", shuffled), words=13)
    assert found.same_problem == found.same_proof == 1
    assert found.ngrams < 1
    invented = [item.question for item in items if item.version == "invented"]
    found = contamination(items, as_rows(tmp_path / "b.jsonl", invented))
    assert found.same_problem == 0.5
    assert found.same_proof == 1


def test_half_of_the_words_are_half_of_the_ngrams(tmp_path: Path) -> None:
    item = drawn("statement")[0]
    words = " ".join(item.premises).split()
    path = tmp_path / "train.txt"
    path.write_text(" ".join(words[: len(words) // 2]))
    found = contamination([item], path, words=3).items[0]
    assert 0.3 < found.ngrams < 0.6
    assert not found.same_problem


@pytest.mark.parametrize("family", ["deduction", "word-problems"])
def test_the_keys_are_those_of_the_tasks(family: str) -> None:
    for seed in range(40):
        problem = FAMILIES[family].draw(random.Random(seed), 1 + seed % 6)
        content = content_of(problem.question)
        assert content is not None
        assert content.key == canonical_key(problem.content)


def test_items_shorter_than_an_ngram_count_as_one(tmp_path: Path) -> None:
    items = draw_items("colours", proofs=2, depths=(1,), versions=("familiar",), seed=0)
    path = tmp_path / "train.txt"
    path.write_text(" ".join(items[0].premises))
    assert [item.ngrams for item in contamination(items, path).items] == [1.0, 0.0]


def test_an_ngram_has_a_word(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        contamination([], tmp_path / "none", words=0)
