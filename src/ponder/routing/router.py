"""Decides how a problem is answered, before anything is spent on it.

Of each action a it knows a probability of being right and an expected spend, and takes

    argmaxₐ  worth · Pₐ(right | x) - E[spendₐ | x]

where `worth`, its one dial, is what a right answer may cost in the unit of spend. Doubling the worth buys
accuracy with tokens; 0 always takes the cheapest. `caution` holds it back from what the outcomes do not
prove: a dearer action must be worth it at a gain of `caution` standard errors less, by resampled fits.

A router belongs to the model it was calibrated for. Does not know how it was fitted, nor how an action is
carried out.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ponder.errors import DataError, ModelError
from ponder.jsonl import read_text
from ponder.routing.features import WORD_PREFIX, features_of
from ponder.routing.linear_model import LinearModel, Standard

FORMAT = 1
REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One way to answer, and what is expected of it."""

    name: str
    budget: int | None
    """Its thinking tokens; None for answering at once, or where actions are models."""
    right: LinearModel
    spend: LinearModel
    resampled: tuple[LinearModel, ...] = ()
    """`right` as fitted to problems drawn with replacement: their spread is how little is known."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is expected of one action on one problem."""

    action: str
    right: float
    spend: float
    gain_error: float
    """Standard error of its gain in probability over the cheapest action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    place: int
    action: str
    budget: int | None
    prospects: tuple[Prospect, ...]
    reasons: tuple[str, ...]
    worth: float
    unit: str

    @property
    def sentence(self) -> str:
        """Why, in words."""
        chosen, cheapest = self.prospects[self.place], self.prospects[0]
        expected = "; ".join(
            f"{each.action}: {100 * each.right:.0f}% for {each.spend:.0f} {self.unit}"
            for each in self.prospects
        )
        because = f" Most by {', '.join(self.reasons)}." if self.reasons else ""
        if self.place == 0:
            verdict = f"more would not gain a right answer for less than {self.worth:.0f} {self.unit}"
        else:
            gain, extra = chosen.right - cheapest.right, chosen.spend - cheapest.spend
            price = f"{extra:.0f} {self.unit} more, at {self.worth:.0f} a right answer"
            verdict = f"{100 * gain:+.0f} points for {price}"
        return f"{self.action}: {verdict}. Expected right, {expected}.{because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    actions: tuple[Action, ...]
    words: tuple[str, ...]
    standard: Standard
    worth: float
    caution: float = 2.0
    model: str = ""
    """The name of the model whose outcomes it learned, for people."""
    fingerprint: str = ""
    """Of its weights; empty for a router between models."""
    signals: tuple[str, ...] = ()
    unit: str = "tokens"
    problems: int = 0
    """How many it learned from."""

    def decide(
        self, question: str, signals: Mapping[str, float] | None = None, *, worth: float | None = None
    ) -> Decision:
        """`signals` are those it names in `signals`, measured beforehand."""
        x = self._seen(question, signals or {})
        prospects = self._prospects(x)
        value = self.worth if worth is None else worth
        place = self.place(prospects, value)
        chosen = self.actions[place]
        return Decision(
            place=place, action=chosen.name, budget=chosen.budget, prospects=prospects,
            reasons=self._reasons(place, x), worth=value, unit=self.unit,
        )  # fmt: skip

    def prospects(self, question: str, signals: Mapping[str, float]) -> tuple[Prospect, ...]:
        """What is expected of every action."""
        return self._prospects(self._seen(question, signals))

    def place(self, prospects: tuple[Prospect, ...], worth: float) -> int:
        """Which action that makes the best one."""
        return max(range(len(prospects)), key=lambda at: self._net(prospects, at, worth))

    def check_model(self, fingerprint: str, name: str) -> None:
        """Raises `ModelError` for any other model than the one it was calibrated for."""
        if fingerprint != self.fingerprint:
            raise ModelError(
                f"this router was calibrated for {self.model} ({self.fingerprint}), and {name} is another "
                f"model ({fingerprint}): run `ponder route calibrate --model {name}`"
            )

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self)}

    def _seen(self, question: str, signals: Mapping[str, float]) -> dict[str, float]:
        return self.standard(features_of(question, self.words, signals))

    def _prospects(self, x: Mapping[str, float]) -> tuple[Prospect, ...]:
        return tuple(
            Prospect(
                each.name, each.right.probability(x), max(0.0, each.spend.score(x)), self._error(each, x)
            )
            for each in self.actions
        )

    def _error(self, action: Action, x: Mapping[str, float]) -> float:
        """Standard error of the gain over the cheapest action."""
        pairs = zip(action.resampled, self.actions[0].resampled, strict=True)
        gains = [mine.probability(x) - cheapest.probability(x) for mine, cheapest in pairs]
        return statistics.stdev(gains) if len(gains) > 1 else 0.0

    def _net(self, prospects: tuple[Prospect, ...], at: int, worth: float) -> float:
        gain = prospects[at].right - prospects[0].right - self.caution * prospects[at].gain_error
        return (worth * gain if at else 0.0) - prospects[at].spend

    def _reasons(self, place: int, x: Mapping[str, float]) -> tuple[str, ...]:
        """What pulled most towards the action taken, against the strongest other."""
        other = self.actions[-1 if place == 0 else 0]
        mine, theirs = self.actions[place].right.pulls(x), other.right.pulls(x)
        pulls = {name: mine[name] - theirs[name] for name in mine}
        present = [name for name in pulls if not name.startswith(WORD_PREFIX) or x[name] > 0]
        ranked = sorted(present, key=lambda name: -pulls[name])
        return tuple(name for name in ranked[:REASONS] if pulls[name] > 0)


def read_router(path: Path) -> Router:
    """Raises `DataError` for a file that is no router."""
    if path.is_dir():
        path = path / "router.json"
    try:
        row: Any = json.loads(read_text(path))
        if row.pop("format") != FORMAT:
            raise DataError(f"{path} was written by another version of ponder: calibrate anew")
        actions = tuple(_action(each) for each in row.pop("actions"))
        words, signals = tuple(row.pop("words")), tuple(row.pop("signals"))
        return Router(
            actions=actions, words=words, signals=signals, standard=Standard(**row.pop("standard")), **row
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is no router; `ponder route calibrate` writes one ({error!r})") from error


def _action(row: Mapping[str, Any]) -> Action:
    return Action(
        name=row["name"],
        budget=row["budget"],
        right=LinearModel(**row["right"]),
        spend=LinearModel(**row["spend"]),
        resampled=tuple(LinearModel(**each) for each in row["resampled"]),
    )
