"""The page is well-formed, self-contained and safe, for whole ladders and for broken-off ones."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.ladder import Ladder
from ponder.records import Cost, Judgement, Verdict
from ponder.report import svg
from ponder.report.charts import ladder_svg
from ponder.report.html import render_report
from ponder.report.markup import VOID, element, escape
from ponder.report.traces import pick_traces

NAMES = ("direct", "chain-of-thought", "self-consistency", "grpo", "distilled")
HOSTILE = "<script>alert('1')</script> \" onload=x & \x00 \ud800 </style></svg> ]]>"
META = {"command": "ponder tour", "seed": "0", "hardware": "2 cores"}


class Page(HTMLParser):
    """Collects tags, and fails on one that is closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def make_ladder(arms: int = 5, *, words: str = "plain", problems: int = 12, complete: bool = True) -> Ladder:
    """Arms of rising accuracy and cost; `words` stands wherever a person or a model could write."""

    def item(arm: int, problem: int) -> ItemResult:
        right = problem % (arm + 2) != 0
        verdict = Verdict.CORRECT if right else tuple(Verdict)[1 + problem % 6]
        return ItemResult(
            problem_id=str(problem),
            question=f"{words} {problem}",
            gold=words,
            judgement=Judgement(verdict, words, words),
            cost=Cost(reasoning_tokens=9 * arm**3, answer_tokens=3, flops=1e7, seconds=0.1),
            answer=words if right else None,
            reasoning=words if arm else "",
            text=words * 2,
            n_completions=1 + arm,
        )

    results = tuple(
        ArmResult(
            name=f"{name}{'' if words == 'plain' else words}",
            title=name if words == "plain" else words,
            items=tuple(item(index, problem) for problem in range(problems)),
            training_cost=Cost(flops=1e12, seconds=60) if index > 2 else None,
            run=words,
        )
        for index, name in enumerate(NAMES[:arms])
    )
    return Ladder(arms=results, seed=0, seconds=5, task=words, model=words, complete=complete)


def curves(name: str = "grpo", steps: int = 50) -> dict[str, dict[str, list[float]]]:
    reward = [step / 100 for step in range(steps)]
    return {name: {"step": list(map(float, range(steps))), "reward": reward,
                   "heldout_step": [0.0, 10.0], "heldout_accuracy": [0.1, 0.4]}}  # fmt: skip


@pytest.mark.parametrize("arms", range(1, 6))
@pytest.mark.parametrize("complete", [True, False])
def test_ladders_of_any_height_render_whole(arms: int, complete: bool) -> None:
    ladder = make_ladder(arms, complete=complete)
    text = render_report(ladder, curves() if complete else {}, pick_traces(ladder), META)
    page = Page(text)
    assert page.open == []
    assert ("Stopped early" in text) is not complete
    seen = "".join(page.text)
    assert all(name in seen for name in NAMES[:arms])
    assert ladder.verdict_sentences[0] in seen


def test_nothing_is_loaded_from_anywhere() -> None:
    ladder = make_ladder()
    page = Page(text := render_report(ladder, curves(), pick_traces(ladder), META))
    assert not re.search(r"https?:|@import|url\(|<script|<link|<img|<iframe", text)
    assert not [attrs for _, attrs in page.tags if {"src", "href", "srcset"} & set(attrs)]


def test_hostile_text_stays_text() -> None:
    ladder = make_ladder(words=HOSTILE)
    text = render_report(ladder, curves(HOSTILE), pick_traces(ladder), {HOSTILE: HOSTILE})
    page = Page(text)
    assert page.open == []
    assert "script" not in {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert "<script>" in "".join(page.text)
    text.encode("utf-8")


@pytest.mark.parametrize("problems", [0, 1, 2])
def test_hardly_any_problems_render(problems: int) -> None:
    ladder = make_ladder(2, problems=problems, complete=False)
    assert Page(render_report(ladder, {"grpo": {}}, pick_traces(ladder), {})).open == []
    ET.fromstring(ladder_svg(ladder))


def test_curves_may_be_empty_short_or_not_numbers() -> None:
    ladder = make_ladder(1)
    empty = {"grpo": {"step": [], "reward": [], "heldout_step": [], "heldout_accuracy": []}}
    assert "How it learned" not in render_report(ladder, empty, (), {})
    odd = {"grpo": {"step": [0.0, 1.0], "reward": [float("nan"), -0.5], "heldout_step": [3.0]}}
    text = render_report(ladder, odd, (), {})
    assert "How it learned" in text
    assert ">nan<" not in text


def test_charts_and_tables_speak_to_those_who_do_not_see_them() -> None:
    ladder = make_ladder()
    page = Page(render_report(ladder, curves(), pick_traces(ladder), META))
    charts = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert len(charts) == 4
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in charts)
    assert [tag for tag, _ in page.tags].count("caption") == 1
    assert all(attrs["scope"] for tag, attrs in page.tags if tag == "th")


def test_standalone_svg_is_xml_with_its_own_card() -> None:
    for words in ("plain", HOSTILE):
        text = ladder_svg(make_ladder(words=words))
        root = ET.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text
        assert len(root.findall(".//{*}polygon")) == 2


@pytest.mark.parametrize("width", [380.0, 1000.0])
def test_labels_of_five_points_keep_apart(width: float) -> None:
    frame = svg.Box(44, 14, width - 54, 380)
    anchors = [(frame.left + share * frame.width, 400 - 300 * rise)
               for share, rise in ((0.1, 0.1), (0.5, 0.4), (0.9, 0.6), (0.55, 0.9), (0.5, 0.88))]  # fmt: skip
    boxes = svg.place_labels(anchors, [(110.0, 32.0)] * 5, obstacles=[], frame=frame)
    assert all(box.outside(frame) == 0 for box in boxes)
    assert all(a.overlap(b) == 0 for a, b in itertools.combinations(boxes, 2))


def test_ticks_are_round_and_cover_the_range() -> None:
    assert svg.linear_ticks(0, 0.93) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert svg.linear_ticks(2, 2)[-1] >= 3
    assert svg.log_ticks(3, 900) == [3, 10, 30, 100, 300]
    assert svg.log_ticks(1, 10**6) == [10.0**k for k in range(7)]


def test_escaping_covers_text_and_attributes() -> None:
    assert escape('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;"
    assert element("p", title='"><b>', hidden=None) == '<p title="&quot;&gt;&lt;b&gt;"></p>'
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
