"""The result of a deduction probe: every measure of every arm, and the paired differences between them.

Arms are asked the same items. Made from answers alone, so that it can be made again from what is stored.
Knows neither models nor pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ponder.evaluation.faithfulness import Faithfulness
from ponder.evaluation.pattern_share import PatternShare, pattern_share
from ponder.evaluation.probe_answers import ProbeAnswer, depths_of, versions_of
from ponder.evaluation.probe_cells import Cell, cell, chance_depth
from ponder.evaluation.probe_differences import Difference, arm_differences, version_differences
from ponder.evaluation.probe_flips import Flip, flips
from ponder.evaluation.step_audit import StepAudit
from ponder.logic.contamination import Contamination
from ponder.logic.items import ProbeItem


@dataclass(frozen=True, kw_only=True)
class ProbedArm:
    """One arm's answers and what was measured on them."""

    name: str
    model: str
    strategy: str
    answers: tuple[ProbeAnswer, ...]
    steps: StepAudit | None = None
    faithfulness: Faithfulness | None = None
    seed: int = 0

    @cached_property
    def items(self) -> tuple[ProbeItem, ...]:
        return tuple(answer.item for answer in self.answers)

    @cached_property
    def cells(self) -> dict[str, tuple[Cell, ...]]:
        """Of each version, by depth."""
        depths = depths_of(self.items)
        return {
            version: tuple(cell(self.answers, version, depth) for depth in depths)
            for version in versions_of(self.items)
        }

    @cached_property
    def versions(self) -> dict[str, Cell]:
        """Of each version, all depths together."""
        return {version: cell(self.answers, version) for version in versions_of(self.items)}

    @cached_property
    def chance_depths(self) -> dict[str, int | None]:
        return {version: chance_depth(cells) for version, cells in self.cells.items()}

    @cached_property
    def share(self) -> PatternShare:
        return pattern_share(self.answers, seed=self.seed)

    @cached_property
    def flips(self) -> list[Flip]:
        return flips(self.answers)

    @property
    def tokens(self) -> float:
        """Generated tokens an item."""
        total = sum(answer.result.cost.generated_tokens for answer in self.answers)
        return total / max(len(self.answers), 1)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "model": self.model,
            "strategy": self.strategy,
            "tokens_per_item": self.tokens,
            "versions": [each.to_json() for each in self.versions.values()],
            "cells": [each.to_json() for cells in self.cells.values() for each in cells],
            "chance_depths": self.chance_depths,
            "pattern_matching_share": self.share.to_json(),
            "steps": self.steps.to_json() if self.steps else None,
            "faithfulness": self.faithfulness.to_json() if self.faithfulness else None,
            "flips": {
                "lost": sum(flip.lost for flip in self.flips),
                "gained": sum(not flip.lost for flip in self.flips),
                "as_world_says": sum(flip.as_world_says for flip in self.flips),
            },
        }


@dataclass(frozen=True, kw_only=True)
class DeductionProbe:
    """All arms on the same items."""

    form: str
    seed: int
    arms: tuple[ProbedArm, ...]
    contamination: Contamination | None = None
    complete: bool = True
    seconds: float = 0.0
    sha256: str = ""
    """Of the items."""
    answers: Mapping[str, Sequence[ProbeAnswer]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.arms:
            raise ValueError("a probe has at least one arm")
        object.__setattr__(self, "answers", {arm.name: arm.answers for arm in self.arms})

    @property
    def items(self) -> tuple[ProbeItem, ...]:
        return self.arms[0].items

    @property
    def proofs(self) -> int:
        return len({item.proof for item in self.items})

    @cached_property
    def version_differences(self) -> list[Difference]:
        """One table for all arms."""
        return version_differences(self.answers, seed=self.seed)

    @cached_property
    def arm_differences(self) -> list[Difference]:
        return arm_differences(self.answers, seed=self.seed)

    def between(self, a: str, b: str) -> dict[str, Difference]:
        """Arm B against arm A, by version."""
        return {
            each.within: each
            for each in self.arm_differences
            if (each.comparison.a, each.comparison.b) == (a, b)
        }

    def to_json(self) -> dict[str, Any]:
        from ponder.evaluation.probe_words import sentences

        return {
            "form": self.form,
            "seed": self.seed,
            "items": len(self.items),
            "items_sha256": self.sha256,
            "proofs": self.proofs,
            "depths": list(depths_of(self.items)),
            "versions": list(versions_of(self.items)),
            "complete": self.complete,
            "seconds": self.seconds,
            "sentences": sentences(self),
            "arms": [arm.to_json() for arm in self.arms],
            "version_differences": [each.to_json() for each in self.version_differences],
            "arm_differences": [each.to_json() for each in self.arm_differences],
            "contamination": _contamination(self.contamination),
        }


def _contamination(found: Contamination | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "words": found.words,
        "texts": found.texts,
        "ngrams": found.ngrams,
        "touched": found.touched,
        "same_problem": found.same_problem,
        "same_proof": found.same_proof,
    }
