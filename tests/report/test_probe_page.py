"""The page of a deduction probe: whole, self-contained, and every number where it belongs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pages import HOSTILE, Page
from planted_solvers import AnsweringSampler, PatternMatcher, TheoremProver

from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.faithfulness import measure_faithfulness
from ponder.evaluation.probe_answers import ProbeAnswer, answer_items
from ponder.evaluation.step_audit import audit_steps
from ponder.logic.contamination import Contamination
from ponder.logic.items import VERSIONS, draw_items
from ponder.protocols import Budget
from ponder.report.flip_list import MOST, in_turn
from ponder.report.heat_map import heat_map, probe_svg, told
from ponder.report.probe_page import render_probe, write_probe
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.chains import CHAINS

ITEMS = draw_items("colours", proofs=48, depths=(2, 3, 4), versions=VERSIONS, seed=1)
BUDGET = Budget(tokens=400, per_completion=400)
META = {"command": "ponder probe deduction", "commit": "abc"}


def arm(name: str, reply: object) -> ProbedArm:
    sampler = AnsweringSampler(reply)
    answers = answer_items(ChainOfThought(), ITEMS, sampler, BUDGET)
    return ProbedArm(
        name=name,
        model=f"{name} model",
        strategy="chain-of-thought",
        answers=answers,
        steps=audit_steps(answers),
        faithfulness=measure_faithfulness(answers, CHAINS["think"], sampler, BUDGET),
    )


@pytest.fixture(scope="module")
def probe() -> DeductionProbe:
    overlap = Contamination(words=8, texts=5, items=())
    arms = (arm("matcher", PatternMatcher()), arm("prover", TheoremProver()))
    return DeductionProbe(form="colours", seed=1, arms=arms, contamination=overlap, sha256="f00d")


def test_the_page_answers_first_and_holds_everything(probe: DeductionProbe) -> None:
    text = render_probe(probe, META)
    Page(text)  # well-formed, nothing to load
    assert "<h1>matcher mostly matches patterns; prover mostly deduces.</h1>" in text
    for heading in (
        "Accuracy by version and depth", "The pattern-matching share", "The differences",
        "The steps, one by one", "Does the answer follow the trace?", "What the training file holds", "Flips",
    ):  # fmt: skip
        assert f"<h2>{heading}</h2>" in text
    assert "prover over matcher" in text and "ponder probe deduction" in text
    assert "Stopped early" not in text and ">nan" not in text


def test_the_heat_map_has_a_cell_for_everything_and_tells_its_interval(probe: DeductionProbe) -> None:
    matcher = probe.arms[0]
    drawn = heat_map(matcher)
    assert drawn.count("<g>") == len(VERSIONS) * (3 + 1)
    misled = matcher.versions["counterfactual"]
    assert "0 of 48 right, 0.0% (95% interval 0.0" in told(misled)
    assert "below guessing (50.0%)" in told(misled) and "below guessing" in drawn
    guessed = matcher.versions["invented"]
    assert guessed.interval.contains(0.5) and "not told from guessing" in told(guessed)
    assert f"({100 * guessed.accuracy:.0f})" in drawn, "in brackets"
    assert told(matcher.versions["familiar"]).endswith("above guessing (50.0%)")
    assert "nothing judged" in told(replace(guessed, n=0, right=0))


def test_the_svg_stands_alone(probe: DeductionProbe) -> None:
    root = ElementTree.fromstring(probe_svg(probe))
    assert root.tag.endswith("svg") and "var(" not in probe_svg(probe)


def test_flips_are_listed_in_turn(probe: DeductionProbe) -> None:
    found = in_turn(probe.arms[0].flips)
    assert {flip.other.item.version for flip in found[:2]} == {"counterfactual", "invented"}
    shown = render_probe(probe, META).count('<details class="problem">')
    assert shown == min(MOST, len(found))


def test_all_files_are_written(probe: DeductionProbe, tmp_path: Path) -> None:
    report = write_probe(tmp_path, probe, META)
    assert report.name == "report.html"
    result = json.loads((tmp_path / "deduction.json").read_text())
    assert result["sentences"][0].startswith("matcher mostly") and result["items_sha256"] == "f00d"
    flips = (tmp_path / "flips.jsonl").read_text().splitlines()
    assert len(flips) == sum(len(arm.flips) for arm in probe.arms) > 48
    assert json.loads(flips[0])["other"]["question"]
    assert (tmp_path / "deduction.md").read_text().startswith("# matcher mostly")
    ElementTree.parse(tmp_path / "deduction.svg")


def test_nothing_that_a_model_wrote_is_markup(probe: DeductionProbe) -> None:
    prover = probe.arms[1]

    def hostile(answer: ProbeAnswer) -> ProbeAnswer:
        wrong = probe.arms[0].answers[1].result.judgement
        told = replace(answer.result, text=HOSTILE, answer=HOSTILE)
        lost = answer.item.version == "invented"
        return replace(answer, result=replace(told, judgement=wrong) if lost else told)

    answers = tuple(map(hostile, prover.answers))
    bad = ProbedArm(name=HOSTILE, model=HOSTILE, strategy=HOSTILE, answers=answers)
    text = render_probe(DeductionProbe(form="colours", seed=0, arms=(bad,)), {"command": HOSTILE})
    Page(text)
    assert HOSTILE not in text


def test_a_probe_that_was_stopped_says_so(probe: DeductionProbe) -> None:
    cut = DeductionProbe(form="colours", seed=1, arms=probe.arms[:1], complete=False)
    text = render_probe(cut, {})
    Page(text)
    assert "Stopped early" in text and "Between arms" not in text
