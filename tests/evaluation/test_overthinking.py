"""The measures of a group, on outcomes whose measures are known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from outcome_rows import ANSWER, GRID, row, tables
from planted_thinker import PlantedTask, PlantedThinker

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.overthinking import PARTS, by_depth, by_task, measure, paired
from ponder.evaluation.truncated_traces import TraceConfig, TruncatedTraces

NEEDS = {f"n{number}": need for number, need in enumerate((0, 0, 2, 3, 4, 8, 8, 9))}
"""Right from so many tokens on; b* is the grid's next budget."""
BREAKS = {"k0": 8, "k1": 5}
"""Right at once, wrong from so many on."""
NEVER = ("x0", "x1")
NAMES = (*NEEDS, *BREAKS, *NEVER)
LENGTHS = {"n0": 10, "n5": 12, "x0": 7}
"""The others think on to the largest budget."""
EXPECTED = {"n0": 0, "n1": 0, "n2": 2, "n3": 4, "n4": 4, "n5": 8, "n6": 8, "n7": 16}


def planted() -> list[ProblemOutcomes]:
    task = PlantedTask(NAMES, depths={name: 1 + (name[0] != "n") for name in NAMES})
    model = PlantedThinker(
        task.problems(),
        sufficient={**NEEDS, "k0": 0, "k1": 0},
        breaks_at=BREAKS,
        length=LENGTHS,
        knows=frozenset({"n0", "k0", "x0"}),
    )
    cutter = TruncatedTraces(model, model, TraceConfig(largest=16))
    return cutter.answer(task, cutter.draw(task.problems()), GRID)


def test_all_measures_of_a_planted_thinker_are_recovered() -> None:
    found = measure("all", planted())
    assert (found.problems, found.traces) == (12, 12)
    assert found.solved.value == pytest.approx(8 / 12)
    assert found.futile.value == pytest.approx(2 / 12)
    assert found.broken.value == pytest.approx(2 / 12)
    assert found.wavered.value == 0
    assert found.mended.value == pytest.approx(6 / 12)
    assert found.sufficient.value == pytest.approx(sum(EXPECTED.values()) / 8)
    total = {name: LENGTHS.get(name, 16) for name in NAMES}
    tax = [total[name] - need for name, need in EXPECTED.items()]
    assert found.tax.value == pytest.approx(sum(tax) / 8)
    everything = sum(total.values())
    parts = {
        "needed": sum(EXPECTED.values()),
        "tax": sum(tax),
        "spoiled": sum(total[name] for name in BREAKS),
        "futile": sum(total[name] for name in NEVER),
    }
    assert sum(parts.values()) == everything
    for name in PARTS:
        assert found.spent[name].value == pytest.approx(parts[name] / everything)


def test_the_curve_of_a_planted_thinker_is_recovered() -> None:
    found = measure("all", planted())
    right = [4, 5, 7, 7, 8]  # those whose need is met, and the two that break as long as they have not
    assert [point.accuracy.value * 12 for point in found.curve] == pytest.approx(right)
    starving = [6, 5, 3, 1, 0]
    assert [point.starvation.value * 12 for point in found.curve] == pytest.approx(starving)
    assert (found.best.budget, found.whole.budget) == (16, 16)
    assert found.ended.value == pytest.approx(3 / 12) and found.natural == 10
    # Closing by force takes three tokens, ending by itself one, which three of twelve do.
    assert found.written_on == pytest.approx(2 * 3 / 12)
    assert found.oracle.accuracy == pytest.approx(10 / 12)
    assert found.asked_at_once and found.at_once.accuracy.value == pytest.approx(3 / 12)
    # n0 is right both times, k0 and x0 at once only, the seven others with a need in the end only.
    assert found.gain.delta == pytest.approx(5 / 12)
    assert (found.gain.helped, found.gain.harmed) == (7, 2)
    assert found.gain.p_value == pytest.approx(2 * (1 + 9 + 36) / 2**9)


def test_by_task_and_by_depth() -> None:
    rows = [*planted(), row("y", "+++++", task="u")]
    assert [(each.name, each.problems) for each in by_task(rows)] == [("planted", 12), ("u", 1)]
    shallow, deep = by_depth(rows)
    assert (shallow.name, shallow.problems, shallow.solved.value) == ("depth 1", 8, 1.0)
    assert (deep.name, deep.problems, deep.broken.value) == ("depth 2", 4, 0.5)


def test_the_best_budget_is_the_cheapest_of_equals_and_enough_is_not_told_from_it() -> None:
    found = measure("t", [row(str(n), "--+++") for n in range(8)])
    assert (found.best.budget, found.enough.budget) == (4, 4)
    # Two of thirty more at 16 are no proof that 4 is worse.
    rows = [row(str(n), "--+++" if n < 28 else "----+") for n in range(30)]
    found = measure("t", rows)
    assert (found.best.budget, found.enough.budget) == (16, 4)


def test_without_words_for_it_answering_at_once_is_the_smallest_budget() -> None:
    found = measure("t", [row("a", "-++++"), row("b", "+++++")])
    assert not found.asked_at_once
    assert found.at_once is found.curve[0]
    assert found.gain.delta == 0.5


def test_a_group_that_is_never_right_has_no_sufficient_budget() -> None:
    found = measure("t", [row(str(n), "-----") for n in range(6)])
    assert math.isnan(found.sufficient.value) and math.isnan(found.tax.value)
    assert found.spent["futile"].value == 1.0
    assert found.best.budget == 0 and found.best.efficiency == 1.0


def test_a_group_that_does_not_think_spends_nothing() -> None:
    found = measure("t", [row(str(n), "+++++", length=0) for n in range(6)])
    assert all(math.isnan(each.value) for each in found.spent.values())
    assert found.tax.value == 0


def test_samples_of_one_problem_are_one_problem() -> None:
    rows = [row(str(n), "---++", sample=s) for n in range(4) for s in range(5)]
    found = measure("t", rows)
    assert (found.problems, found.traces) == (4, 20)
    assert found.curve[0].accuracy.interval.high > 0.3, "twenty alike samples of four problems prove little"
    assert found.gain.p_value == pytest.approx(2 / 2**4)


@given(tables())
def test_what_must_hold_of_any_outcomes(rows: list[ProblemOutcomes]) -> None:
    found = measure("t", rows)
    shares = found.solved.value + found.futile.value + found.broken.value
    assert shares == pytest.approx(1.0)
    parts = [each.value for each in found.spent.values()]
    assert math.isnan(parts[0]) or sum(parts) == pytest.approx(1.0)
    assert found.enough.tokens <= found.best.tokens
    assert found.oracle.accuracy >= found.best.accuracy.value - 1e-9
    for point in found.curve:
        assert 0 < point.efficiency <= 1
        assert point.starvation.value <= found.oracle.accuracy - point.accuracy.value + 1e-9
        assert point.accuracy.interval.contains(point.accuracy.value)
    if not math.isnan(found.sufficient.value):
        assert found.first_right.value <= found.sufficient.value
    assert paired(found.best, found.best).p_value == 1.0
    assert found.whole.tokens >= ANSWER
