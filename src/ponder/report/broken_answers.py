"""The problems on which thinking broke a right answer, with what was written, for a reader to judge.

Two kinds: an answer that was right at some budget and is wrong after the whole thought, and one that was
right when asked for at once. The thought is shown up to the last right answer, and what came after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from ponder.evaluation import formatting
from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.sufficient_budget import broken, last_right
from ponder.report.markup import clipped, element, escape
from ponder.report.page import section

MOST = 60
MOST_BYTES = 6_000
"""Of a text."""


def broken_section(rows: Sequence[ProblemOutcomes]) -> str:
    """At most `MOST`, in turn from each task."""
    found = [row for row in rows if is_broken(row)]
    title = "Where thinking broke a right answer"
    if not found:
        return section(title, element("p", "Nowhere.", class_="note"))
    chosen = in_turn(found)[:MOST]
    more = f" {len(chosen)} of them are shown; outcomes.jsonl has all." if len(found) > len(chosen) else ""
    words = (
        f"{len(found)} of {len(rows)} traces had the right answer, at once or part of the way, and lost "
        f"it.{more} Open one to read how."
    )
    return section(title, element("p", escape(words), class_="note"), *map(_row, count(1), chosen))


def is_broken(row: ProblemOutcomes) -> bool:
    return broken(row) or (row.direct is not None and row.direct.correct and not row.last.correct)


def in_turn(rows: Sequence[ProblemOutcomes]) -> list[ProblemOutcomes]:
    """The first of each task, then the second of each."""
    seen: dict[str, int] = {}
    ranked: list[tuple[int, ProblemOutcomes]] = []
    for row in rows:
        seen[row.task] = seen.get(row.task, 0) + 1
        ranked.append((seen[row.task], row))
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]


def _row(number: int, row: ProblemOutcomes) -> str:
    last = last_right(row)
    when = "right at once"
    if last is not None:
        when = f"right after {last.thinking} tokens" if last.thinking else "right before it thought"
    summary = "".join(
        (
            element("b", str(number)),
            element("i", "✗", class_="mark wrong"),
            element("span", escape(row.question), class_="asked"),
            element("code", escape(f"{row.gold} → {row.last.answer or formatting.DASH}")),
            element("small", escape(f"{row.task}, {when}")),
        )
    )
    before, after = (row.thought[: last.seen], row.thought[last.seen :]) if last else ("", row.thought)
    facts = [("right answer", row.gold), ("in the end", row.last.answer or "none")]
    if row.direct is not None:
        facts.insert(1, ("at once", row.direct.answer or "none"))
    listed = "".join(
        element("div", element("dt", escape(name)) + element("dd", escape(value))) for name, value in facts
    )
    texts = [("what it had thought when it was right", before), ("what it thought after that", after)]
    inside = (
        element("p", escape(row.question), class_="question")
        + element("dl", listed)
        + "".join(_text(name, text) for name, text in texts if text.strip())
    )
    return element(
        "details", element("summary", summary) + element("div", inside, class_="inside"), class_="problem"
    )


def _text(name: str, text: str) -> str:
    shown, left = clipped(text.strip("\n"), MOST_BYTES)
    more = f"<em>… and {left} more characters</em>" if left else ""
    return element("p", escape(name), class_="none") + element("pre", shown + more, tabindex="0")
