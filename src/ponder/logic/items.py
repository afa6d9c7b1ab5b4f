"""The record of one item of the deduction probe, and how to draw a set of them.

Every proof is drawn once and told in several versions, so that two versions of it can be compared item by
item. Knows no form from the inside: each has a module of its own. Knows no model.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ponder.errors import ConfigError, DataError
from ponder.records import Problem
from ponder.tasks.split import canonical_key

VERSIONS = ("familiar", "counterfactual", "invented", "shuffled", "distracted", "reworded")
NUMBER_VERSIONS = ("familiar", "numbers", "names", "distracted")
"""Of word problems."""
FORMS = ("statement", "colours", "word-problem")
PATIENCE = 200
"""Drawings in a row of a question that is there already, after which a form counts as exhausted."""
DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeItem:
    """One proof in one version."""

    id: str
    """`PROOF-VERSION`."""
    proof: str
    """The canonical hash of the proof and the number of the draw; equal in all versions of one item."""
    version: str
    form: str
    depth: int
    """Inferences in the longest chain of the proof."""
    conclusions: str
    """How many conclusions of that depth follow: `one`, `several`, `none`."""
    rules: tuple[str, ...]
    """Inference rules that the proof uses."""
    premises: tuple[str, ...]
    """The sentences, in the order shown."""
    question: str
    """The whole text that a model is asked."""
    answer: str
    choices: tuple[str, ...]
    """Every answer that is possible; chance is 1 / len(choices)."""
    steps: tuple[str, ...]
    """The gold proof, one written step each, in the item's own words."""
    world: str
    """What knowledge of the world alone would answer; empty where it says nothing."""
    added: tuple[int, ...] = ()
    """Which of the premises are distractors, told in this version only."""

    def problem(self) -> Problem:
        """For strategies and verifiers."""
        return Problem(
            id=self.id,
            question=self.question,
            answer=self.answer,
            task=f"deduction-{self.form}",
            key=canonical_key(self.question),
            meta={
                "version": self.version,
                "depth": self.depth,
                "proof": self.proof,
                "premises": self.premises,
                "choices": self.choices,
                "form": self.form,
            },
        )


def draw_items(
    form: str, *, proofs: int, depths: Sequence[int], versions: Sequence[str], seed: int
) -> list[ProbeItem]:
    """`proofs` proofs, spread evenly over the depths, each in every one of the versions.

    The same arguments give the same items. Each item is proved with Z3 before it is given out.
    """
    known = NUMBER_VERSIONS if form == "word-problem" else VERSIONS
    if form not in FORMS:
        raise ConfigError(f"unknown form {form!r}; expected one of {', '.join(FORMS)}")
    if unknown := [version for version in versions if version not in known]:
        raise ConfigError(f"form {form} has no version {unknown[0]!r}; expected any of {', '.join(known)}")
    if not versions or not depths or any(depth not in DEPTHS for depth in depths):
        raise ConfigError(f"give at least one version and depths from 1 to {DEPTHS[-1]}, not {list(depths)}")
    from ponder.logic.colour_items import draw_colours
    from ponder.logic.number_swaps import draw_stories
    from ponder.logic.proving import proved
    from ponder.logic.statement_items import draw_statements

    items, seen = list[ProbeItem](), set[str]()
    for number in range(proofs):
        depth = depths[number % len(depths)]
        for attempt in range(PATIENCE):
            rng = random.Random(f"{form}/{seed}/{number}/{attempt}")
            match form:
                case "colours":
                    drawn = draw_colours(rng, number, depth, versions)
                case "word-problem":
                    drawn = draw_stories(rng, number, depth, versions)
                case _:
                    drawn = draw_statements(rng, number, depth, versions, turn=number // len(depths))
            questions = {item.question for item in drawn}
            if not questions & seen:
                break
        else:
            raise DataError(f"form {form}: no new proof of depth {depth} after {number}; ask for fewer")
        seen |= questions
        items += [proved(item) for item in drawn]
    return items
