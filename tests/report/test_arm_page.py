"""The page of an arm has every problem and sample, stays light, and believes nothing it shows."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import HOSTILE, Page, make_ladder

from ponder.evaluation.arm import ArmResult, ItemResult, JudgedSample
from ponder.evaluation.ladder import Ladder
from ponder.records import Cost, Judgement, Verdict
from ponder.report import arm_page
from ponder.report.arm_page import common_limit, render_arm
from ponder.report.files import write_ladder
from ponder.report.links import arm_link, page_name
from ponder.report.markup import clipped

NASTY = (
    HOSTILE,
    r"\boxed{1} and \boxed{2}",
    "\\boxed{{{{" * 50,
    "<think>never closed \\boxed{3}",
    "again and " * 10_000,
    "\x1b[2J\x07 bell \r over",
    "\u202egnorw si siht\u202c \u2066 \u200f",
    "",
)


def arm_of(texts: tuple[str, ...], *, problems: int = 1, name: str = "votes") -> ArmResult:
    """Every problem has a sample for each text; the first is the chosen one and wrong."""
    samples = tuple(
        JudgedSample(
            text=text,
            judgement=Judgement(
                Verdict.CORRECT if n % 2 else Verdict.WRONG, text[:50], f"because {text[:9]}"
            ),
            cost=Cost(answer_tokens=n),
        )
        for n, text in enumerate(texts)
    )
    items = tuple(
        ItemResult(problem_id=f"p{n}", question=f"question {n}", gold="1", judgement=samples[0].judgement,
                   cost=Cost(answer_tokens=9), text=texts[0], answer=texts[0][:50], samples=samples)
        for n in range(problems)
    )  # fmt: skip
    return ArmResult(name=name, title=name, items=items)


def page_of(arm: ArmResult, **named: str) -> str:
    return render_arm(Ladder(arms=(arm,), seed=0, seconds=1, task="t", model="m"), arm, **named)


def test_every_problem_and_sample_is_there_with_its_verdict() -> None:
    ladder = make_ladder(3)
    for arm in ladder.arms:
        page = Page(text := render_arm(ladder, arm))
        assert page.open == []
        assert sorted(re.findall(r'id="(problem-\d+)"', text)) == sorted(f"problem-{n}" for n in range(1, 13))
        groups = [attrs["id"] for tag, attrs in page.tags if tag == "section"]
        assert set(groups) == {verdict.value for verdict, count in arm.verdicts.items() if count}
        assert groups[-1] == "correct" and groups[0] == "wrong"
    text = page_of(arm_of(("wrong one", "right one", "third"), problems=2))
    assert text.count("chosen") == 2 and text.count("1 of 3 right") == 2
    assert text.count("<pre") == 6 and "because right on" not in text and "because wrong on" in text


def test_it_says_where_the_first_arm_did_otherwise() -> None:
    ladder = make_ladder(2)
    pairs = zip(ladder.arms[0].items, ladder.arms[1].items, strict=True)
    differing = sum(a.judgement.correct != b.judgement.correct for a, b in pairs)
    assert render_arm(ladder, ladder.arms[1]).count(" · direct was ") == differing > 0
    assert " · direct was " not in render_arm(ladder, ladder.arms[0])


def test_the_page_does_not_change_when_arms_join() -> None:
    small, large = make_ladder(2), make_ladder(5)
    assert render_arm(small, small.arms[1]) == render_arm(large, large.arms[1])


def test_hostile_texts_stay_texts() -> None:
    page = Page(text := page_of(arm_of(NASTY), whole_texts="items/votes.jsonl"))
    assert page.open == []
    text.encode("utf-8")
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "nav", "a", "header", "main", "section", "details",
        "summary", "pre", "p", "h1", "h2", "b", "i", "em", "code", "bdi", "small", "div", "dl", "dt", "dd",
    }  # fmt: skip
    assert not [
        attrs for _, attrs in page.tags if any(name.startswith("on") or name == "src" for name in attrs)
    ]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    shown = "".join(page.text)
    assert "\\x1b[2J\\x07 bell \\r over" in shown and "\\u202egnorw" in shown
    assert "<script>" in shown and "nothing was written" in shown
    assert re.search(r"… 8\d,\d{3} more characters in items/votes.jsonl", shown)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=80), min_size=1, max_size=4))
def test_any_text_gives_a_page_without_hidden_characters(texts: list[str]) -> None:
    page = Page(text := page_of(arm_of(tuple(texts))))
    assert page.open == []
    assert all(unicodedata.category(each) not in ("Cc", "Cs") or each in "\n\t" for each in text)


@pytest.mark.parametrize("each", ["a" * 1500, "<" * 1500, "\x00" * 1500, "数" * 1500, "short"])
def test_a_page_of_400_problems_with_16_samples_stays_light(each: str) -> None:
    size = len(page_of(arm_of((each,) * 16, problems=400)).encode())
    assert size < 5_000_000


def test_what_has_no_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm_page, "MOST_SAMPLES", 10)
    text = page_of(arm_of(("a", "b", "c"), problems=7), whole_texts="items/votes.jsonl")
    assert "4 further problems have no room here in items/votes.jsonl." in text
    assert text.count('class="problem"') == 3


@given(st.lists(st.text(max_size=60)), st.integers(0, 2000))
def test_the_common_limit_keeps_within_the_budget_and_spares_short_texts(
    texts: list[str], budget: int
) -> None:
    limit = common_limit(texts, budget)
    sizes = [len(clipped(text, limit)[0].encode()) for text in texts]
    assert sum(sizes) <= budget or limit == arm_page.LONGEST_TEXT
    if limit < max((len(clipped(text, 10_000)[0].encode()) for text in texts), default=0):
        assert limit * len(texts) + len(texts) >= budget - sum(sizes)


@given(st.text(st.characters(exclude_categories=[]), max_size=300), st.integers(0, 400))
def test_clipped_text_fits_and_counts_what_is_left(text: str, most: int) -> None:
    shown, left = clipped(text, most)
    assert len(shown.encode()) <= most
    assert (left == 0) == (clipped(text, 10_000)[0] == shown)


NAMES = (
    "direct",
    "a/b",
    "../x",
    "A",
    "a",
    "con",
    "confident votes",
    "数",
    "",
    "x" * 200,
    "a\x00",
    "<script>",
    "%2e",
)


def test_names_of_pages_are_safe_and_differ() -> None:
    names = [page_name(name) for name in NAMES]
    assert page_name("direct") == "direct.html" and page_name("best-of-n-16") == "best-of-n-16.html"
    assert len({name.lower() for name in names}) == len(NAMES)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,100}\.html", name) for name in names)
    assert "con.html" not in names


def test_links_lead_to_what_was_written(tmp_path: Path) -> None:
    ladder = make_ladder(3, words="a/b ../x <i>")
    write_ladder(tmp_path, ladder, {})
    assert {path.name for path in (tmp_path / "arms").iterdir()} == {
        page_name(arm.name) for arm in ladder.arms
    }
    assert not list(tmp_path.parent.glob("x*"))
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    links = [attrs["href"] for tag, attrs in Page(report).tags if tag == "a"]
    assert arm_link(ladder.arms[0].name) in links and any(link and "#problem-" in link for link in links)
    for link in links:
        assert link
        path, _, anchor = link.partition("#")
        target = (tmp_path / path).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in target
        back = next(attrs["href"] for tag, attrs in Page(target).tags if tag == "a") or ""
        assert back.startswith("../report.html#") and f'id="{back.partition("#")[2]}"' in report


def test_only_the_newest_page_is_written_when_asked(tmp_path: Path) -> None:
    for arms in (1, 2):
        write_ladder(tmp_path, make_ladder(arms), {}, newest_only=True)
        first = tmp_path / "arms" / "direct.html"
        if arms == 1:
            first.write_text("kept")
    assert first.read_text() == "kept" and (tmp_path / "arms" / "chain-of-thought.html").is_file()
