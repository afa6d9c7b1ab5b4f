"""What one arm of a ladder did: its result on every problem, and the sums.

Accuracy is correct / judged. A problem on which the verifier itself failed (`ERROR`) says nothing about the
model: it is counted apart and left out of the denominator. Truncated, unreadable and missing answers, and
those that could not be judged in time, stay in it, each under its own name.

Knows nothing of other arms.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property, reduce
from operator import add
from typing import Any

from ponder.evaluation.pass_at_k import AtK, Sample, replay
from ponder.evaluation.statistics import Interval, wilson_interval
from ponder.records import Cost, Judgement, Verdict
from ponder.verify.math import answer_key


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSample:
    """One of the completions behind an answer, and what it would have been worth alone."""

    text: str
    judgement: Judgement
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """One problem as one arm solved it."""

    problem_id: str
    question: str
    gold: str
    judgement: Judgement
    cost: Cost
    answer: str | None = None
    reasoning: str = ""
    text: str = ""
    n_completions: int = 1
    samples: tuple[JudgedSample, ...] = ()

    @property
    def judged(self) -> bool:
        return self.judgement.verdict is not Verdict.ERROR


@dataclass(frozen=True, kw_only=True)
class ArmResult:
    """All problems of one arm."""

    name: str
    title: str
    items: tuple[ItemResult, ...]
    training_cost: Cost | None = None
    """What making this arm's weights took, beyond the first arm's; None when they are the same weights."""
    run: str | None = None
    """The run folder, relative to where the ladder is written."""
    independent: bool = False
    """Whether the samples of a problem were drawn independently, so that fewer of them can be replayed."""

    @property
    def n(self) -> int:
        return len(self.items)

    @property
    def verdicts(self) -> dict[Verdict, int]:
        """How often each verdict was given, with zeros for those that never were."""
        counts = dict.fromkeys(Verdict, 0)
        for item in self.items:
            counts[item.judgement.verdict] += 1
        return counts

    @property
    def n_judged(self) -> int:
        return sum(item.judged for item in self.items)

    @property
    def accuracy(self) -> float:
        """Correct / judged; not a number when nothing was judged."""
        return self.verdicts[Verdict.CORRECT] / self.n_judged if self.n_judged else math.nan

    @property
    def completed(self) -> tuple[int, int]:
        """Correct ones among, and how many, that were judged and had not run out of tokens."""
        return self.verdicts[Verdict.CORRECT], self.n_judged - self.verdicts[Verdict.TRUNCATED]

    @property
    def revised(self) -> tuple[int, int]:
        """Problems fixed and harmed: the first sample was wrong and the chosen one right, or the reverse."""
        pairs = [
            (item.samples[0].judgement.correct, item.judgement.correct) for item in self.items if item.samples
        ]
        return pairs.count((False, True)), pairs.count((True, False))

    @cached_property
    def replay(self) -> tuple[AtK, ...]:
        """What 1, 2, 4, … of the stored samples would have reached; empty if they are not independent."""
        judged = [item for item in self.items if item.judged]
        if not self.independent or not judged:
            return ()
        least = min(len(item.samples) for item in judged)
        ks = [1 << power for power in range(least.bit_length())]
        return replay([[_replayed(sample) for sample in item.samples] for item in judged], ks)

    @property
    def interval(self) -> Interval:
        return wilson_interval(self.verdicts[Verdict.CORRECT], self.n_judged)

    @property
    def total_cost(self) -> Cost:
        return reduce(add, (item.cost for item in self.items), Cost())

    @property
    def cost_per_problem(self) -> dict[str, float]:
        """Means over all problems, judged or not, under the names of `Cost` and `generated_tokens`."""
        total = self.total_cost
        sums: dict[str, float] = {**asdict(total), "generated_tokens": total.generated_tokens}
        return {name: value / max(self.n, 1) for name, value in sums.items()}

    @property
    def tokens(self) -> float:
        """Generated tokens per problem."""
        return self.cost_per_problem["generated_tokens"]

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "n": self.n,
            "n_judged": self.n_judged,
            "accuracy": None if math.isnan(self.accuracy) else self.accuracy,
            "interval": list(self.interval),
            "completed": {"n": self.completed[1], "accuracy": _share(*self.completed)},
            "first_sample": {"fixed": self.revised[0], "harmed": self.revised[1]},
            "replay": [asdict(each) for each in self.replay],
            "verdicts": {verdict.value: count for verdict, count in self.verdicts.items()},
            "cost_per_problem": self.cost_per_problem,
            "training_cost": asdict(self.training_cost) if self.training_cost else None,
            "run": self.run,
        }


def _replayed(sample: JudgedSample) -> Sample:
    extracted = sample.judgement.extracted
    return Sample(None if extracted is None else answer_key(extracted), sample.judgement.correct)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
