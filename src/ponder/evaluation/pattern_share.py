"""The pattern-matching share: how much of the skill on familiar words is gone where knowing helps no more.

    skill of a version    s = (accuracy - chance) / (1 - chance), at least 0
    share                 1 - mean(s of the stripped versions) / s(familiar), kept in [0, 1]

Stripped versions tell the same proofs where knowledge of the world misleads (counterfactual) or is of no help
(invented); of word problems, where a text that was learned by heart no longer helps (numbers, names). Only
proofs count whose familiar answer the world alone would give. The share is undefined where the familiar
version is at chance: there is no skill to be shared out. In the spirit of PrOntoQA (Saparov and He,
arXiv:2210.01240) and GSM-Symbolic (Mirzadeh et al., arXiv:2410.05229); the ratio is ours.

The 95% interval resamples proofs, each with all its versions (percentile bootstrap, Efron 1979), from the
proofs and one more whose weight is spread over every way a proof may turn out, so that what did not happen is
not taken for impossible. What it does not know is why skill is gone: invented words are also cut into more
tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ponder.evaluation.probe_answers import ProbeAnswer, by_proof
from ponder.evaluation.statistics import Interval, wilson_interval

FAMILIAR = "familiar"
WORDS_STRIPPED = ("counterfactual", "invented")
NUMBERS_STRIPPED = ("numbers", "names")
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternShare:
    """The share of one arm; not a number, with the reason, where it is undefined."""

    value: float
    interval: Interval
    proofs: int
    """That count."""
    familiar: float
    """Accuracy on them."""
    stripped: dict[str, float]
    """Accuracy on them in each stripped version."""
    chance: float
    reason: str = ""

    @property
    def defined(self) -> bool:
        return not self.reason

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value if self.defined else None,
            "interval": list(self.interval) if self.defined else None,
            "proofs": self.proofs,
            "familiar": None if math.isnan(self.familiar) else self.familiar,
            "stripped": self.stripped,
            "chance": self.chance,
            "reason": self.reason,
        }


def pattern_share(
    answers: Sequence[ProbeAnswer], *, seed: int = 0, resamples: int = RESAMPLES
) -> PatternShare:
    """Over the proofs that are told and judged in the familiar and in every stripped version at hand."""
    told = {answer.item.version for answer in answers}
    numbers = any(answer.item.form == "word-problem" for answer in answers)
    wanted = NUMBERS_STRIPPED if numbers else WORDS_STRIPPED
    names = tuple(version for version in wanted if version in told)
    if FAMILIAR not in told or not names:
        return _undefined(f"it takes the version {FAMILIAR} and one of {' and '.join(wanted)}")
    counted = [
        versions
        for versions in by_proof(answers).values()
        if all(name in versions for name in (FAMILIAR, *names)) and (numbers or _known(versions[FAMILIAR]))
    ]
    if not counted:
        return _undefined("the world knows the answer to none of the proofs")
    rows = [tuple(versions[name].right for name in (FAMILIAR, *names)) for versions in counted]
    chance = math.fsum(versions[FAMILIAR].chance for versions in counted) / len(counted)
    means = [math.fsum(row[place] for row in rows) / len(rows) for place in range(len(names) + 1)]
    right = sum(row[0] for row in rows)
    found = float(_share(np.array([means]), chance)[0])
    at_chance = wilson_interval(right, len(rows)).low <= chance
    return PatternShare(
        value=math.nan if at_chance else found,
        interval=Interval(0.0, 1.0) if at_chance else _interval(rows, chance, seed, resamples),
        proofs=len(rows),
        familiar=means[0],
        stripped=dict(zip(names, means[1:], strict=True)),
        chance=chance,
        reason="the familiar version is at chance" if at_chance else "",
    )


def _known(answer: ProbeAnswer) -> bool:
    """Whether knowledge of the world alone would have found the familiar answer."""
    return bool(answer.item.world) and answer.item.world == answer.item.answer


def _undefined(reason: str) -> PatternShare:
    return PatternShare(
        value=math.nan, interval=Interval(0.0, 1.0), proofs=0, familiar=math.nan, stripped={}, chance=0.0,
        reason=reason,
    )  # fmt: skip


def _share(means: NDArray[np.float64], chance: float) -> NDArray[np.float64]:
    """Of rows of accuracies, the familiar one first; not a number where that one shows no skill."""
    skill = np.maximum((means - chance) / (1 - chance), 0.0)
    familiar, stripped = skill[:, 0], skill[:, 1:].mean(axis=1)
    safe = np.where(familiar > 0, familiar, 1.0)
    return np.where(familiar > 0, np.clip(1 - stripped / safe, 0.0, 1.0), np.nan)


def _interval(rows: Sequence[tuple[bool, ...]], chance: float, seed: int, resamples: int) -> Interval:
    """How often each way a proof may turn out is drawn is multinomial: the same as drawing proofs."""
    ways = list(product((False, True), repeat=len(rows[0])))
    weights = np.array([rows.count(way) + 1 / len(ways) for way in ways]) / (len(rows) + 1)
    drawn = np.random.default_rng(seed).multinomial(len(rows), weights, size=resamples)
    means = drawn @ np.array(ways, dtype=float) / len(rows)
    shares = _share(means, chance)
    low, high = np.quantile(shares[~np.isnan(shares)], (0.025, 0.975))
    return Interval(float(low), float(high))
