"""The journal of what a teacher was asked: one JSON line a completion, written as soon as it has ended.

The first line holds the settings it was sampled with; a journal of other settings is refused. A kill may cut
the last line, which is dropped when the journal is opened again. What is in it is not asked a second time.
Does not know which completions are worth keeping.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ponder.errors import DataError
from ponder.jsonl import Row, as_object, read_rows
from ponder.records import Completion, Cost, FinishReason, Verdict
from ponder.storage import append_text, write_text

CHARACTERS = 4
"""That stand for a token where an endpoint counts none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One completion of the teacher and what it was found to be."""

    problem_id: str
    number: int
    text: str
    finish_reason: FinishReason
    verdict: Verdict
    cost: Cost

    @classmethod
    def of(cls, problem_id: str, number: int, completion: Completion, verdict: Verdict) -> Asked:
        return cls(
            problem_id=problem_id,
            number=number,
            text=completion.text,
            finish_reason=completion.finish_reason,
            verdict=verdict,
            cost=completion.cost,
        )

    @property
    def tokens(self) -> int:
        return self.cost.generated_tokens or -(-len(self.text) // CHARACTERS)

    @property
    def length(self) -> int:
        """In tokens, or in characters from an endpoint that counts none: either orders one problem's."""
        return self.cost.generated_tokens or len(self.text)


class Journal:
    """What has been asked so far, by problem and number; `add` appends to the file."""

    def __init__(self, file: Path, settings: Mapping[str, Any]) -> None:
        self.file = file
        self._asked: defaultdict[str, dict[int, Asked]] = defaultdict(dict)
        rows = list(read_rows(file, torn_end=True)) if file.exists() else []
        if rows:
            _check(rows[0], file, settings)
        for where, row in rows[1:]:
            self._take(_from_row(row, where))
        # Written anew without a line that was cut off: what is appended must not stick to it.
        lines = [{"settings": settings}, *(row for _, row in rows[1:])]
        write_text(file, "".join(map(_line, lines)))

    def __len__(self) -> int:
        return sum(map(len, self._asked.values()))

    def add(self, asked: Asked) -> None:
        append_text(self.file, _line(asdict(asked)))
        self._take(asked)

    def of(self, problem_id: str) -> list[Asked]:
        """By number, whatever the order in which they ended."""
        return [each for _, each in sorted(self._asked[problem_id].items())]

    def missing(self, problem_id: str, samples: int) -> Iterator[tuple[int, int]]:
        """The numbers not asked for yet, as runs of neighbours: the first and how many."""
        return runs(number for number in range(samples) if number not in self._asked[problem_id])

    def _take(self, asked: Asked) -> None:
        self._asked[asked.problem_id][asked.number] = asked


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as (first, count) of neighbours."""
    first, count = 0, 0
    for number in numbers:
        if count and number == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = number, 1
    if count:
        yield first, count


def _check(head: tuple[str, Row], file: Path, settings: Mapping[str, Any]) -> None:
    where, row = head
    before = row.get("settings")
    if before is None:
        raise DataError(f"{where}: not the journal of a teacher's completions: choose another folder")
    for key, wanted in settings.items():
        if (found := as_object(before, where).get(key)) != wanted:
            raise DataError(
                f"{file} was begun with {key} = {found}, not {wanted}: "
                "go on with the same, or choose another --out"
            )


def _from_row(row: Row, where: str) -> Asked:
    try:
        return Asked(
            problem_id=row["problem_id"],
            number=int(row["number"]),
            text=row["text"],
            finish_reason=FinishReason(row["finish_reason"]),
            verdict=Verdict(row["verdict"]),
            cost=Cost(**row["cost"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: not a completion that was asked for ({error!r}); remove the line"
        ) from error


def _line(row: Row) -> str:
    return json.dumps(row) + "\n"
