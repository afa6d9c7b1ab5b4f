"""Paired differences of the probe: between versions told of the same proofs, and between arms on one version.

Pairs are proofs, the test is McNemar's, exact (`comparison.py`), and the p-values of one table are corrected
together by Holm's method (Holm 1979). Versions of a proof are never pooled: they are not independent.
Knows nothing of depths or texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from ponder.evaluation.arm import ArmResult
from ponder.evaluation.comparison import Comparison, compare
from ponder.evaluation.pattern_share import FAMILIAR
from ponder.evaluation.probe_answers import ProbeAnswer
from ponder.evaluation.statistics import holm

LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """B against A over the same proofs."""

    within: str
    """The arm, where two versions are compared; the version, where two arms are."""
    comparison: Comparison
    holm_p: float
    """Corrected for all differences of its table."""

    @property
    def significant(self) -> bool:
        return self.holm_p <= LEVEL

    def to_json(self) -> dict[str, Any]:
        return {"within": self.within, **self.comparison.to_json(), "holm_p_value": self.holm_p}


def version_differences(arms: Mapping[str, Sequence[ProbeAnswer]], *, seed: int) -> list[Difference]:
    """Every version against the familiar one, arm by arm."""
    found = [
        (arm, compare(_told(answers, FAMILIAR, FAMILIAR), _told(answers, version, version), seed=seed))
        for arm, answers in arms.items()
        for version in dict.fromkeys(answer.item.version for answer in answers)
        if version != FAMILIAR
    ]
    return _corrected(found)


def arm_differences(arms: Mapping[str, Sequence[ProbeAnswer]], *, seed: int) -> list[Difference]:
    """Every arm against every one before it, version by version."""
    found = [
        (version, compare(_told(arms[a], version, a), _told(arms[b], version, b), seed=seed))
        for a, b in combinations(arms, 2)
        for version in dict.fromkeys(answer.item.version for answer in arms[a])
    ]
    return _corrected(found)


def _corrected(found: Sequence[tuple[str, Comparison]]) -> list[Difference]:
    """Those without a pair are left out."""
    paired = [(within, each) for within, each in found if each.n]
    corrected = holm([each.p_value for _, each in paired])
    return [
        Difference(within=within, comparison=each, holm_p=p)
        for (within, each), p in zip(paired, corrected, strict=True)
    ]


def _told(answers: Sequence[ProbeAnswer], version: str, name: str) -> ArmResult:
    """One version as an arm, its problems known by their proofs."""
    items = tuple(
        replace(answer.result, problem_id=answer.item.proof)
        for answer in answers
        if answer.item.version == version
    )
    return ArmResult(name=name, title=name, items=items)
