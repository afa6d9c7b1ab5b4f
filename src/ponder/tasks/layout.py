"""What a published layout is, and how the fields of a row are read: strictly, with the row's place in errors.

A layout is known by keys that a row has to have. Its reader turns the fields of a row into a question and a
gold answer, and says in what form the answer is asked for:

    form      the completion states                 the gold is                 judged by
    box       a short answer in a box               a number, expression, word  `verify/math.py`
    letter    the letter of a choice in a box       the letter                  `verify/choice.py`
    code      a program in a fenced block           the JSON of its tests       `verify/program.py`

Does not know any layout, nor where rows come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ponder.errors import DataError
from ponder.jsonl import Row

AnswerForm = Literal["box", "letter", "code"]
"""Stands in a problem's `meta["answer_form"]`, for whoever phrases the prompt."""
ID_KEYS = ("task_id", "unique_id", "ID", "id", "question_id", "Record ID", "problem_id", "problem_idx")
MOST_QUESTION_CHARS = 200_000
MOST_ID_CHARS = 200
MOST_KEYS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Fields:
    """One row and its place."""

    row: Row
    where: str

    def fault(self, what: str) -> DataError:
        """An error to raise that names the row's place."""
        return DataError(f"{self.where}: {what}")

    def value(self, *keys: str) -> Any:
        """What the first of the keys holds that is there, neither null nor blank; None where none is."""
        for key in keys:
            found = self.row.get(key)
            if found is not None and not (isinstance(found, str) and not found.strip()):
                return found
        return None

    def text(self, *keys: str) -> str:
        """The text of the first key that is filled."""
        return checked_text(self._filled(keys), f"`{' or '.join(keys)}`", self)

    def text_or_number(self, *keys: str) -> str:
        """As `text`, where a number will do."""
        return as_text(self._filled(keys), f"`{' or '.join(keys)}`", self)

    def optional_text(self, *keys: str) -> str:
        """As `text_or_number`, and empty where no key is filled."""
        return self.text_or_number(*keys) if self.value(*keys) is not None else ""

    def items(self, *keys: str) -> list[Any]:
        """The list that the first filled key holds."""
        return as_list(self._filled(keys), f"`{' or '.join(keys)}`", self)

    def published_id(self) -> str:
        """The row's own id; empty where it has none."""
        found = self.optional_text(*ID_KEYS).strip()
        if len(found) > MOST_ID_CHARS:
            raise self.fault(f"its id has {len(found)} characters, at most {MOST_ID_CHARS} are an id")
        return found

    def _filled(self, keys: tuple[str, ...]) -> Any:
        found = self.value(*keys)
        if found is None:
            raise self.fault(f"no {' or '.join(keys)} found")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a reader makes of a row, before it has an id."""

    question: str
    answer: str
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A way to lay out problems, known by its keys."""

    name: str
    keys: tuple[tuple[str, ...], ...]
    """A row has to have one key of each group, not null."""
    form: AnswerForm
    read: Callable[[Fields], Draft]
    tells: Callable[[Row], bool] = lambda row: True
    """Looks at the first row's values where the keys do not tell layouts apart."""

    def missing(self, row: Row) -> tuple[str, ...]:
        """The first group of keys that the row has none of; empty where it has all."""
        for group in self.keys:
            if all(row.get(key) is None for key in group):
                return group
        return ()

    def fits(self, row: Row) -> bool:
        return not self.missing(row) and self.tells(row)

    @property
    def shown_keys(self) -> str:
        return " + ".join("|".join(group) for group in self.keys)


def shown(names: Iterable[Any]) -> str:
    """Keys of a row for an error of one line: quoted, and not too many of them."""
    quoted = [repr(name)[:40] for name in names]
    more = f" and {len(quoted) - MOST_KEYS_SHOWN} more" if len(quoted) > MOST_KEYS_SHOWN else ""
    return (", ".join(quoted[:MOST_KEYS_SHOWN]) or "none") + more


def brief(value: Any) -> str:
    """A value for an error of one line: texts and numbers themselves, cut short, of others the kind."""
    return f"{value!r:.40}" if isinstance(value, (str, int, float)) else _kind(value)


def checked_text(value: Any, what: str, fields: Fields) -> str:
    """The value, if it is text that can be written down as UTF-8, and not longer than any question."""
    if not isinstance(value, str):
        raise fields.fault(f"{what} should be text, not {_kind(value)}")
    if len(value) > MOST_QUESTION_CHARS:
        raise fields.fault(f"{what} has {len(value)} characters, at most {MOST_QUESTION_CHARS} are read")
    if not is_unicode(value):
        raise fields.fault(f"{what} holds half of a character (a lone surrogate)")
    return value


def as_text(value: Any, what: str, fields: Fields) -> str:
    """The text, or the number as text: `204.0`, which spreadsheets make of 204, is 204 again."""
    match value:
        case bool():
            pass
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case str():
            return checked_text(value, what, fields)
        case _:
            pass
    raise fields.fault(f"{what} should be text or a number, not {_kind(value)}")


def as_list(value: Any, what: str, fields: Fields) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise fields.fault(f"{what} should be a list that is not empty, not {_kind(value)}")
    return cast(list[Any], value)


def is_unicode(text: str) -> bool:
    """Whether every character is a whole one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number" if math.isfinite(value) else repr(value)
        case str():
            return "text"
        case list():
            return "a list" if value else "an empty one"
        case dict():
            return "an object"
        case _:
            return f"a {type(value).__name__}"
