"""Audits the maths verifier: where it, math-verify alone and plain equality disagree.

Input is JSON lines of a gold and a response, with a label (is it right?) where somebody has judged by hand.
With labels every judge gets a false-positive rate (of the wrong responses, how many it pays) and a
false-negative rate (of the right ones, how many it refuses), with Wilson intervals. Without, only the
disagreements are shown, for a human to look at. Does not know which judge is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ponder.errors import DataError
from ponder.evaluation.statistics import wilson_interval
from ponder.jsonl import Row, read_rows
from ponder.records import Judgement
from ponder.text.chat_format import parse_completion
from ponder.verify.extract import extract_answer
from ponder.verify.math import verify_math_many
from ponder.verify.peer_judges import math_verify_alone, plain_equality

GOLD_KEYS = ("gold", "target", "gold_answer")
RESPONSE_KEYS = ("response", "completion", "prediction", "answer")
LABEL_KEYS = ("label", "correct", "is_correct")
OURS = "ponder"


@dataclass(frozen=True, slots=True)
class Case:
    """One response to audit."""

    where: str
    gold: str
    response: str
    label: bool | None = None


@dataclass(frozen=True)
class Audit:
    """Every judge's opinion on every case, `paid[judge][i]`; and our verdicts in full."""

    cases: tuple[Case, ...]
    paid: Mapping[str, Sequence[bool]]
    judgements: tuple[Judgement, ...]

    @cached_property
    def disagreements(self) -> list[int]:
        """The cases on which not all judges agree."""
        return [
            place for place in range(len(self.cases)) if len({paid[place] for paid in self.paid.values()}) > 1
        ]

    def rates(self, judge: str) -> dict[str, Any]:
        """How many the judge pays, and its errors where there are labels."""
        paid = self.paid[judge]
        wrong = [paid[place] for place, case in enumerate(self.cases) if case.label is False]
        right = [not paid[place] for place, case in enumerate(self.cases) if case.label is True]
        return {
            "judge": judge,
            "paid": sum(paid),
            "false_positives": _rate(wrong),
            "false_negatives": _rate(right),
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "n": len(self.cases),
            "labelled": sum(case.label is not None for case in self.cases),
            "judges": [self.rates(judge) for judge in self.paid],
            "disagreements": [self._row(place) for place in self.disagreements],
        }

    def _row(self, place: int) -> dict[str, Any]:
        case, judgement = self.cases[place], self.judgements[place]
        return {
            "where": case.where,
            "gold": case.gold,
            "response": case.response[-400:],
            "label": case.label,
            "extracted": judgement.extracted,
            "verdict": judgement.verdict.value,
            "reason": judgement.reason,
            "paid_by": [judge for judge, paid in self.paid.items() if paid[place]],
        }


def read_cases(path: Path) -> tuple[Case, ...]:
    """A JSONL file of golds and responses. Raises `DataError` with the line that is broken."""
    cases = tuple(_case(row, where) for where, row in read_rows(path))
    if not cases:
        raise DataError(f"{path} holds nothing to audit")
    return cases


def audit(cases: Sequence[Case]) -> Audit:
    """Ask every judge about every case. Reasoning is cut off first, for all of them."""
    answers = [parse_completion(case.response).answer for case in cases]
    pairs = [(answer, case.gold) for answer, case in zip(answers, cases, strict=True)]
    extracted = [(extract_answer(answer) or answer, gold) for answer, gold in pairs]
    judgements = tuple(verify_math_many(extracted))
    others: dict[str, Callable[[Sequence[tuple[str, str]]], list[bool]]] = {
        "math-verify": math_verify_alone,
        "equality": plain_equality,
    }
    paid = {OURS: [judgement.correct for judgement in judgements]}
    return Audit(tuple(cases), paid | {name: judge(pairs) for name, judge in others.items()}, judgements)


def _case(row: Row, where: str) -> Case:
    label = next((row[key] for key in LABEL_KEYS if key in row), None)
    if label is not None and not isinstance(label, bool):
        raise DataError(f"{where}: the label should be true or false")
    return Case(where, _text(row, GOLD_KEYS, where), _text(row, RESPONSE_KEYS, where), label)


def _text(row: Row, keys: Sequence[str], where: str) -> str:
    for key in keys:
        if isinstance(row.get(key), (str, int, float)) and not isinstance(row[key], bool):
            return str(row[key])
    raise DataError(f"{where}: no text under {' or '.join(keys)}")


def _rate(errors: Sequence[bool]) -> dict[str, Any] | None:
    """The share of errors with its interval; None where there is nothing to err on."""
    if not errors:
        return None
    interval = wilson_interval(sum(errors), len(errors))
    return {
        "count": sum(errors),
        "of": len(errors),
        "rate": sum(errors) / len(errors),
        "interval": list(interval),
    }
