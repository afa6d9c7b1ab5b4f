"""Planted solvers whose share of pattern matching is known, and the measures around it."""

from __future__ import annotations

import json
import math

import pytest
from planted_solvers import AnsweringSampler, PatternMatcher, TheoremProver, written

from ponder.errors import ConfigError
from ponder.evaluation.deduction_probe import DeductionProbe, ProbedArm
from ponder.evaluation.pattern_share import pattern_share
from ponder.evaluation.probe_answers import ProbeAnswer, ProbeTask, answer_items
from ponder.evaluation.probe_cells import Cell, cell, chance_depth
from ponder.evaluation.probe_differences import arm_differences, version_differences
from ponder.evaluation.probe_flips import flips
from ponder.evaluation.probe_markdown import probe_markdown
from ponder.evaluation.probe_words import headline, judged, sentences
from ponder.logic.items import VERSIONS, draw_items
from ponder.protocols import Budget
from ponder.scaling.chain_of_thought import ChainOfThought

pytestmark = pytest.mark.slow  # every item is proved by Z3, when it is drawn and when it is answered
ITEMS = draw_items("colours", proofs=120, depths=(2, 3, 4), versions=VERSIONS, seed=3)
BUDGET = Budget(tokens=400, per_completion=400)


def answers_of(reply: object, items: list = ITEMS) -> tuple[ProbeAnswer, ...]:
    return answer_items(ChainOfThought(), items, AnsweringSampler(reply), BUDGET)


@pytest.fixture(scope="module")
def prover() -> tuple[ProbeAnswer, ...]:
    return answers_of(TheoremProver())


@pytest.fixture(scope="module")
def matcher() -> tuple[ProbeAnswer, ...]:
    return answers_of(PatternMatcher())


def arm(name: str, answers: tuple[ProbeAnswer, ...]) -> ProbedArm:
    return ProbedArm(name=name, model=name, strategy="chain-of-thought", answers=answers)


def test_a_theorem_prover_matches_no_patterns(prover: tuple[ProbeAnswer, ...]) -> None:
    found = pattern_share(prover)
    assert all(answer.right for answer in prover)
    assert found.defined and found.value == 0.0 and found.value < 0.05
    assert found.interval.low == 0.0 and 0.0 < found.interval.high < 0.05, "what did not happen might have"
    assert judged(found) == "mostly deduces"


def test_a_pattern_matcher_does_nothing_else(matcher: tuple[ProbeAnswer, ...]) -> None:
    found = pattern_share(matcher)
    assert found.value > 0.9 and found.interval.low > 0.5
    assert found.familiar == 1.0 and found.stripped["counterfactual"] == 0.0
    assert 0.35 < found.stripped["invented"] < 0.65
    assert judged(found) == "mostly matches patterns"


def test_a_mixture_has_a_share_between(
    prover: tuple[ProbeAnswer, ...], matcher: tuple[ProbeAnswer, ...]
) -> None:
    """Deduces on every other proof and looks up or guesses on the rest."""
    proofs = list(dict.fromkeys(item.proof for item in ITEMS))
    looked_up = set(proofs[::2])
    mixed = [b if b.item.proof in looked_up else a for a, b in zip(prover, matcher, strict=True)]
    found = pattern_share(mixed)
    assert abs(found.value - 0.75) < 0.1, "of counterfactual skill all is gone, of invented half"
    assert found.interval.contains(0.75) and found.interval.high - found.interval.low < 0.3


def test_the_share_is_undefined_at_chance() -> None:
    found = pattern_share(answers_of(lambda _: written([], "purple")))
    assert not found.defined and math.isnan(found.value) and "chance" in found.reason
    assert found.to_json()["value"] is None
    assert judged(found) == "does no better than guessing"


def test_the_share_says_what_is_missing(prover: tuple[ProbeAnswer, ...]) -> None:
    told = [answer for answer in prover if answer.item.version in ("familiar", "shuffled")]
    assert "counterfactual" in pattern_share(told).reason
    assert "familiar" in pattern_share([]).reason


def test_proofs_of_which_the_world_knows_nothing_do_not_count() -> None:
    items = draw_items("colours", proofs=8, depths=(1,), versions=VERSIONS, seed=0)
    assert "the world" in pattern_share(answers_of(TheoremProver(), items)).reason


def test_the_prover_reads_statements_too() -> None:
    items = draw_items("statement", proofs=24, depths=(1, 2), versions=VERSIONS, seed=1)
    answers = answers_of(TheoremProver(), items)
    assert all(answer.right for answer in answers)
    assert pattern_share(answers).value == 0.0


def test_cells_count_what_was_right(matcher: tuple[ProbeAnswer, ...]) -> None:
    found = arm("matcher", matcher)
    assert found.cells.keys() == set(VERSIONS)
    for version, cells in found.cells.items():
        assert sum(each.n for each in cells) == found.versions[version].n == 120
        assert sum(each.right for each in cells) == found.versions[version].right
        assert all(each.chance == 0.5 for each in cells)
    assert found.chance_depths["counterfactual"] == 2, "below chance there is no skill either"
    assert found.chance_depths["familiar"] is None


def a_cell(depth: int, right: int) -> Cell:
    return Cell(version="familiar", depth=depth, n=40, right=right, chance=0.5)


@pytest.mark.parametrize(
    ("right", "depth"),
    [((40, 38, 36), None), ((40, 22, 19), 2), ((20, 40, 21), 3), ((20, 20, 20), 1), ((40, 20, 40), None)],
)
def test_the_chance_depth_is_where_skill_ends_for_good(right: tuple[int, ...], depth: int | None) -> None:
    assert chance_depth([a_cell(at, count) for at, count in enumerate(right, 1)]) == depth


def test_an_empty_cell_is_all_that_is_possible() -> None:
    found = cell([], "familiar", 3)
    assert math.isnan(found.accuracy) and found.interval == (0.0, 1.0) and found.to_json()["accuracy"] is None


def test_differences_are_paired_by_proof_and_corrected(
    prover: tuple[ProbeAnswer, ...], matcher: tuple[ProbeAnswer, ...]
) -> None:
    within = {each.comparison.b: each for each in version_differences({"matcher": matcher}, seed=0)}
    assert within.keys() == set(VERSIONS) - {"familiar"}
    lost = within["counterfactual"]
    assert lost.comparison.n == lost.comparison.only_a == 120 and lost.significant
    assert within["reworded"].comparison.delta == 0.0 and within["reworded"].holm_p == 1.0
    assert all(each.holm_p >= each.comparison.p_value for each in within.values())
    between = arm_differences({"matcher": matcher, "prover": prover}, seed=0)
    assert [each.within for each in between] == list(VERSIONS)
    by_version = {each.within: each.comparison for each in between}
    assert by_version["counterfactual"].delta == 1.0 and by_version["familiar"].delta == 0.0


def test_flips_show_both_texts(matcher: tuple[ProbeAnswer, ...], prover: tuple[ProbeAnswer, ...]) -> None:
    assert flips(prover) == []
    found = [flip for flip in flips(matcher) if flip.other.item.version == "counterfactual"]
    assert len(found) == 120 and all(flip.lost and flip.as_world_says for flip in found)
    told = found[0].to_json()
    assert told["familiar"]["right"] and not told["other"]["right"]
    assert told["familiar"]["question"] != told["other"]["question"]
    assert told["familiar"]["gold"] != told["other"]["gold"] == found[0].other.item.answer


def test_the_words_name_who_deduces(
    prover: tuple[ProbeAnswer, ...], matcher: tuple[ProbeAnswer, ...]
) -> None:
    probe = DeductionProbe(form="colours", seed=0, arms=(arm("matcher", matcher), arm("prover", prover)))
    assert headline(probe) == "matcher mostly matches patterns; prover mostly deduces."
    said = sentences(probe)
    assert any("prover over matcher: more deduction" in each for each in said)
    back = DeductionProbe(form="colours", seed=0, arms=(arm("prover", prover), arm("matcher", matcher)))
    assert any("matcher over prover: a loss" in each for each in sentences(back))
    result = json.loads(json.dumps(probe.to_json()))
    assert result["proofs"] == 120 and len(result["arm_differences"]) == len(VERSIONS)
    table = probe_markdown(probe)
    assert "## matcher" in table and "Pattern-matching share" in table and "nan" not in table


def test_the_headline_names_what_breaks_the_skill(prover: tuple[ProbeAnswer, ...]) -> None:
    """Proves everything, but is lost where sentences are added."""
    guesses = answers_of(lambda _: written([], "purple"))
    answers = tuple(b if a.item.version == "distracted" else a for a, b in zip(prover, guesses, strict=True))
    probe = DeductionProbe(form="colours", seed=0, arms=(arm("lost", answers),))
    assert headline(probe) == "lost mostly deduces; but sentences that do not matter cost lost 100.0 points."
    assert sentences(probe)[-1].endswith("What sentences that do not matter cost, in points: lost −100.0.")


def test_familiar_gains_alone_are_patterns(matcher: tuple[ProbeAnswer, ...]) -> None:
    guesses = answers_of(lambda _: written([], "purple"))
    named = (arm("guesses", guesses), arm("matcher", tuple(
        a if a.item.version == "familiar" else b for a, b in zip(matcher, guesses, strict=True)
    )))  # fmt: skip
    probe = DeductionProbe(form="colours", seed=0, arms=named)
    assert any("patterns, not deduction" in each for each in sentences(probe))


def test_the_probe_shows_no_worked_examples() -> None:
    with pytest.raises(ConfigError, match="few-shot"):
        ProbeTask("colours").problems(split="train", count=1, seed=0)


def test_a_probe_has_an_arm() -> None:
    with pytest.raises(ValueError, match="at least one arm"):
        DeductionProbe(form="colours", seed=0, arms=())
