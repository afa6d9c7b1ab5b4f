"""The written steps of an arm's traces, checked one by one, and whether right answers come with right proofs.

What a step is worth says `logic/step_check.py`: Z3 judges it against the premises and the valid steps before
it. A proof holds when the right conclusion follows from its valid steps and no step is bad. An answer can be
right with a proof that does not hold, and the reverse. Knows no model; stories are not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ponder.evaluation.probe_answers import ProbeAnswer
from ponder.logic.step_check import TraceCheck, checked

BOX = "\\boxed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAudit:
    """Counts over all traces."""

    traces: int = 0
    """Answers with at least one written step."""
    silent: int = 0
    """Answers without any."""
    valid: int = 0
    invalid: int = 0
    unsupported: int = 0
    unreadable: int = 0
    restated: int = 0
    """Among the valid."""
    leaps: int = 0
    """Among the valid: several inferences at once."""
    right_proved: int = 0
    right_unproved: int = 0
    """Right answers whose proof does not hold: a bad step, or a conclusion that is never reached."""
    right_bad_step: int = 0
    """Among those: with an invalid or an unsupported step."""
    wrong_proved: int = 0
    """Wrong answers under a proof that holds."""
    wrong_unproved: int = 0

    @property
    def steps(self) -> int:
        return self.valid + self.invalid + self.unsupported + self.unreadable

    def __add__(self, other: StepAudit) -> StepAudit:
        return StepAudit(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(StepAudit)}
        )

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "steps": self.steps}


def audit_steps(
    answers: Sequence[ProbeAnswer], *, on_progress: Callable[[int], None] | None = None
) -> StepAudit | None:
    """None of word problems."""
    if any(answer.item.form == "word-problem" for answer in answers):
        return None
    total = StepAudit()
    for answer in answers:
        total += audit_answer(answer)
        if on_progress is not None:
            on_progress(1)
    return total


def audit_answer(answer: ProbeAnswer) -> StepAudit:
    """Of a single trace."""
    trace = trace_of(answer)
    check = checked(answer.item, trace) if trace else None
    return _counted(check, answer.right) if check is not None and check.steps else StepAudit(silent=1)


def trace_of(answer: ProbeAnswer) -> str:
    """The reasoning; where a model does not mark it, what it wrote before its boxed answer."""
    return answer.result.reasoning.strip() or answer.result.text.partition(BOX)[0].strip()


def _counted(check: TraceCheck, right: bool) -> StepAudit:
    holds = check.proof_holds
    return StepAudit(
        traces=1,
        valid=check.valid,
        invalid=check.invalid,
        unsupported=check.unsupported,
        unreadable=check.unreadable,
        restated=check.restated,
        leaps=check.leaps,
        right_proved=right and holds,
        right_unproved=right and not holds,
        right_bad_step=right and check.first_bad is not None,
        wrong_proved=not right and holds,
        wrong_unproved=not right and not holds,
    )
