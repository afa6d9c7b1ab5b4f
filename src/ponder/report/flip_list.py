"""Flips of a deduction probe, item by item: the same proof right in one version and wrong in another.

Both texts and both traces stand side by side. Knows no statistics.
"""

from __future__ import annotations

from collections.abc import Sequence

from ponder.evaluation import formatting
from ponder.evaluation.deduction_probe import ProbedArm
from ponder.evaluation.probe_answers import ProbeAnswer
from ponder.evaluation.probe_flips import Flip
from ponder.report.markup import clipped, element, escape
from ponder.report.page import section

MOST = 24
"""Of an arm."""
MOST_BYTES = 4_000
"""Of a text."""


def flips_section(arms: Sequence[ProbedArm]) -> str:
    """At most `MOST` an arm, the versions in turn."""
    words = (
        "Right in the familiar version and wrong in the other, or the reverse. flips.jsonl has all of them. "
        "Open one to read both texts."
    )
    return section("Flips", element("p", words, class_="note"), *map(_arm, arms))


def _arm(arm: ProbedArm) -> str:
    lost = sum(flip.lost for flip in arm.flips)
    world = sum(flip.as_world_says for flip in arm.flips)
    said = (
        f"{lost} lost and {len(arm.flips) - lost} gained against the familiar version; "
        f"{world} times the wrong answer was what knowledge of the world would say."
    )
    rows = "".join(map(_row, in_turn(arm.flips)[:MOST]))
    heading = element("h3", escape(arm.name)) + element("p", escape(said), class_="note")
    return element("div", heading + rows, class_="trace")


def in_turn(found: Sequence[Flip]) -> list[Flip]:
    """The first of each version, then the second of each."""
    seen: dict[str, int] = {}
    ranked: list[tuple[int, Flip]] = []
    for flip in found:
        version = flip.other.item.version
        seen[version] = seen.get(version, 0) + 1
        ranked.append((seen[version], flip))
    return [flip for _, flip in sorted(ranked, key=lambda pair: pair[0])]


def _row(flip: Flip) -> str:
    mark, class_ = ("✗", "mark wrong") if flip.lost else ("✓", "mark correct")
    other = flip.other
    given = other.result.answer or formatting.DASH
    summary = "".join(
        (
            element("b", str(other.item.depth)),
            element("i", mark, class_=class_),
            element("span", escape(other.item.question), class_="asked"),
            element("code", escape(f"{other.item.answer} → {given}")),
            element("small", escape(other.item.version)),
        )
    )
    columns = element("div", _column(flip.familiar) + _column(other), class_="columns")
    return element(
        "details", element("summary", summary) + element("div", columns, class_="inside"), class_="problem"
    )


def _column(answer: ProbeAnswer) -> str:
    mark, class_ = ("right", "mark correct") if answer.right else ("wrong", "mark wrong")
    text, cut = clipped(answer.result.text, MOST_BYTES)
    more = f"<em> … {cut} more characters</em>" if cut else ""
    parts = (
        element("h4", escape(answer.item.version)),
        element("span", mark, class_=class_),
        element("p", escape(answer.item.question), class_="question"),
        element("p", f"right answer {escape(answer.item.answer)}", class_="cost"),
        element("pre", text + more),
    )
    return element("div", "".join(parts), class_="column")
