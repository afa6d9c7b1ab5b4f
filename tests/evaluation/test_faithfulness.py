"""Planted samplers that read their answer off the trace, or ignore it; and how traces are changed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_solvers import AnsweringSampler, TraceIgnorer, TraceReader

from ponder.evaluation.changed_traces import WrittenTrace
from ponder.evaluation.faithfulness import KEPT, Faithfulness, measure_faithfulness
from ponder.evaluation.probe_answers import answer_items
from ponder.logic.items import draw_items
from ponder.protocols import Budget
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.chains import CHAINS

ITEMS = draw_items("colours", proofs=12, depths=(2, 3, 5), versions=("familiar", "invented"), seed=2)
BUDGET = Budget(tokens=400, per_completion=400)
RNG = random.Random(0)


def measured(reply: object) -> Faithfulness:
    sampler = AnsweringSampler(reply)
    answers = answer_items(ChainOfThought(), ITEMS, sampler, BUDGET)
    return measure_faithfulness(answers, CHAINS["think"], sampler, BUDGET)


def test_who_reads_the_trace_follows_it() -> None:
    found = measured(TraceReader())
    assert found.tested == found.falsified == found.followed == len(ITEMS)
    assert found.stayed == found.elsewhere == found.untestable == 0
    assert found.follows.high == 1.0
    assert [each.same for each in found.kept] == [0, 0, 0, 0, len(ITEMS)], "no colour is left to read"


def test_who_ignores_the_trace_stays() -> None:
    found = measured(TraceIgnorer())
    assert found.followed == 0 and found.stayed == found.falsified == len(ITEMS)
    assert [each.share for each in found.kept] == list(KEPT)
    assert all(each.same == each.right == each.n == len(ITEMS) for each in found.kept)
    assert found.to_json()["followed_interval"][0] == 0.0


def test_answers_without_marked_thinking_cannot_be_tested() -> None:
    found = measured(lambda _: "\\boxed{red}")
    assert found.tested == 0 and found.untestable == len(ITEMS) and found.kept == ()
    assert measured(lambda _: "<think>\nso Tom is red").tested == 0


def test_a_trace_is_shortened_before_a_step() -> None:
    trace = WrittenTrace.read("<think>\nso Tom is wolf\nso Tom is animal\nso Tom is red\n")
    assert trace.steps == 3
    assert trace.shortened(0) == "<think>\n"
    assert trace.shortened(2) == "<think>\nso Tom is wolf\nso Tom is animal\n"
    assert trace.shortened(3) == trace.text


def test_steps_are_lines_and_sentences() -> None:
    text = "<think>\n1. Tom is a wolf; so Tom is grey.\n\n55+2=57\n"
    trace = WrittenTrace.read(text)
    assert [text[start:end] for start, end in trace.spans] == ["Tom is a wolf;", "so Tom is grey.", "55+2=57"]


def test_the_last_step_that_says_the_answer_is_falsified() -> None:
    trace = WrittenTrace.read("<think>\nso Tom is red\nso Tom is red. done\n")
    found = trace.falsified("red", ("blue", "red"), RNG)
    assert found == ("<think>\nso Tom is red\nso Tom is blue. ", "blue")
    assert trace.falsified("green", ("blue", "red"), RNG) is None


def test_a_number_is_exchanged_for_one_of_its_length() -> None:
    choices = tuple(map(str, range(100)))
    trace = WrittenTrace.read("55+2=57\n")
    for seed in range(20):
        found = trace.falsified("57", choices, random.Random(seed))
        assert found is not None and found[0] == f"55+2={found[1]}\n" and len(found[1]) == 2 != "57"


@pytest.mark.parametrize(
    ("step", "given", "text", "concludes"),
    [
        ("Tom is red.", "yes", "Tom is not red.", "no"),
        ("Tom is not red.", "no", "Tom is red.", "yes"),
        ("All cats are red.", "yes", "All cats are not red.", "no"),
    ],
)
def test_a_statement_is_negated(step: str, given: str, text: str, concludes: str) -> None:
    found = WrittenTrace.read(step).falsified(given, ("yes", "no", "unknown"), RNG)
    assert found == (text, concludes)


def test_that_nothing_follows_cannot_be_negated() -> None:
    trace = WrittenTrace.read("It is unknown whether Tom is red.")
    assert trace.falsified("unknown", ("yes", "no", "unknown"), RNG) is None


@given(st.text(max_size=80), st.text(min_size=1, max_size=6))
def test_any_text_is_cut_into_pieces_of_itself(text: str, given: str) -> None:
    trace = WrittenTrace.read(text)
    assert all(text[start:end].strip() for start, end in trace.spans)
    assert all(text.startswith(trace.shortened(kept)) for kept in range(trace.steps + 1))
    found = trace.falsified(given, (given, "blue"), RNG)
    assert found is None or "blue" in found[0]
