"""The page is well-formed, self-contained and safe, for whole ladders and for broken-off ones."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from pages import HOSTILE, NAMES, Page, make_ladder

from ponder.evaluation.arm import ArmResult, ItemResult, JudgedSample
from ponder.evaluation.ladder import Ladder
from ponder.evaluation.wording import price
from ponder.records import Cost, Judgement, Verdict
from ponder.report import svg
from ponder.report.cost_chart import ladder_svg
from ponder.report.html import render_report
from ponder.report.markup import element, escape
from ponder.report.traces import pick_traces

META = {"command": "ponder tour", "seed": "0", "hardware": "2 cores"}


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
    assert not [attrs for _, attrs in page.tags if {"src", "srcset"} & set(attrs)]
    links = {attrs["href"] for tag, attrs in page.tags if "href" in attrs}
    assert {link.partition("#")[0] for link in links if link} == {f"arms/{name}.html" for name in NAMES}


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


def replayed(name: str, rights: str, tokens: int, *, flops: float = 1e7) -> ArmResult:
    """An arm of 20 problems with a sample for each letter, of which those of the letter c are right."""
    samples = tuple(
        JudgedSample(
            text=mark,
            judgement=Judgement(Verdict.CORRECT if mark == "c" else Verdict.WRONG, mark),
            cost=Cost(),
        )
        for mark in rights
    )
    cost = Cost(answer_tokens=tokens, flops=flops, seconds=0.1)
    items = tuple(
        ItemResult(problem_id=str(n), question="q", gold="c", judgement=Judgement(Verdict.CORRECT, "c"),
                   cost=cost, samples=samples)
        for n in range(20)
    )  # fmt: skip
    return ArmResult(name=name, title=name, items=items, independent=True)


def test_replays_of_the_same_samples_share_a_figure_and_revisions_are_counted() -> None:
    arms = (replayed("votes", "wccc", 8), replayed("best", "wccc", 9), replayed("few", "wc", 4))
    text = render_report(Ladder(arms=arms, seed=0, seconds=1, task="t", model="m"), {}, (), {})
    page = Page(text)
    replays = [attrs["aria-label"] for tag, attrs in page.tags if tag == "svg" and "samples" in str(attrs)]
    assert replays == [
        "votes and best, at least one right and the majority right: 1 samples 75.0% and 75.0%; "
        "2 samples 100.0% and 75.0%; 4 samples 100.0% and 100.0%.",
        "few, at least one right and the majority right: 1 samples 50.0% and 50.0%; "
        "2 samples 100.0% and 50.0%.",
    ]
    assert "Fixed20Harmed0" in re.sub(r"<[^>]*data-label=\"([^\"]*)\"[^>]*>", r"\1", text).replace(
        "</td>", ""
    )


def test_an_axis_that_was_not_counted_is_left_out() -> None:
    arms = (replayed("a", "c", 4), replayed("b", "c", 9, flops=0.0))
    ladder = Ladder(arms=arms, seed=0, seconds=1, task="t", model="m")
    text = render_report(ladder, {}, (), {})
    assert ladder.axes == ("generated_tokens", "seconds")
    assert "FLOPs per problem" not in text and "By FLOPs" not in text
    assert "time per problem" in text and "By time" in text and len(ladder.crossover_sentences) == 2


def test_a_strip_says_which_arm_from_which_price_on() -> None:
    ladder = make_ladder(problems=60)
    page = Page(render_report(ladder, {}, (), {}))
    said = "".join(page.text)
    for axis in ladder.axes:
        for stretch in ladder.crossovers(axis):
            assert f"from {price(stretch.start, axis)}{stretch.name}" in said


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
    assert len(charts) == 8  # three axes, wide and narrow each, and two learning curves
    axes = [str(attrs["aria-label"]).partition(" per problem")[0].split()[-1] for attrs in charts[:6:2]]
    assert axes == ["tokens", "FLOPs", "time"]
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
