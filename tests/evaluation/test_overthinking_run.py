"""A whole probe: tasks in, outcomes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_thinker import PlantedTask, PlantedThinker

from ponder.errors import ConfigError, ModelError
from ponder.evaluation.overthinking_run import (
    POINTS,
    check_budgets,
    choose_budgets,
    parse_budgets,
    run_overthinking,
)
from ponder.evaluation.truncated_traces import Trace, TraceConfig, TruncatedTraces
from ponder.progress import Progress
from ponder.records import Problem

ONE, TWO = PlantedTask(("a", "b"), name="one"), PlantedTask(("c", "d"), name="two")
PROBLEMS = [*ONE.problems(), *TWO.problems()]
QUIET = Progress(quiet=True)


def cutter(**known: object) -> TruncatedTraces:
    model = PlantedThinker(PROBLEMS, **known)  # type: ignore[arg-type]
    return TruncatedTraces(model, model, TraceConfig(largest=64))


def test_all_tasks_are_cut_at_the_same_budgets() -> None:
    thinker = cutter(length={"a": 3, "b": 5, "c": 21, "d": 0})
    rows = run_overthinking([(ONE, ONE.problems()), (TWO, TWO.problems())], thinker, progress=QUIET)
    assert [(row.task, row.id) for row in rows] == [("one", "a"), ("one", "b"), ("two", "c"), ("two", "d")]
    assert {row.budgets for row in rows} == {(0, 2, 3, 4, 6, 8, 12, 16, 24)}
    assert [row.natural for row in rows] == [3, 5, 21, 0]


def test_budgets_that_are_given_are_taken() -> None:
    rows = run_overthinking([(ONE, ONE.problems())], cutter(), budgets=(0, 5, 9), progress=QUIET)
    assert {row.budgets for row in rows} == {(0, 5, 9)}


def test_a_model_without_a_thinking_format_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^somebody opened no thinking with <think> in 2 completions"):
        run_overthinking([(ONE, ONE.problems())], cutter(thinks=False), model="somebody", progress=QUIET)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("0,16,8", "the budgets 0,16,8 should ascend"),
        ("0,8,8", "should ascend, each once"),
        ("-4,8", "the budgets -4,8 hold a negative number"),
        ("8", "the budgets 8 should be two at least"),
        ("", "should be whole numbers with commas"),
        ("0,8.5", "should be whole numbers"),
        ("0,--8", "should be whole numbers"),
        ("0,eight", "should be whole numbers"),
        ("0,99999999999", "should be whole numbers"),
    ],
)
def test_bad_budgets_are_one_clear_line(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        parse_budgets(text)
    assert "\n" not in str(caught.value)


@given(st.sets(st.integers(0, 10**6), min_size=2))
def test_good_budgets_are_read(budgets: set[int]) -> None:
    text = ", ".join(map(str, sorted(budgets)))
    assert parse_budgets(text) == check_budgets(sorted(budgets)) == tuple(sorted(budgets))


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=5), st.integers(1, 5000))
def test_chosen_budgets_ascend_to_the_longest_trace(lengths: list[int], largest: int) -> None:
    problem = Problem(id="1", question="q", answer="a", task="t")
    traces = [Trace(problem, 0, (), (), thought=min(length, largest)) for length in lengths]
    chosen = check_budgets(choose_budgets(traces, largest))
    assert chosen[0] == 0 and len(chosen) <= POINTS + 2
    longest = min(max(lengths), largest)
    assert longest <= chosen[-1] <= max(1, min(largest, max(2, longest * 3 // 2)))


def test_one_trace_without_an_end_does_not_coarsen_the_grid() -> None:
    problem = Problem(id="1", question="q", answer="a", task="t")
    traces = [Trace(problem, 0, (), (), thought=length) for length in [30] * 99 + [301]]
    assert choose_budgets(traces, 301) == (0, 2, 3, 4, 6, 8, 12, 16, 24, 32, 301)
