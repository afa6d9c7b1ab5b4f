"""The result of an overthinking probe: its measures by task and by difficulty, as an object and as Markdown.

The outcomes themselves stay in `outcomes.jsonl`. Knows nothing of charts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ponder.evaluation import formatting
from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.overthinking import PARTS, BudgetPoint, Overthinking, by_depth, by_task
from ponder.evaluation.overthinking_words import Advice, advise, headline
from ponder.evaluation.ratios import Estimate
from ponder.records import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class OverthinkingResult:
    """Everything a report shows."""

    model: str
    rows: tuple[ProblemOutcomes, ...]
    seed: int = 0
    cost: Cost
    """Of the whole probe, traces and answers."""
    tasks: tuple[Overthinking, ...]
    depths: dict[str, tuple[Overthinking, ...]] = field(default_factory=dict[str, tuple[Overthinking, ...]])
    """Each task by growing difficulty."""
    advice: tuple[Advice, ...]

    @classmethod
    def of(
        cls, rows: Sequence[ProblemOutcomes], *, model: str, cost: Cost, seed: int = 0
    ) -> OverthinkingResult:
        """Measures everything; `rows` must not be empty."""
        tasks = by_task(rows, seed=seed)
        depths = {
            found.name: tuple(by_depth([row for row in rows if row.task == found.name], seed=seed))
            for found in tasks
        }
        return cls(
            model=model, rows=tuple(rows), seed=seed, cost=cost, tasks=tuple(tasks), depths=depths,
            advice=tuple(advise(tasks)),
        )  # fmt: skip

    @property
    def budgets(self) -> tuple[int, ...]:
        return self.rows[0].budgets

    @property
    def headline(self) -> str:
        return headline(self.advice)

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "seed": self.seed,
            "budgets": list(self.budgets),
            "problems": sum(found.problems for found in self.tasks),
            "traces": len(self.rows),
            "headline": self.headline,
            "tasks": [
                {
                    **_group(found),
                    "should_i_think": each.answer.value,
                    "sentence": each.sentence,
                    "holm_p_value": each.p_value,
                    "depths": [_group(inner, brief=True) for inner in self.depths[found.name]],
                }
                for found, each in zip(self.tasks, self.advice, strict=True)
            ],
            "cost": asdict(self.cost),
        }

    def to_markdown(self) -> str:
        """The answer, the measures and the curves."""
        lines = [f"# Should {self.model} think here?", "", self.headline, ""]
        lines += [f"- **{each.task}.** {each.sentence}" for each in self.advice]
        lines += ["", *_table(MEASURES, [measures(found) for found in self.tasks])]
        heads = ("task", *map(str, self.budgets), "at once", "oracle")
        lines += ["", "Right by thinking budget:", "", *_table(heads, [_curve(f) for f in self.tasks])]
        return "\n".join(lines) + "\n"


MEASURES = (
    "task", "problems", "at once", "whole trace", "gain, points (p)", "b*", "tax, tokens", "tax, share",
    "futile, share", "right into wrong", "enough", "starved there", "efficiency", "oracle",
)  # fmt: skip


def measures(found: Overthinking) -> tuple[str, ...]:
    """One row under `MEASURES`."""
    gain, oracle = found.gain, found.oracle
    return (
        found.name,
        str(found.problems),
        f"{formatting.percent(found.at_once.accuracy.value)} at {formatting.count(found.at_once.tokens)}",
        f"{formatting.percent(found.whole.accuracy.value)} at {formatting.count(found.whole.tokens)}",
        f"{formatting.points(gain.delta)} ({formatting.p_value(gain.p_value)})",
        counted(found.sufficient),
        counted(found.tax),
        formatting.percent(found.spent["tax"].value),
        formatting.percent(found.spent["futile"].value),
        formatting.percent(found.broken.value),
        str(found.enough.budget),
        formatting.percent(found.enough.starvation.value),
        f"{found.enough.efficiency:.2f}",
        f"{formatting.percent(oracle.accuracy)} at {formatting.count(oracle.tokens_per_problem)}",
    )


def counted(estimate: Estimate) -> str:
    """A mean of tokens with its interval."""
    if math.isnan(estimate.value):
        return formatting.DASH
    low, high = estimate.interval
    around = "" if math.isnan(low) else f" ({formatting.count(low)}{formatting.DASH}{formatting.count(high)})"
    return formatting.count(estimate.value) + around


def _curve(found: Overthinking) -> tuple[str, ...]:
    shares = [formatting.percent(point.accuracy.value) for point in (*found.curve, found.at_once)]
    return (found.name, *shares, formatting.percent(found.oracle.accuracy))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = " | ".join(["---", *["---:"] * (len(heads) - 1)])
    return [f"| {' | '.join(each)} |" for each in (heads, (rule,), *rows)]


def _group(found: Overthinking, *, brief: bool = False) -> dict[str, Any]:
    """With `brief` the curve is its shares and tokens alone."""
    gain, oracle = found.gain, found.oracle
    estimates = {
        name: getattr(found, name).to_json()
        for name in (
            "solved", "futile", "broken", "wavered", "mended", "sufficient", "first_right", "tax", "ended"
        )
    }  # fmt: skip
    return {
        "name": found.name,
        "problems": found.problems,
        "traces": found.traces,
        "at_once": {**_point(found.at_once), "in_its_own_words": found.asked_at_once},
        "curve": [_brief(point) if brief else _point(point) for point in found.curve],
        **estimates,
        "spent": {part: found.spent[part].to_json() for part in PARTS},
        "natural_stop": None if math.isnan(found.natural) else found.natural,
        "written_on": found.written_on,
        "best_budget": found.best.budget,
        "enough_budget": found.enough.budget,
        "gain": {
            "delta": gain.delta,
            "interval": list(gain.interval),
            "p_value": gain.p_value,
            "helped": gain.helped,
            "harmed": gain.harmed,
        },
        "oracle": {"accuracy": oracle.accuracy, "tokens": oracle.tokens_per_problem},
    }


def _brief(point: BudgetPoint) -> dict[str, Any]:
    return {"budget": point.budget, "accuracy": point.accuracy.value, "tokens": point.tokens}


def _point(point: BudgetPoint) -> dict[str, Any]:
    known = not math.isnan(point.efficiency)
    return {
        "budget": point.budget,
        "accuracy": point.accuracy.to_json(),
        "tokens": point.tokens,
        "thinking": point.thinking,
        **({"starvation": point.starvation.to_json(), "efficiency": point.efficiency} if known else {}),
    }
