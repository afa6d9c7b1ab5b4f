"""Arms, comparisons, the front and the verdict, on ladders small enough to check by hand."""

from __future__ import annotations

import json
import math

import pytest

from ponder.evaluation.arm import ArmResult, ItemResult
from ponder.evaluation.comparison import compare
from ponder.evaluation.formatting import MINUS, TIMES
from ponder.evaluation.ladder import Ladder, pareto_front
from ponder.records import Cost, Judgement, Verdict

MARKS = {"c": Verdict.CORRECT, "w": Verdict.WRONG, "t": Verdict.TRUNCATED, "n": Verdict.NO_ANSWER,
         "u": Verdict.UNPARSABLE, "o": Verdict.TIMED_OUT, "e": Verdict.ERROR}  # fmt: skip


def make_arm(name: str, marks: str, tokens: int = 10, training: Cost | None = None) -> ArmResult:
    """An arm with one problem per letter of `marks`."""
    cost = Cost(
        prompt_tokens=20, reasoning_tokens=tokens - 2, answer_tokens=2, flops=1e6 * tokens, seconds=0.01
    )
    items = tuple(
        ItemResult(problem_id=str(i), question=f"q{i}", gold="1", judgement=Judgement(MARKS[mark]), cost=cost)
        for i, mark in enumerate(marks)
    )
    return ArmResult(name=name, title=name.title(), items=items, training_cost=training)


def make_ladder(*arms: ArmResult, complete: bool = True) -> Ladder:
    return Ladder(arms=arms, seed=7, seconds=61.2, task="arithmetic", model="tiny", complete=complete)


def test_every_verdict_is_counted_and_only_the_verifiers_failures_leave_the_denominator() -> None:
    arm = make_arm("direct", "ccwtnuoe")
    assert {verdict.value: count for verdict, count in arm.verdicts.items()} == {
        "correct": 2, "wrong": 1, "no_answer": 1, "unparsable": 1, "truncated": 1, "timed_out": 1, "error": 1,
    }  # fmt: skip
    assert (arm.n, arm.n_judged, arm.accuracy) == (8, 7, pytest.approx(2 / 7))
    assert arm.interval.contains(arm.accuracy)
    assert arm.cost_per_problem["generated_tokens"] == 10
    assert arm.cost_per_problem["prompt_tokens"] == 20


def test_an_arm_without_a_judged_problem_has_no_accuracy() -> None:
    ladder = make_ladder(make_arm("direct", "ee"), make_arm("other", ""))
    assert math.isnan(ladder.arms[0].accuracy)
    assert ladder.pareto == ()
    assert ladder.verdict == "No problem has been judged yet."
    assert json.loads(json.dumps(ladder.to_json(), allow_nan=False))["arms"][0]["accuracy"] is None


def test_comparison_pairs_by_problem_and_skips_what_either_did_not_judge() -> None:
    comparison = compare(make_arm("a", "cwcwe"), make_arm("b", "ccwwcc"), seed=0)
    assert (comparison.n, comparison.both, comparison.only_a, comparison.only_b) == (4, 1, 1, 1)
    assert comparison.delta == 0
    assert comparison.tied
    assert comparison.n_needed is None


def test_a_clear_sweep_of_three_pairs_is_still_tied() -> None:
    comparison = compare(make_arm("a", "www"), make_arm("b", "ccc"), seed=0)
    assert comparison.interval == (-1, 1)
    assert comparison.p_value == pytest.approx(0.25)
    assert comparison.tied
    assert comparison.n_needed == 6  # the fewest flips that can all fall one way with p < 0.05


def test_a_tie_says_how_many_problems_would_tell_the_two_apart() -> None:
    comparison = compare(make_arm("a", "ccccwwwwww" * 4), make_arm("b", "cccwccwwww" * 4), seed=0)
    assert comparison.tied
    assert comparison.to_json()["n_needed"] == comparison.n_needed == 253
    assert compare(make_arm("a", "e"), make_arm("b", "c"), seed=0).n_needed is None


def test_front_keeps_what_nothing_beats_on_both_axes() -> None:
    cheap, dear = make_arm("cheap", "cwww", 5), make_arm("dear", "cccw", 50)
    worse = make_arm("worse", "ccww", 80)
    assert pareto_front([worse, dear, cheap]) == (cheap, dear)


def test_verdict_names_the_crossover_the_tie_and_the_training() -> None:
    ladder = make_ladder(
        make_arm("direct", "c" * 10 + "w" * 30, 4),
        make_arm("chain-of-thought", "c" * 11 + "w" * 29, 40),
        make_arm("grpo", "c" * 35 + "w" * 5, 20, Cost(flops=2e12, seconds=9)),
    )
    assert ladder.verdict == (
        "Below 20 tokens a problem, direct wins (25.0% correct); from there on, grpo (87.5%). "
        "Against direct (25.0% at 4 tokens a problem), "
        f"chain-of-thought is tied (+2.5 points, 95% interval {MINUS}5.4 to +10.8) for 10{TIMES} the tokens; "
        f"grpo gained 62.5 points for 5{TIMES} the tokens and 2 TFLOP of training."
    )


def test_verdict_of_one_arm_and_of_no_difference() -> None:
    assert make_ladder(make_arm("direct", "cw")).verdict.startswith("Only direct has run: 50.0% correct")
    level = make_ladder(make_arm("direct", "cwcw", 5), make_arm("longer", "cwcw", 50))
    assert level.verdict_sentences[0] == (
        "Nothing here is measurably better than direct: 50.0% at 5 tokens a problem."
    )


def test_json_has_the_public_shape() -> None:
    arms = (make_arm("direct", "cwww"), make_arm("grpo", "cccw", 30, Cost(flops=1e9)))
    ladder = make_ladder(*arms, complete=False)
    data = json.loads(json.dumps(ladder.to_json(), allow_nan=False))
    ours = {"task", "model", "complete", "curves", "crossovers"}
    assert set(data) == {"arms", "comparisons", "pareto", "verdict", "seed", "seconds"} | ours
    arm_keys = {"name", "n", "accuracy", "interval", "verdicts", "cost_per_problem", "run", "training_cost"}
    assert arm_keys <= set(data["arms"][0])
    assert {"a", "b", "delta", "interval", "p_value", "p_value_holm"} <= set(data["comparisons"][0])
    assert data["pareto"] == ["direct", "grpo"]
    assert data["complete"] is False
    assert data["arms"][0]["training_cost"] is None
    assert data["arms"][1]["training_cost"]["flops"] == 1e9


def test_markdown_is_one_rectangular_table() -> None:
    ladder = make_ladder(make_arm("direct", "cw"), make_arm("a|b<i>", "ct"), complete=False)
    rows = [line for line in ladder.to_markdown().splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1
    assert "Stopped early" in ladder.to_markdown()
    assert "<i>" not in ladder.to_markdown()


def test_a_ladder_needs_arms_with_different_names() -> None:
    with pytest.raises(ValueError, match="at least one"):
        make_ladder()
    with pytest.raises(ValueError, match="differ"):
        make_ladder(make_arm("a", "c"), make_arm("a", "c"))
