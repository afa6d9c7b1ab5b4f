"""What each thinking budget did for each problem, as lines of a file.

One line a problem (and sample, where several were drawn):

    {"id": "arithmetic-3f…", "task": "arithmetic", "question": "Compute 47-19+23.", "depth": 2, "gold": "51",
     "sample": 0, "natural": 24, "thought": "47-19=28\\n28+23=51",
     "outcomes": [{"budget": 0, "correct": false, "tokens": 12, "thinking": 0, "answer": "53", "seen": 0}, …],
     "direct": {"budget": 0, "correct": true, "tokens": 8, …}}

`outcomes` are one trace cut at ascending budgets. `direct` is the same question asked for its answer at
once, in the words for that. Only `id`, `task`, `question` and `outcomes` with `budget`, `correct` and
`tokens` have to be there when a file is read. Measures of overthinking and routers are made from this;
neither is known here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from ponder.errors import DataError
from ponder.jsonl import read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOutcome:
    """One problem at one budget."""

    budget: int
    """Thinking tokens it was allowed."""
    correct: bool
    tokens: int
    """Generated tokens, answer and markers of thinking included: what this budget would have cost."""
    thinking: int = 0
    """Thinking tokens among them: the budget, or fewer where the thought had ended."""
    answer: str = ""
    """What was answered; empty where nothing was."""
    seen: int = 0
    """Characters of the trace's thought that stood before the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemOutcomes:
    """One problem at every budget."""

    id: str
    task: str
    question: str
    outcomes: tuple[BudgetOutcome, ...]
    """By ascending budget; each is the same trace, cut."""
    depth: int | None = None
    """How many steps it takes, where that is known."""
    gold: str = ""
    sample: int = 0
    natural: int | None = None
    """Thinking tokens after which the trace ended by itself; None where it was cut at the largest budget."""
    thought: str = ""
    """The whole trace's thinking."""
    direct: BudgetOutcome | None = None
    """The answer at once, where it was asked for."""

    def __post_init__(self) -> None:
        budgets = [each.budget for each in self.outcomes]
        if not budgets or any(low >= high for low, high in pairwise(budgets)):
            raise ValueError(f"budgets must ascend and there must be one, got {budgets}")

    @property
    def budgets(self) -> tuple[int, ...]:
        return tuple(each.budget for each in self.outcomes)

    @property
    def last(self) -> BudgetOutcome:
        """The whole trace: what the largest budget gave."""
        return self.outcomes[-1]


def outcome_lines(rows: Sequence[ProblemOutcomes]) -> str:
    """What `read_outcomes` reads."""
    return "".join(json.dumps(asdict(row), ensure_ascii=True) + "\n" for row in rows)


def read_outcomes(path: Path) -> tuple[ProblemOutcomes, ...]:
    """Every line of a file, all with the same budgets. Raises `DataError` with the line that is none."""
    rows = tuple(_rows(path))
    if not rows:
        raise DataError(f"{path} holds no outcomes; `ponder probe overthinking` writes such a file")
    return rows


def _rows(path: Path) -> Iterator[ProblemOutcomes]:
    budgets: tuple[int, ...] | None = None
    seen = dict[tuple[str, str, int], str]()
    for where, row in read_rows(path):
        try:
            made = _from_row(row)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{where}: not the outcomes of a problem ({error!r})") from error
        budgets = budgets or made.budgets
        if made.budgets != budgets:
            raise DataError(f"{where}: its budgets are {made.budgets}, those above have {budgets}")
        key = (made.task, made.id, made.sample)
        if key in seen:
            raise DataError(f"{where}: {made.id!r} stands in {seen[key]} already")
        seen[key] = where
        yield made


def _from_row(row: Mapping[str, Any]) -> ProblemOutcomes:
    known = ("id", "task", "question", "depth", "gold", "sample", "natural", "thought")
    values: dict[str, Any] = {name: row[name] for name in known if name in row}
    for name, kind in (("id", str), ("task", str), ("question", str), ("gold", str), ("thought", str)):
        if name in values and not isinstance(values[name], kind):
            raise TypeError(f"{name} should be text")
    for name in ("depth", "sample", "natural"):
        if values.get(name) is not None:
            _count(values[name], name)
    direct: Any = row.get("direct")
    return ProblemOutcomes(
        **values,
        outcomes=tuple(map(_outcome, cast(list[Any], row["outcomes"]))),
        direct=None if direct is None else _outcome(direct),
    )


def _outcome(row: object) -> BudgetOutcome:
    if not isinstance(row, dict):
        raise TypeError("an outcome should be an object")
    fields = cast(dict[str, Any], row)
    for name in ("budget", "tokens", "thinking", "seen"):
        _count(fields.get(name, 0), name)
    for name, kind in (("correct", bool), ("answer", str)):
        if not isinstance(fields.get(name, kind()), kind):
            raise TypeError(f"{name} should be {'true or false' if kind is bool else 'text'}")
    return BudgetOutcome(**{name: fields[name] for name in BudgetOutcome.__slots__ if name in fields})


def _count(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} should be a whole number of at least 0, not {value!r}")
