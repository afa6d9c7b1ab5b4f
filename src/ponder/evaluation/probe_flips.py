"""Flips: proofs that an arm has right in the familiar version and wrong in another, or the reverse.

Listed item by item with both texts, so that a reader can see what changed. Knows no statistics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ponder.evaluation.pattern_share import FAMILIAR
from ponder.evaluation.probe_answers import ProbeAnswer, by_proof


@dataclass(frozen=True, slots=True)
class Flip:
    """The same proof in two versions, one of them right."""

    familiar: ProbeAnswer
    other: ProbeAnswer

    @property
    def lost(self) -> bool:
        """Right in the familiar version only."""
        return self.familiar.right

    @property
    def as_world_says(self) -> bool:
        """The wrong answer is what knowledge of the world alone would give."""
        wrong = self.other if self.lost else self.familiar
        given = (wrong.result.answer or "").strip().lower()
        return bool(wrong.item.world) and given == wrong.item.world

    def to_json(self) -> dict[str, Any]:
        return {
            "proof": self.familiar.item.proof,
            "depth": self.familiar.item.depth,
            "lost": self.lost,
            "as_world_says": self.as_world_says,
            "familiar": _told(self.familiar),
            "other": _told(self.other),
        }


def flips(answers: Sequence[ProbeAnswer]) -> list[Flip]:
    """In the order of the items."""
    return [
        Flip(versions[FAMILIAR], other)
        for versions in by_proof(answers).values()
        if FAMILIAR in versions
        for version, other in versions.items()
        if version != FAMILIAR and other.right != versions[FAMILIAR].right
    ]


def _told(answer: ProbeAnswer) -> dict[str, Any]:
    return {
        "version": answer.item.version,
        "question": answer.item.question,
        "gold": answer.item.answer,
        "answer": answer.result.answer,
        "right": answer.right,
        "text": answer.result.text,
    }
