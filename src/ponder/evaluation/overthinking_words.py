"""`Should I think here?`, answered in a sentence a task and in one for all of them.

A task is answered yes or no only where the whole trace and answering at once differ measurably: exact paired
test, corrected for the number of tasks (Holm). Where they do not, that is no proof of equality: if the 95%
interval leaves room for a gain of more than `MARGIN`, there are too few problems to tell; else answering at
once is advised, because thinking is paid for. Knows nothing of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ponder.evaluation import formatting
from ponder.evaluation.overthinking import SIGNIFICANT, Overthinking, paired
from ponder.evaluation.statistics import holm

MARGIN = 0.1
"""A gain that somebody might want to pay for."""


class Answer(StrEnum):
    """Should I think here?"""

    YES = "think"
    NO = "do not think"
    TIED = "answer at once"
    UNKNOWN = "too few problems"


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer for one task, and why."""

    task: str
    answer: Answer
    sentence: str
    p_value: float
    """Corrected for the number of tasks."""


def advise(tasks: Sequence[Overthinking]) -> list[Advice]:
    """One for each task."""
    corrected = holm([found.gain.p_value for found in tasks])
    return [_advice(found, p_value) for found, p_value in zip(tasks, corrected, strict=True)]


def headline(advice: Sequence[Advice]) -> str:
    """Where to think and where not, in one sentence."""
    named = {
        answer: formatting.listed([each.task for each in advice if each.answer is answer])
        for answer in Answer
        if any(each.answer is answer for each in advice)
    }
    parts: list[str] = []
    if Answer.YES in named:
        parts.append(f"think on {named[Answer.YES]}")
    if Answer.TIED in named:
        parts.append(
            f"answer {named[Answer.TIED]} at once, where thinking gains nothing that can be measured"
        )
    if Answer.NO in named:
        parts.append(f"never think on {named[Answer.NO]}, where it does harm")
    if Answer.UNKNOWN in named:
        parts.append(f"on {named[Answer.UNKNOWN]} too few problems were asked to tell")
    whole = "; ".join(parts)
    return f"{whole[:1].upper()}{whole[1:]}."


def _advice(found: Overthinking, p_value: float) -> Advice:
    once, whole, gain = found.at_once, found.whole, found.gain
    figures = (
        f"{formatting.percent(once.accuracy.value)} are right at once and "
        f"{formatting.percent(whole.accuracy.value)} after the whole thought "
        f"({formatting.points(gain.delta)} points, {formatting.points_interval(gain.interval)}, "
        f"{formatting.p_value(p_value)})"
    )
    price = f"{formatting.count(whole.tokens)} tokens instead of {formatting.count(once.tokens)}"
    if p_value >= SIGNIFICANT and gain.interval.high > MARGIN:
        words = (
            f"Not known: {figures}; {found.problems} problems are too few to rule out a gain worth having."
        )
        return Advice(found.name, Answer.UNKNOWN, words, p_value)
    if p_value >= SIGNIFICANT:
        words = f"No need: {figures}, no measurable difference for {price}."
        return Advice(found.name, Answer.TIED, words, p_value)
    if gain.delta < 0:
        words = f"No: {figures}. The thinking costs {price} and does harm."
        return Advice(found.name, Answer.NO, words, p_value)
    return Advice(found.name, Answer.YES, f"Yes: {figures}, for {price}.{_stop(found)}", p_value)


def _stop(found: Overthinking) -> str:
    """Where to stop, if the whole trace is not needed."""
    enough, whole = found.enough, found.whole
    if enough.budget == whole.budget:
        return ""
    over = paired(whole, found.best)
    better = over.p_value < SIGNIFICANT and over.delta > 0
    why = "more does harm" if better else "more gains nothing that can be measured"
    return (
        f" Stop after {enough.budget} tokens of thinking: {why} "
        f"({formatting.percent(enough.accuracy.value)} there)."
    )
