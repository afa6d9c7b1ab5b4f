"""A set is read back as it was written, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ponder.errors import DataError
from ponder.logic.frozen_sets import frozen, read_set, write_set
from ponder.logic.items import FORMS, NUMBER_VERSIONS, VERSIONS, draw_items


@pytest.mark.parametrize("form", FORMS)
def test_what_is_read_equals_what_was_written(form: str, tmp_path: Path) -> None:
    versions = NUMBER_VERSIONS if form == "word-problem" else VERSIONS
    items = draw_items(form, proofs=3, depths=(1, 4), versions=versions, seed=9)
    path = tmp_path / "set.jsonl"
    written = write_set(path, items, seed=9)
    held = read_set(path)
    assert held == written
    assert held.items == tuple(items)
    assert (held.form, held.seed, held.proofs, held.depths) == (form, 9, 3, (1, 4))
    assert held.versions == tuple(versions)
    first = path.read_bytes()
    write_set(path, held.items, seed=held.seed)
    assert path.read_bytes() == first
    header = json.loads(path.read_text().splitlines()[0])
    assert header["items"] == len(items)
    assert header["sha256"] == held.sha256


def change(key: str, value: Any) -> Callable[[list[str]], list[str]]:
    """A field of the first item is another."""

    def changed(lines: list[str]) -> list[str]:
        return [lines[0], json.dumps({**json.loads(lines[1]), key: value}), *lines[2:]]

    return changed


def drop(key: str) -> Callable[[list[str]], list[str]]:
    def dropped(lines: list[str]) -> list[str]:
        item = json.loads(lines[1])
        del item[key]
        return [lines[0], json.dumps(item), *lines[2:]]

    return dropped


def header(**changed: Any) -> Callable[[list[str]], list[str]]:
    return lambda lines: [json.dumps({**json.loads(lines[0]), **changed}), *lines[1:]]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (lambda lines: [], "line 1: not the header"),
        (lambda lines: lines[1:], "line 1: not the header"),
        (header(format="other"), "line 1: not the header"),
        (header(seed="nine"), "line 1: the header's seed is no integer"),
        (header(items=99), "tells of 99 items, it holds 4"),
        (lambda lines: lines[:-1], "tells of 4 items, it holds 3"),
        (lambda lines: [*lines[:2], lines[2][:40], *lines[3:]], "line 3: not valid JSON"),
        (lambda lines: [*lines[:2], "[1]", *lines[3:]], "line 3: expected an object"),
        (drop("world"), "line 2: an item without 'world'"),
        (change("extra", 1), "line 2: an item has no 'extra'"),
        (change("question", 5), "line 2: 'question' must be a text"),
        (change("steps", "so"), "line 2: 'steps' must be a list of texts"),
        (change("steps", [1]), "line 2: 'steps' must be a list of texts"),
        (change("depth", 9), "line 2: depth must be an integer from 1 to 8"),
        (change("depth", True), "line 2: depth must be an integer from 1 to 8"),
        (change("depth", [1]), "line 2: depth must be an integer from 1 to 8"),
        (change("added", [99]), "line 2: 'added' must be a list of places"),
        (change("added", "0"), "line 2: 'added' must be a list of places"),
        (change("form", "riddle"), "line 2: unknown form 'riddle'"),
        (change("form", "statement"), "holds items of two forms"),
        (change("answer", "mauve"), "line 2: the answer 'mauve' is none of the choices"),
        (change("question", "What colour is Tom?"), "are not those that were frozen"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(
    fault: Callable[[list[str]], list[str]], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "set.jsonl"
    write_set(path, draw_items("colours", proofs=2, depths=(2,), versions=VERSIONS[:2], seed=0), seed=0)
    path.write_text("\n".join(fault(path.read_text().splitlines())) + "\n")
    with pytest.raises(DataError) as refused:
        read_set(path)
    assert says in str(refused.value)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_a_set_is_of_one_form() -> None:
    mixed = [draw_items(form, proofs=1, depths=(2,), versions=("familiar",), seed=0)[0] for form in FORMS]
    with pytest.raises(ValueError, match="items of one form"):
        frozen(mixed, 0)
