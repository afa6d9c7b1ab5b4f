"""The right answers that thinking broke, with their texts."""

from __future__ import annotations

from outcome_rows import row
from pages import Page

from ponder.report.broken_answers import MOST, broken_section, in_turn, is_broken


def test_broken_is_right_before_and_wrong_in_the_end() -> None:
    assert is_broken(row("a", "-+---")) and is_broken(row("b", "-----", direct=True))
    assert not is_broken(row("c", "-----", direct=False))
    assert not is_broken(row("d", "-+-++", direct=True))


def test_the_text_is_parted_where_it_was_last_right() -> None:
    broken = row("a", "++---", gold="7", thought="3+4=7\nno, 8\n")
    seen = (0, 6, 12, 12, 12)
    from dataclasses import replace

    outcomes = tuple(
        replace(each, seen=count, answer="7" if each.correct else "8")
        for each, count in zip(broken.outcomes, seen, strict=True)
    )
    text = broken_section([replace(broken, outcomes=outcomes), row("b", "+++++")])
    shown = Page(text).text
    assert (
        "1 of 2 traces had the right answer, at once or part of the way, and lost it. Open one"
        in " ".join(shown)
    )
    assert shown.index("3+4=7") < shown.index("no, 8")
    assert "7 → 8" in shown and "t, right after 2 tokens" in shown


def test_right_at_once_and_right_before_a_thought_are_told_apart() -> None:
    shown = Page(broken_section([row("a", "-----", direct=True), row("b", "+----")])).text
    assert "t, right at once" in shown and "t, right before it thought" in shown


def test_every_task_has_its_turn_and_a_long_list_says_so() -> None:
    rows = [row(f"{task}{n}", "+----", task=task) for task in ("u", "v") for n in range(MOST)]
    assert [each.id for each in in_turn(rows)[:4]] == ["u0", "v0", "u1", "v1"]
    text = broken_section(rows)
    assert text.count('class="problem"') == MOST
    assert f"{MOST} of them are shown; outcomes.jsonl has all." in text


def test_none_is_said_too() -> None:
    assert "Nowhere." in broken_section([row("a", "+++++")])
