"""A set of items as one file of JSON lines that can be handed on: a header, then an item a line.

The header holds the seed, what was asked for, the counts and the SHA-256 of all lines after it, so that a set
that was changed is not mistaken for the one that was drawn. What is read back equals what was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError
from ponder.jsonl import Row, parse_rows, read_text
from ponder.logic.items import DEPTHS, FORMS, ProbeItem
from ponder.storage import write_text

FORMAT = "ponder deduction set 1"
_TEXTS = ("id", "proof", "version", "form", "conclusions", "question", "answer", "world")
_LISTS = ("rules", "premises", "choices", "steps")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenSet:
    """The items of a file and what its header says of them."""

    items: tuple[ProbeItem, ...]
    form: str
    seed: int
    proofs: int
    depths: tuple[int, ...]
    versions: tuple[str, ...]
    sha256: str


def frozen(items: Sequence[ProbeItem], seed: int) -> FrozenSet:
    """The items with their header. They are of one form."""
    forms = sorted({item.form for item in items})
    if len(forms) != 1:
        raise ValueError(f"a set holds items of one form, not of {forms}")
    return FrozenSet(
        items=tuple(items),
        form=forms[0],
        seed=seed,
        proofs=len({item.proof for item in items}),
        depths=tuple(sorted({item.depth for item in items})),
        versions=tuple(dict.fromkeys(item.version for item in items)),
        sha256=_sha256(items),
    )


def write_set(path: Path, items: Sequence[ProbeItem], *, seed: int) -> FrozenSet:
    """Writes the file whole or not at all."""
    made = frozen(items, seed)
    header = {"format": FORMAT, "items": len(items), **asdict(made)} | {"items": len(items)}
    write_text(path, json.dumps(header) + "\n" + "".join(_line(item) for item in items))
    return made


def read_set(path: Path) -> FrozenSet:
    """Raises `DataError` with the line that is broken, or says that the file is not what was written."""
    rows = list(parse_rows(read_text(path), path))
    if not rows or rows[0][1].get("format") != FORMAT:
        raise DataError(f"{path}, line 1: not the header of a deduction set ({FORMAT!r})")
    where, header = rows[0]
    items = [_item(row, place) for place, row in rows[1:]]
    if len(items) != header.get("items") or not items:
        raise DataError(f"{path}: its header tells of {header.get('items')} items, it holds {len(items)}")
    seed = header.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise DataError(f"{where}: the header's seed is no integer")
    if (form := next((item.form for item in items if item.form != items[0].form), None)) is not None:
        raise DataError(f"{path}: holds items of two forms, {items[0].form} and {form}")
    made = frozen(items, seed)
    if made.sha256 != header.get("sha256"):
        raise DataError(f"{path}: its items are not those that were frozen (SHA-256 {made.sha256[:12]}...)")
    return made


def _line(item: ProbeItem) -> str:
    return json.dumps(asdict(item)) + "\n"


def _sha256(items: Sequence[ProbeItem]) -> str:
    return hashlib.sha256("".join(map(_line, items)).encode()).hexdigest()


def _item(row: Row, where: str) -> ProbeItem:
    names = [field.name for field in fields(ProbeItem)]
    if missing := [name for name in names if name not in row]:
        raise DataError(f"{where}: an item without {missing[0]!r}")
    if unknown := [key for key in row if key not in names]:
        raise DataError(f"{where}: an item has no {unknown[0]!r:.60}")
    values = {name: _text(row, name, where) for name in _TEXTS}
    lists = {name: _texts(row, name, where) for name in _LISTS}
    depth, added = row["depth"], row["added"]
    if depth not in DEPTHS or isinstance(depth, bool | float):
        raise DataError(
            f"{where}: depth must be an integer from {DEPTHS[0]} to {DEPTHS[-1]}, not {depth!r:.40}"
        )
    places = range(len(lists["premises"]))
    if not isinstance(added, list) or not all(
        type(at) is int and at in places for at in cast(list[Any], added)
    ):
        raise DataError(f"{where}: 'added' must be a list of places among the premises")
    if values["form"] not in FORMS:
        raise DataError(f"{where}: unknown form {values['form']!r:.40}")
    if values["answer"] not in lists["choices"]:
        raise DataError(f"{where}: the answer {values['answer']!r:.40} is none of the choices")
    held: Mapping[str, Any] = {**values, **lists, "depth": depth, "added": tuple(cast(list[int], added))}
    return ProbeItem(**held)


def _text(row: Row, name: str, where: str) -> str:
    if not isinstance(row[name], str):
        raise DataError(f"{where}: {name!r} must be a text")
    return row[name]


def _texts(row: Row, name: str, where: str) -> tuple[str, ...]:
    value: Any = row[name]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in cast(list[Any], value)):
        raise DataError(f"{where}: {name!r} must be a list of texts")
    return tuple(cast(list[str], value))
