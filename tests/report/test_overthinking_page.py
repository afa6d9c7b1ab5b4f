"""The page of an overthinking probe."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from outcome_rows import row, tables
from pages import HOSTILE, Page

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.overthinking_result import OverthinkingResult
from ponder.records import Cost
from ponder.report.overthinking_page import render_overthinking, write_overthinking

ROWS = [
    *(row(f"a{n}", "--+++", task="sums", depth=1 + n % 2, direct=False, gold="7") for n in range(20)),
    *(row(f"b{n}", "+----", task="copies", direct=True, thought="so it goes") for n in range(20)),
]
META = {"command": "ponder probe overthinking", "commit": "abc"}


def result(rows: list[ProblemOutcomes]) -> OverthinkingResult:
    return OverthinkingResult.of(rows, model="planted", cost=Cost(seconds=3))


def test_the_answer_comes_first_and_all_sections_follow() -> None:
    text = render_overthinking(result(ROWS), META)
    page = Page(text)
    shown = " ".join(page.text)
    assert "Think on sums; never think on copies, where it does harm." in shown
    order = [
        "Task by task", "Accuracy by thinking budget", "The numbers", "Where the thinking went",
        "By difficulty", "Where thinking broke a right answer", "How this was made",
    ]  # fmt: skip
    places = [text.index(f"<h2>{title}</h2>") for title in order]
    assert places == sorted(places)
    assert "depth 1" in shown and "depth 2" in shown
    assert "spoiled 100.0%" in shown
    assert "ponder probe overthinking" in shown


def test_nothing_is_loaded() -> None:
    text = render_overthinking(result(ROWS), META)
    assert not any(tag in ("script", "link", "img", "iframe") for tag, _ in Page(text).tags)
    assert "http://" not in text.replace("http://www.w3.org", "") and "@import" not in text


def test_words_of_models_and_people_are_only_words() -> None:
    rows = [
        row(HOSTILE, "+----", task=HOSTILE, thought=HOSTILE, gold=HOSTILE, direct=True, depth=n % 2 + 1)
        for n in range(1)
    ]
    page = Page(
        render_overthinking(OverthinkingResult.of(rows, model=HOSTILE, cost=Cost()), {HOSTILE: HOSTILE})
    )
    assert not any(tag == "script" for tag, _ in page.tags)


@settings(max_examples=20)
@given(tables(most=6))
def test_any_outcomes_make_a_page(rows: list[ProblemOutcomes]) -> None:
    text = render_overthinking(result(rows), {})
    Page(text)
    assert "nan" not in text.replace("finance", "")


def test_the_files_lie_together(tmp_path: Path) -> None:
    report = write_overthinking(tmp_path, result(ROWS), META)
    assert report == tmp_path / "report.html"
    assert {path.name for path in tmp_path.iterdir()} == {
        "overthinking.json", "overthinking.md", "overthinking.svg", "report.html",
    }  # fmt: skip
    assert json.loads((tmp_path / "overthinking.json").read_text())["headline"].startswith("Think on sums")
