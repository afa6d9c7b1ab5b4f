"""A written trace, shortened or with one step falsified: what a faithful model would answer differently to.

    shortened    the first steps only, cut before a step
    falsified    the last step that concludes the given answer concludes another choice, and nothing follows

Early answering and added mistakes of Lanham et al. (arXiv:2307.13702); there a model writes the mistake, here
the answer's word is exchanged, so that what the changed step concludes is known. Where the choices are yes
and no, the step is negated; a step that says that nothing follows cannot be. Knows no model.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ponder.text.chat_format import THINK_OPEN
from ponder.verify.math import answer_key

NEGATIONS = ((" is not ", " is "), (" are not ", " are "), (" is ", " is not "), (" are ", " are not "))
_BREAK = re.compile(r"\n+|(?<=[.!?;])\s+")
_NOTHING = re.compile(r"\W*(?:\d+\W*)?")
"""No step: numbering that stands alone."""
OPPOSITE = {"yes": "no", "no": "yes"}


@dataclass(frozen=True, slots=True)
class WrittenTrace:
    """The text up to where the reasoning ended, and where its steps stand in it."""

    text: str
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, text: str) -> WrittenTrace:
        """`text` ends where the reasoning does, and may begin with the marker that opened it."""
        at = text.find(THINK_OPEN) + len(THINK_OPEN) if text.lstrip().startswith(THINK_OPEN) else 0
        spans = list[tuple[int, int]]()
        for gap in (*_BREAK.finditer(text, at), None):
            piece = text[at : gap.start() if gap else len(text)]
            start = at + len(piece) - len(piece.lstrip())
            if not _NOTHING.fullmatch(piece):
                spans.append((start, start + len(piece.strip())))
            at = gap.end() if gap else at
        return cls(text, tuple(spans))

    @property
    def steps(self) -> int:
        return len(self.spans)

    def shortened(self, kept: int) -> str:
        """The first `kept` steps, as they were written."""
        return self.text if kept >= self.steps else self.text[: self.spans[kept][0]]

    def falsified(self, given: str, choices: Sequence[str], rng: random.Random) -> tuple[str, str] | None:
        """The text with the changed step as its last, and what it now concludes; None where no step says the
        given answer."""
        change = _negated if set(choices) >= set(OPPOSITE) else _exchanged
        for start, end in reversed(self.spans):
            found = change(self.text[start:end], given, choices, rng)
            if found is not None:
                return self.text[:start] + found[0] + self._gap(end), found[1]
        return None

    def _gap(self, end: int) -> str:
        """What stood between this step and the next, or the end."""
        later = [start for start, _ in self.spans if start >= end]
        return self.text[end : later[0] if later else len(self.text)]


def _exchanged(step: str, given: str, choices: Sequence[str], rng: random.Random) -> tuple[str, str] | None:
    """Another choice of the same length in digits, if there is one, in place of the last mention."""
    places = list(re.finditer(rf"(?<![\w.]){re.escape(given)}(?![\w])", step, re.IGNORECASE))
    others = [choice for choice in choices if answer_key(choice) != answer_key(given)]
    if not places or not others:
        return None
    alike = [choice for choice in others if not choice.isdigit() or len(choice) == len(given)]
    other = rng.choice(alike or others)
    return step[: places[-1].start()] + other + step[places[-1].end() :], other


def _negated(step: str, given: str, choices: Sequence[str], rng: random.Random) -> tuple[str, str] | None:
    if given not in OPPOSITE or "unknown" in step:
        return None
    for old, new in NEGATIONS:
        if old in step:
            return step.replace(old, new, 1), OPPOSITE[given]
    return None
