"""What k samples would have reached, from n stored ones: unbiased pass@k and majority@k.

    pass@k      1 - C(n - c, k) / C(n, k), c of the n samples being right        Chen et al., arXiv:2107.03374
    majority@k  mean over all C(n, k) draws without replacement of the accuracy of the draw's majority vote

Both are means over every draw of k from the n, so they are unbiased for k fresh samples; both are counted
in whole numbers, so neither overflows or rounds before the last division.

A vote is decided as self-consistency decides it: samples without an answer do not vote, and a tie goes to
the answer sampled first. The n samples could have come in any order, and over all orders t tied answers
are each first equally often, so each gets 1/t. When one answer was judged right in some samples and wrong
in others, its win counts by the share in which it was right. A draw in which nobody votes is wrong.

The draws are counted apart for each number v of votes that can win. Answers with fewer than v samples are
pooled, because none of them can reach v; so the work grows as n k² log n and not as C(n, k).

Knows nothing of how an answer was extracted or judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import NamedTuple

from ponder.evaluation.statistics import Interval, mean_interval


class Sample(NamedTuple):
    """One stored sample: what it votes for, and whether it was judged right."""

    key: str | None
    """Equal for equal answers; None when the sample has no answer."""
    correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtK:
    """Means over problems at one number of samples, with intervals clustered by problem."""

    k: int
    pass_rate: float
    pass_interval: Interval
    majority: float
    majority_interval: Interval


def replay(samples_by_problem: Sequence[Sequence[Sample]], ks: Sequence[int]) -> tuple[AtK, ...]:
    """pass@k and majority@k over all problems, for each k."""
    if not samples_by_problem:
        raise ValueError("nothing to replay: there are no problems")
    rows = list[AtK]()
    for k in ks:
        passed = [pass_at_k(samples, k) for samples in samples_by_problem]
        voted = [majority_at_k(samples, k) for samples in samples_by_problem]
        rows.append(
            AtK(
                k=k,
                pass_rate=sum(passed) / len(passed),
                pass_interval=mean_interval(passed),
                majority=sum(voted) / len(voted),
                majority_interval=mean_interval(voted),
            )
        )
    return tuple(rows)


def pass_at_k(samples: Sequence[Sample], k: int) -> float:
    """The chance that at least one of k samples drawn from these is right."""
    n = len(samples)
    _check(n, k)
    draws = comb(n, k)
    return (draws - comb(n - sum(sample.correct for sample in samples), k)) / draws


def majority_at_k(samples: Sequence[Sample], k: int) -> float:
    """The chance that the majority vote of k samples drawn from these is right."""
    _check(len(samples), k)
    counts = Counter(sample.key for sample in samples if sample.key is not None)
    right = Counter(sample.key for sample in samples if sample.key is not None and sample.correct)
    # Names do not matter, only how often each answer came and how often it was right.
    ballots = tuple(sorted((count, right[key]) for key, count in counts.items()))
    return _majority(ballots, len(samples) - counts.total(), k)


@lru_cache(maxsize=65536)
def _majority(ballots: tuple[tuple[int, int], ...], blanks: int, k: int) -> float:
    """`ballots` are (samples, right samples) of each answer; `blanks` are the samples without one."""
    if not any(right for _, right in ballots):
        return 0.0
    total = Fraction(0)
    for votes in range(1, min(k, ballots[-1][0]) + 1):
        contenders = [ballot for ballot in ballots if ballot[0] >= votes]
        pool = blanks + sum(count for count, _ in ballots if count < votes)
        for (drawn, ties), weight in _won_by(contenders, votes, k).items():
            total += Fraction(weight * comb(pool, k - drawn), votes * ties)
    return float(total / comb(sum(count for count, _ in ballots) + blanks, k))


def _won_by(contenders: Sequence[tuple[int, int]], votes: int, k: int) -> Counter[tuple[int, int]]:
    """How many draws from the contenders give the most frequent ones exactly `votes` votes, by the number
    of samples drawn and of answers tied; each draw counts `votes` times the share right of every winner.

    r of c samples being right, an answer wins right in C(c, v) r/c = C(c - 1, v - 1) r/v of its draws.
    The 1/v is left to the caller, to stay with whole numbers.
    """
    unmarked: Counter[tuple[int, int]] = Counter({(0, 0): 1})
    marked: Counter[tuple[int, int]] = Counter()
    for count, right in contenders:
        below = [comb(count, drawn) for drawn in range(votes)]
        full, winning = comb(count, votes), right * comb(count - 1, votes - 1)
        next_unmarked: Counter[tuple[int, int]] = Counter()
        next_marked: Counter[tuple[int, int]] = Counter()
        for states, grown in ((unmarked, next_unmarked), (marked, next_marked)):
            for (drawn, ties), ways in states.items():
                for more in range(min(votes, k - drawn + 1)):
                    grown[drawn + more, ties] += ways * below[more]
                if drawn + votes <= k:
                    grown[drawn + votes, ties + 1] += ways * full
        for (drawn, ties), ways in unmarked.items():
            if winning and drawn + votes <= k:
                next_marked[drawn + votes, ties + 1] += ways * winning
        unmarked, marked = next_unmarked, next_marked
    return marked


def _check(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"k must be from 1 to the {n} stored samples, got {k}")
