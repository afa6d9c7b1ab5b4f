"""The same problem side by side: what each arm thought, what it answered, what it was worth.

Problems are picked by rule, not by taste: those on which the arms disagree most, ties broken by the
order in which they ran.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ponder.evaluation import formatting
from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.ladder import Ladder
from ponder.records import Verdict
from ponder.report.links import arm_link
from ponder.report.markup import clipped, element, escape

LONGEST_TEXT = 12_000
MARKS = {
    Verdict.CORRECT: ("✓", "correct"),
    Verdict.WRONG: ("✗", "wrong"),
    Verdict.NO_ANSWER: ("∅", "no answer"),
    Verdict.UNPARSABLE: ("?", "unreadable"),
    Verdict.TRUNCATED: ("…", "truncated"),
    Verdict.TIMED_OUT: ("◷", "timed out"),
    Verdict.ERROR: ("!", "not judged: verifier failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One problem with the results of the arms that ran it, by arm name."""

    question: str
    gold: str
    results: Mapping[str, ItemResult]


def pick_traces(ladder: Ladder, *, count: int = 4) -> tuple[Trace, ...]:
    """The most telling of the problems that every arm has run."""
    by_arm = {arm.name: {item.problem_id: item for item in arm.items} for arm in ladder.arms}
    shared = [
        {name: items[first.problem_id] for name, items in by_arm.items()}
        for first in ladder.arms[0].items
        if all(first.problem_id in items for items in by_arm.values())
    ]
    traces = [
        Trace(question=item.question, gold=item.gold, results=results)
        for results in shared
        for item in (results[ladder.arms[0].name],)
    ]
    return tuple(sorted(traces, key=lambda trace: -_disagreement(trace))[:count])


def _disagreement(trace: Trace) -> int:
    """Pairs of arms of which one was right and one was not."""
    right = sum(item.judgement.correct for item in trace.results.values())
    return right * (len(trace.results) - right)


def traces_section(traces: Sequence[Trace], arms: Sequence[ArmResult]) -> str:
    """One article per problem, one column per arm."""
    numbers = {
        arm.name: {item.problem_id: number for number, item in enumerate(arm.items, start=1)} for arm in arms
    }
    return "".join(_article(number, trace, arms, numbers) for number, trace in enumerate(traces, start=1))


def _article(
    number: int, trace: Trace, arms: Sequence[ArmResult], numbers: Mapping[str, Mapping[str, int]]
) -> str:
    columns = "".join(
        _column(arm, item, numbers[arm.name][item.problem_id])
        for arm in arms
        if (item := trace.results.get(arm.name)) is not None
    )
    gold = element("p", f"Right answer: {element('code', escape(trace.gold))}", class_="gold")
    eyebrow = element("span", f"Problem {number}", class_="eyebrow")
    question = element("h3", eyebrow + escape(trace.question))
    return element("article", question + gold + element("div", columns, class_="columns"), class_="trace")


def _column(arm: ArmResult, item: ItemResult, number: int) -> str:
    mark, said = MARKS[item.judgement.verdict]
    verdict = element("span", f"{mark} {said}", class_=f"mark {item.judgement.verdict.value}")
    answer = element("p", escape(item.answer) if item.answer else formatting.DASH, class_="answer")
    samples = f" in {item.n_completions} samples" if item.n_completions > 1 else ""
    tokens = f"{item.cost.generated_tokens:,} tokens{samples}"
    cost = element("p", f"{tokens} · {formatting.duration(item.cost.seconds)}", class_="cost")
    title = element("a", element("bdi", escape(arm.title)), href=arm_link(arm.name, number))
    parts = [element("h4", title), verdict, answer, cost, _thinking(item)]
    return element("div", "".join(parts), class_="column")


def _thinking(item: ItemResult) -> str:
    """The reasoning folded away; the whole text where no reasoning was set apart."""
    if item.reasoning.strip():
        heading, words = "Reasoning", item.reasoning
    elif item.text.strip() and item.text.strip() != (item.answer or "").strip():
        heading, words = "Full text", item.text
    else:
        return element("p", "answered without reasoning", class_="none")
    shown, left = clipped(words.strip(), LONGEST_TEXT)
    cut = element("em", f"… {left:,} more characters") if left else ""
    body = element("pre", f"{shown}\n{cut}" if left else shown, tabindex="0")
    return element("details", element("summary", heading) + body)
