"""Why a natural deduction proof is refused: a fault, the verdict that it means, and the first bad step.

`UNPARSABLE` is a text that states no proof in the language of its theorem, `WRONG` a proof with a step that
is not justified, `TIMED_OUT` one whose step could not be decided. Knows nothing of formulas.
"""

from __future__ import annotations

from enum import StrEnum

from ponder.records import Judgement, Verdict


class Fault(StrEnum):
    """`Judgement.outcome` of a proof that was refused."""

    EMPTY = "empty"  # there is no step
    SIZE = "size"  # longer, deeper or with more steps than is read
    MALFORMED = "malformed"  # a line that is no step, a formula or an indentation that cannot be read
    REPEATED = "repeated_number"
    SORT = "sort"  # a symbol used in two ways
    UNJUSTIFIED = "unjustified"  # neither a known rule nor `by`
    CITATION = "citation"  # itself, a later step, none, or one inside a closed subproof
    SHAPE = "citation_count"  # another number of steps or subproofs than the rule takes
    NOT_GIVEN = "not_given"  # no premise of the theorem
    ASSUMPTION = "assumption"  # an assumption that opens no subproof
    NOT_FRESH = "not_fresh"  # a name that should be arbitrary and is not
    RULE = "rule"  # not of the form that the rule gives
    ENTAILMENT = "entailment"  # does not follow from what it cites
    GOAL = "goal"  # does not end in the goal, outside all subproofs
    UNDECIDED = "undecided"  # not decided within the limits


_VERDICTS = {
    Fault.EMPTY: Verdict.NO_ANSWER,
    Fault.SIZE: Verdict.UNPARSABLE,
    Fault.MALFORMED: Verdict.UNPARSABLE,
    Fault.REPEATED: Verdict.UNPARSABLE,
    Fault.SORT: Verdict.UNPARSABLE,
    Fault.UNDECIDED: Verdict.TIMED_OUT,
}
_SHOWN = 400  # characters of a reason


class Refused(Exception):
    """A proof that does not stand. `reason` is one line and names the first bad step, if it is in one."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason

    def at(self, label: str) -> Refused:
        """The same, at a step."""
        return Refused(self.fault, f"step {label}: {self.reason}")

    def judgement(self, extracted: str | None) -> Judgement:
        reason = self.reason if len(self.reason) <= _SHOWN else self.reason[:_SHOWN] + "…"
        return Judgement(_VERDICTS.get(self.fault, Verdict.WRONG), extracted, reason, self.fault.value)
