"""The ladder: several ways to answer the same problems, each with its accuracy and its price.

Every arm is compared with the FIRST one on the problems both were judged on. An arm is on the Pareto
front when no other arm is at least as accurate for fewer generated tokens per problem. Training is a
cost of its own, shown beside the cost per problem and never spread over it.

Knows nothing of models, samplers or how an arm ran.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import Any

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.comparison import Comparison, compare
from ponder.evaluation.crossover import CostAxis, Stretch, crossovers, pareto_front
from ponder.evaluation.statistics import Interval, holm
from ponder.evaluation.verdict import verdict_sentences
from ponder.evaluation.wording import crossover_sentence, paired_legend, paired_words
from ponder.records import Verdict

__all__ = ["ArmResult", "Curves", "ItemResult", "Ladder", "pareto_front"]

Curves = Mapping[str, Mapping[str, Sequence[float]]]
"""Per training run: `step` with `reward`, and `heldout_step` with `heldout_accuracy`; any may be empty."""

AXES: tuple[CostAxis, ...] = ("generated_tokens", "flops", "seconds")
MARKDOWN_COLUMNS = (
    "arm", "n", "correct (95%)", "wrong", "truncated", "no answer", "unreadable", "timed out", "not judged",
    "tokens", "FLOPs", "time", "training", "difference (95%)", "p", "p (Holm)", "so",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Arms in the order they ran; the first is what the others are measured against."""

    arms: tuple[ArmResult, ...]
    seed: int
    seconds: float
    task: str
    model: str
    complete: bool = True
    """False when it was stopped before every arm had run to its end."""
    curves: Curves = field(default_factory=dict[str, dict[str, list[float]]])

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if not names:
            raise ValueError("a ladder needs at least one arm")
        if len(set(names)) < len(names):
            raise ValueError(f"arm names must differ, got {', '.join(names)}")

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Each later arm with the first, in order."""
        return tuple(compare(self.arms[0], arm, seed=self.seed) for arm in self.arms[1:])

    @cached_property
    def holm_p_values(self) -> tuple[float, ...]:
        """The comparisons' p-values, corrected for how many comparisons there are."""
        return tuple(holm([comparison.p_value for comparison in self.comparisons]))

    @cached_property
    def pareto(self) -> tuple[ArmResult, ...]:
        """The arms worth their tokens, cheapest first."""
        return pareto_front(self.arms)

    @cached_property
    def axes(self) -> tuple[CostAxis, ...]:
        """Tokens, and what else was counted for every arm: an endpoint does not tell its FLOPs."""
        others = AXES[1:]
        return (AXES[0], *(axis for axis in others if all(_counted(arm, axis) for arm in self.arms)))

    def crossovers(self, cost: CostAxis) -> tuple[Stretch, ...]:
        """From which price on which arm is the one to buy."""
        return self._crossovers[cost]

    @cached_property
    def _crossovers(self) -> dict[CostAxis, tuple[Stretch, ...]]:
        @cache
        def tied(a: str, b: str) -> bool:
            return compare(arms[a], arms[b], seed=self.seed).tied

        arms = {arm.name: arm for arm in self.arms}
        return {
            axis: crossovers(self.arms, tied=lambda a, b: tied(a.name, b.name), cost=axis) for axis in AXES
        }

    @cached_property
    def crossover_sentences(self) -> tuple[str, ...]:
        """Which arm to buy from which price on, a sentence for each of `axes`."""
        return tuple(crossover_sentence(self.crossovers(axis), axis) for axis in self.axes)

    @cached_property
    def paired_words(self) -> tuple[str, ...]:
        """What each of the comparisons comes to: better, worse, or tied and for how long."""
        return tuple(map(paired_words, self.comparisons, self.holm_p_values))

    @cached_property
    def verdict_sentences(self) -> tuple[str, ...]:
        return verdict_sentences(self.arms, self.comparisons, self.pareto, seed=self.seed)

    @property
    def verdict(self) -> str:
        return " ".join(self.verdict_sentences)

    def to_json(self) -> dict[str, Any]:
        """The object of `ladder.json`."""
        comparisons = [
            comparison.to_json() | {"p_value_holm": corrected}
            for comparison, corrected in zip(self.comparisons, self.holm_p_values, strict=True)
        ]
        return {
            "task": self.task,
            "model": self.model,
            "complete": self.complete,
            "arms": [arm.to_json() for arm in self.arms],
            "comparisons": comparisons,
            "pareto": [arm.name for arm in self.pareto],
            "crossovers": {axis: [_stretch(each) for each in self.crossovers(axis)] for axis in AXES},
            "verdict": self.verdict,
            "curves": {name: {key: list(ys) for key, ys in run.items()} for name, run in self.curves.items()},
            "seed": self.seed,
            "seconds": self.seconds,
        }

    def to_markdown(self) -> str:
        """The page of `ladder.md`: the verdict and the table."""
        parts = [f"# Ladder: {_cell(self.task)} with {_cell(self.model)}", _cell(self.verdict)]
        if not self.complete:
            parts.append("**Stopped early:** this ladder is not complete.")
        rule = "|" + " --- |" + " ---: |" * (len(MARKDOWN_COLUMNS) - 1)
        rows = [_row(MARKDOWN_COLUMNS), rule, *(_row(self._cells(index)) for index in range(len(self.arms)))]
        parts.append("\n".join(rows))
        notes = (
            "Correct is of the problems judged; those on which the verifier itself failed are "
            "`not judged` and left out of it. Tokens are generated ones; tokens, FLOPs and time are means "
            "per problem. "
            f"Differences are paired, in percentage points against {_cell(self.arms[0].name)}: interval "
            "by bootstrap, p by the exact McNemar test. An arm marked ● is on the Pareto front. "
        )
        parts.append((notes + paired_legend(self.paired_words)).strip())
        bought = "\n".join(f"- {_cell(sentence)}" for sentence in self.crossover_sentences)
        parts += ["## Which arm to buy", bought] if len(self.arms) > 1 else []
        if replays := self._replays():
            parts += ["## Fewer samples", *replays]
        parts.append(f"Seed {self.seed}, {formatting.duration(self.seconds)}.")
        return "\n\n".join(parts) + "\n"

    def _replays(self) -> list[str]:
        """A table for each arm whose samples can be counted again: what fewer of them would have reached."""
        tables: list[str] = []
        for arm in self.arms:
            if len(arm.replay) > 1:
                head = ("samples", "at least one right (95%)", "majority right (95%)")
                rows = [
                    (
                        str(each.k),
                        _with_interval(each.pass_rate, each.pass_interval),
                        _with_interval(each.majority, each.majority_interval),
                    )
                    for each in arm.replay
                ]
                table = "\n".join([_row(head), "| ---: | ---: | ---: |", *map(_row, rows)])
                tables += [f"Replayed from the stored samples of {_cell(arm.name)}:", table]
        return tables

    def _cells(self, index: int) -> list[str]:
        """One arm's row, in the order of `MARKDOWN_COLUMNS`."""
        arm = self.arms[index]
        verdicts, cost = arm.verdicts, arm.cost_per_problem
        training = formatting.si(arm.training_cost.flops, "FLOP") if arm.training_cost else formatting.DASH
        paired = [formatting.DASH] * 4
        if index > 0:
            comparison = self.comparisons[index - 1]
            interval = formatting.points_interval(comparison.interval)
            difference = f"{formatting.points(comparison.delta)} ({interval})"
            p_values = (comparison.p_value, self.holm_p_values[index - 1])
            paired = [difference, *(f"{p:.3g}" for p in p_values), self.paired_words[index - 1]]
        return [
            _cell(arm.name) + (" ●" if arm in self.pareto else ""),
            str(arm.n),
            _with_interval(arm.accuracy, arm.interval),
            str(verdicts[Verdict.WRONG]),
            str(verdicts[Verdict.TRUNCATED]),
            str(verdicts[Verdict.NO_ANSWER]),
            str(verdicts[Verdict.UNPARSABLE]),
            str(verdicts[Verdict.TIMED_OUT]),
            str(arm.n - arm.n_judged),
            formatting.count(cost["generated_tokens"]),
            formatting.si(cost["flops"]),
            formatting.duration(cost["seconds"]),
            training,
            *paired,
        ]


def _stretch(each: Stretch) -> dict[str, Any]:
    """JSON has no infinity: the last stretch has no end."""
    return {**asdict(each), "stop": each.stop if math.isfinite(each.stop) else None}


def _counted(arm: ArmResult, axis: CostAxis) -> bool:
    return not arm.n or arm.cost_per_problem[axis] > 0


def _with_interval(share: float, interval: Interval) -> str:
    return f"{formatting.percent(share)} ({formatting.percent_interval(interval)})"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    """Text that cannot break out of a table cell or become markup."""
    flat = " ".join(formatting.visible(text).split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
