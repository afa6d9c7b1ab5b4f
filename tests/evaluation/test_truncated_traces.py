"""Traces cut at every budget: known ones are recovered, real ones are what the engine's own budget gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import ScriptedSampler
from hypothesis import given
from hypothesis import strategies as st
from planted_thinker import CLOSE, PlantedTask, PlantedThinker

import ponder
from ponder.errors import ConfigError, ModelError
from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.completion_store import StoredSampler
from ponder.evaluation.sufficient_budget import sufficient
from ponder.evaluation.truncated_traces import TraceConfig, TruncatedTraces, depth_of
from ponder.protocols import Begun
from ponder.records import Problem, Sampling
from ponder.scaling.chains import CHAINS
from ponder.tasks import TASKS

TASK = PlantedTask(("a", "b", "c", "d"))
PROBLEMS = TASK.problems()
GRID = (0, 2, 4, 8, 16)


def thinker(**known: object) -> PlantedThinker:
    return PlantedThinker(PROBLEMS, **known)  # type: ignore[arg-type]


def outcomes(model: PlantedThinker, *, largest: int = 16, samples: int = 1) -> dict[str, ProblemOutcomes]:
    cutter = TruncatedTraces(model, model, TraceConfig(largest=largest, samples=samples))
    rows = cutter.answer(TASK, cutter.draw(PROBLEMS), GRID)
    return {f"{row.id}{row.sample or ''}": row for row in rows}


def test_the_planted_budget_is_recovered() -> None:
    model = thinker(sufficient={"a": 0, "b": 4, "c": 16}, length={"a": 3, "b": 9, "c": 40, "d": 1})
    rows = outcomes(model)
    found = {name: each.budget if (each := sufficient(row)) else None for name, row in rows.items()}
    assert found == {"a": 0, "b": 4, "c": 16, "d": None}


def test_a_trace_that_ends_by_itself_costs_what_it_took() -> None:
    rows = outcomes(thinker(length={"a": 3, "b": 4, "c": 40, "d": 0}))
    assert {name: row.natural for name, row in rows.items()} == {"a": 3, "b": 4, "c": None, "d": 0}
    assert [each.thinking for each in rows["a"].outcomes] == [0, 2, 3, 3, 3]
    assert [each.thinking for each in rows["b"].outcomes] == [0, 2, 4, 4, 4]
    assert [each.thinking for each in rows["c"].outcomes] == list(GRID)
    # Opening, thinking, closing (three tokens where it is forced, one where it is not), answer, end.
    assert [each.tokens for each in rows["a"].outcomes] == [6, 8, 7, 7, 7]
    assert [each.tokens for each in rows["b"].outcomes] == [6, 8, 8, 8, 8]
    assert [each.tokens for each in rows["c"].outcomes] == [6, 8, 10, 14, 22]
    assert rows["c"].thought == "so " * 16
    assert [each.seen for each in rows["a"].outcomes] == [0, 6, 9, 9, 9]


def test_every_piece_is_asked_for_once_and_all_of_them_together() -> None:
    model = thinker(length={"a": 3, "b": 9, "c": 40, "d": 1})
    cutter = TruncatedTraces(model, model, TraceConfig(largest=16))
    traces = cutter.draw(PROBLEMS)
    before = len(model.asked)
    assert before == 4
    # Each marker and the thought; only the thought that was closed by force has an answer already.
    assert model.made == (1 + 3 + 1) + (1 + 9 + 1) + (1 + 16 + 3 + 2) + (1 + 1 + 1)
    cutter.answer(TASK, traces, GRID)
    pieces = 3 + 5 + 5 + 2  # a: 0, 2, all; b and c: five; d: 0, all
    assert len(model.asked) - before == pieces + 4 == cutter.calls(traces, GRID)
    assert cutter.cost.generated_tokens == model.made


def test_pieces_are_the_traces_own_tokens_and_close_at_once() -> None:
    model = thinker(length={"a": 3})
    outcomes(model)
    begun = [(p, s) for p, s in model.asked if isinstance(p, Begun) and "Question a?" in model.rendered(p)]
    assert [p.text for p, _ in begun] == ["<think>\n", "<think>\nso so ", "<think>\nso so so </think>"]
    for prompt, sampling in begun:
        assert model.rendered(prompt.token_ids) == prompt.text
        assert (sampling.thinking_budget, sampling.temperature) == (0, 0.0)
        assert (CLOSE in prompt.token_ids) == prompt.text.endswith("</think>")


def test_answering_at_once_is_asked_for_in_its_own_words() -> None:
    rows = outcomes(thinker(knows=frozenset("b")))
    assert {name: row.direct.correct for name, row in rows.items() if row.direct} == {
        "a": False, "b": True, "c": False, "d": False,
    }  # fmt: skip
    assert rows["b"].direct and rows["b"].direct.tokens == 2


def test_several_samples_are_traces_of_their_own() -> None:
    rows = outcomes(thinker(length=dict.fromkeys("abcd", 3), longer=5), samples=3)
    assert [rows[name].natural for name in ("a", "a1", "a2", "d2")] == [3, 8, 13, 13]
    assert [rows[name].sample for name in ("a", "a1", "a2")] == [0, 1, 2]


def test_a_trace_that_breaks_off_is_a_thought_without_its_end() -> None:
    rows = outcomes(thinker(sufficient={"a": 3}, length={"a": 3, "b": 3}, breaks_off=frozenset("a")))
    assert [each.thinking for each in rows["a"].outcomes] == [0, 2, 3, 3, 3]
    assert [each.correct for each in rows["a"].outcomes] == [False, False, True, True, True]
    assert (rows["a"].natural, rows["b"].natural) == (None, 3)
    assert rows["a"].thought == "so " * 3
    assert rows["a"].last.tokens == rows["b"].last.tokens + 2, "it has to be closed by force"


def test_a_trace_longer_than_the_grid_has_no_natural_end_in_it() -> None:
    row = outcomes(thinker(length={"a": 30}), largest=64)["a"]
    assert row.natural is None and row.last.thinking == 16


def test_a_prompt_may_open_the_thinking_itself() -> None:
    model = thinker(sufficient={"a": 2}, length={"a": 5}, opened_by_prompt=True)
    row = outcomes(model)["a"]
    assert [each.correct for each in row.outcomes] == [False, True, True, True, True]
    assert [each.thinking for each in row.outcomes] == [0, 2, 4, 5, 5]
    assert (row.natural, row.thought) == (5, "so " * 5)


def test_a_model_that_does_not_think_costs_its_answer_at_every_budget() -> None:
    model = thinker(thinks=False)
    cutter = TruncatedTraces(model, model, TraceConfig(largest=16))
    traces = cutter.draw(PROBLEMS)
    assert not any(trace.began for trace in traces)
    for row in cutter.answer(TASK, traces, GRID):
        assert {(each.thinking, each.tokens) for each in row.outcomes} == {(0, 2)}
        assert row.natural == 0


def test_a_store_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    config, path = TraceConfig(largest=16), tmp_path / "completions.jsonl"
    model = thinker(length={"a": 3})

    def run(grid: tuple[int, ...]) -> list[ProblemOutcomes]:
        cutter = TruncatedTraces(StoredSampler(model, path, model="planted"), model, config)
        return cutter.answer(TASK, cutter.draw(PROBLEMS), grid)

    first = run(GRID)
    asked = len(model.asked)
    assert run(GRID) == first
    assert len(model.asked) == asked
    run((*GRID[:-1], 12, 16))
    assert len(model.asked) - asked == 3  # one more piece of each trace that is long enough


def test_a_sampler_without_token_ids_is_refused() -> None:
    model = thinker()
    empty = ScriptedSampler([""])
    with pytest.raises(ModelError, match="without token ids cannot be cut"):
        TruncatedTraces(empty, model, TraceConfig()).draw(PROBLEMS)


@pytest.mark.parametrize("wrong", ["largest", "answer_tokens", "samples"])
def test_a_config_out_of_range_is_named(wrong: str) -> None:
    with pytest.raises(ConfigError, match=f"{wrong} must be at least 1, not 0"):
        TraceConfig(**{wrong: 0})


@pytest.mark.parametrize(
    ("meta", "depth"), [({"depth": 3}, 3), ({"level": "Level 5"}, 5), ({"level": "hard"}, None), ({}, None)]
)
def test_difficulty_is_the_depth_or_the_level(meta: dict[str, object], depth: int | None) -> None:
    assert depth_of(Problem(id="1", question="q", answer="a", task="t", meta=meta)) == depth


@given(
    length=st.integers(0, 40),
    need=st.integers(0, 40),
    budgets=st.sets(st.integers(0, 32), min_size=2, max_size=6),
)
def test_any_planted_need_is_recovered_to_the_step_below_it(
    length: int, need: int, budgets: set[int]
) -> None:
    grid, largest = sorted(budgets), max(budgets)
    task = PlantedTask(("x",))
    model = PlantedThinker(task.problems(), sufficient={"x": need}, length={"x": length})
    cutter = TruncatedTraces(model, model, TraceConfig(largest=max(1, largest)))
    (row,) = cutter.answer(task, cutter.draw(task.problems()), grid)
    expected = next((budget for budget in grid if min(budget, length) >= need), None)
    found = sufficient(row)
    assert (found.budget if found else None) == expected
    assert [each.thinking for each in row.outcomes] == [min(budget, length) for budget in grid]
    assert row.natural == (length if length <= largest and length < max(1, largest) else None)


def test_a_piece_answers_as_the_engines_own_thinking_budget_does() -> None:
    """A slow twin: the trace sampled anew with each budget."""
    engine, task = ponder.load("tiny"), TASKS["arithmetic"]
    problems = task.problems(split="test", count=12, seed=0)
    cutter = TruncatedTraces(engine, engine, TraceConfig(largest=64))
    grid = (0, 5, 11, 23, 64)
    rows = cutter.answer(task, cutter.draw(problems), grid)
    for place, budget in enumerate(grid):
        sampling = Sampling(temperature=0.0, max_tokens=140, thinking_budget=budget)
        prompts = [CHAINS["think"].prompt(problem) for problem in problems]
        for row, problem, (twin,) in zip(rows, problems, engine.generate(prompts, sampling), strict=True):
            assert row.outcomes[place].correct == task.judge(problem, twin).correct
            if row.natural != budget:  # there the one closes and the other was closed
                assert row.outcomes[place].tokens == twin.cost.generated_tokens
