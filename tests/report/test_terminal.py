"""The terminal's table keeps its width and leaves nothing out unsaid."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.ladder import Ladder
from ponder.records import Cost, Judgement, Verdict
from ponder.report.terminal import WIDTH, ladder_text

NAMES = ("direct", "chain-of-thought", "adaptive-16", "beam-search-16")
MARKS = {"c": Verdict.CORRECT, "w": Verdict.WRONG, "t": Verdict.TRUNCATED, "n": Verdict.NO_ANSWER}


def arm(name: str, marks: str, tokens: int, flops: float = 1e8) -> ArmResult:
    cost = Cost(answer_tokens=tokens, flops=flops * tokens, seconds=tokens / 1000)
    items = tuple(
        ItemResult(problem_id=str(i), question="q", gold="1", judgement=Judgement(MARKS[mark]), cost=cost)
        for i, mark in enumerate(marks)
    )
    return ArmResult(name=name, title=name, items=items)


def ladder_of(*arms: ArmResult) -> Ladder:
    return Ladder(arms=arms, seed=3, seconds=61.2, task="mixed", model="tiny")


MARKED = ("c" * 10 + "w" * 30, "c" * 12 + "w" * 27 + "t", "c" * 36 + "w" * 3 + "n", "w" * 2 + "c" * 38)
FOUR = ladder_of(
    *(arm(name, marks, 4 ** (1 + i)) for i, (name, marks) in enumerate(zip(NAMES, MARKED, strict=True)))
)


def test_one_row_an_arm_and_nothing_cut_off_at_110_columns() -> None:
    text = ladder_text(FOUR)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" not in text and "\x1b" not in text
    assert [re.findall(rf"^(●| ) {name} +([\d.]+%)", text, re.MULTILINE) for name in NAMES] == [
        [("●", "25.0%")], [("●", "30.0%")], [("●", "90.0%")], [("●", "95.0%")]
    ]  # fmt: skip
    assert "tied, 153 more" in text and "better" in text
    assert ladder_text(FOUR, width=100_000).count(FOUR.crossover_sentences[0]) == 1


def test_a_long_name_goes_on_below_itself() -> None:
    text = ladder_text(ladder_of(*FOUR.arms, arm("adaptive-consistency-of-thirty-two", "c" * 40, 900)))
    assert re.search(r"^● adaptive- .*\n  consistency-of- .*\n  thirty-two$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= WIDTH and "…" not in text


@pytest.mark.parametrize(
    ("width", "lost"),
    [(104, "FLOPs."), (90, "FLOPs, time and of completed."), (76, "FLOPs, time, of completed,")],
)
def test_a_narrow_screen_loses_whole_columns_and_says_which(width: int, lost: str) -> None:
    text = ladder_text(FOUR, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert f"this narrow: {lost}" in " ".join(text.split())
    assert "tokens" in text.split("●")[0] and "Holm p" in text.split("●")[0]


def test_colour_only_when_asked_for() -> None:
    coloured = ladder_text(FOUR, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == ladder_text(FOUR).split()


def test_what_was_not_counted_has_no_column() -> None:
    head = ladder_text(ladder_of(arm("a", "cw", 5, 0.0), arm("b", "cc", 9, 0.0))).split("● ")[0]
    assert "FLOPs" not in head and "truncated" not in head and "of com" not in head


def test_one_arm_or_none_judged_is_shown() -> None:
    assert "against the first" not in ladder_text(ladder_of(arm("a", "cw", 5)))
    assert "nothing shared" in ladder_text(ladder_of(arm("a", "", 5), arm("b", "", 5)))
    assert "Stopped early" in ladder_text(replace(ladder_of(arm("a", "cw", 5)), complete=False))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_a_hostile_name_cannot_steer_the_terminal(name: str) -> None:
    text = ladder_text(ladder_of(arm("first", "cw", 5), arm(f"{name}!", "cc", 9)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f‎‏‪-‮⁦-⁩]", text)
