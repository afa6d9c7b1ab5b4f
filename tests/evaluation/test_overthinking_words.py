"""Should I think here?"""

from __future__ import annotations

import pytest
from hypothesis import given
from outcome_rows import row, tables

from ponder.evaluation.budget_outcomes import ProblemOutcomes
from ponder.evaluation.overthinking import Overthinking, by_task, measure
from ponder.evaluation.overthinking_words import Answer, advise, headline


def task(name: str, right: str, count: int, *, direct: bool) -> list[ProblemOutcomes]:
    return [row(f"{name}{number}", right, task=name, direct=direct) for number in range(count)]


def found(*rows: list[ProblemOutcomes]) -> list[Overthinking]:
    return by_task([each for some in rows for each in some])


def test_a_gain_is_worth_thinking_up_to_where_it_ends() -> None:
    (advice,) = advise(found(task("sums", "--+++", 40, direct=False)))
    assert advice.answer is Answer.YES
    assert advice.sentence.startswith(
        "Yes: 0.0% are right at once and 100.0% after the whole thought (+100.0"
    )
    assert "for 21 tokens instead of 5." in advice.sentence
    assert advice.sentence.endswith(
        "Stop after 4 tokens of thinking: more gains nothing that can be measured (100.0% there)."
    )


def test_thinking_on_may_do_harm_after_it_helped() -> None:
    rows = [*task("sums", "--+++", 20, direct=False), *task("sums!", "--+--", 20, direct=False)]
    (advice,) = advise([measure("sums", rows)])
    assert advice.answer is Answer.YES
    assert "Stop after 4 tokens of thinking: more does harm (100.0% there)." in advice.sentence


def test_the_whole_trace_is_advised_without_a_stop() -> None:
    (advice,) = advise(found(task("sums", "----+", 40, direct=False)))
    assert advice.answer is Answer.YES and "Stop" not in advice.sentence


def test_harm_is_a_no() -> None:
    (advice,) = advise(found(task("copies", "+----", 40, direct=True)))
    assert advice.answer is Answer.NO
    assert (
        advice.sentence.startswith("No: 100.0% are right at once and 0.0% after")
        and "harm" in advice.sentence
    )


def test_no_difference_is_an_answer_at_once_only_where_a_gain_is_ruled_out() -> None:
    many, few = advise(
        [*found(task("many", "+++++", 100, direct=True)), *found(task("few", "+++++", 5, direct=True))]
    )
    assert (many.answer, few.answer) == (Answer.TIED, Answer.UNKNOWN)
    assert "no measurable difference for 21 tokens instead of 5." in many.sentence
    assert few.sentence.endswith("5 problems are too few to rule out a gain worth having.")


def test_many_tasks_are_corrected_for() -> None:
    """Six of six helped is p = 0.03 alone, and nothing beside seven others."""
    rows = task("sums", "----+", 6, direct=False)
    assert advise(found(rows))[0].answer is Answer.YES
    together = advise(found(rows, *(task(f"t{n}", "+++++", 6, direct=True) for n in range(7))))
    assert together[0].p_value == pytest.approx(8 * 2 / 2**6)
    assert together[0].answer is Answer.UNKNOWN


def test_one_sentence_says_it_all() -> None:
    advice = advise(
        found(
            task("sums", "----+", 60, direct=False),
            task("stories", "----+", 60, direct=False),
            task("sorting", "+++++", 100, direct=True),
            task("copies", "+----", 60, direct=True),
            task("riddles", "+++++", 3, direct=True),
        )
    )
    assert headline(advice) == (
        "Think on sums and stories; answer sorting at once, where thinking gains nothing that can be "
        "measured; never think on copies, where it does harm; on riddles too few problems were asked to tell."
    )
    assert headline(advice[2:3]).startswith("Answer sorting at once")


@given(tables())
def test_there_is_an_answer_to_any_outcomes(rows: list[ProblemOutcomes]) -> None:
    (advice,) = advise([measure("t", rows)])
    gain = measure("t", rows).gain
    if advice.answer is Answer.YES:
        assert gain.delta > 0
    if advice.answer is Answer.NO:
        assert gain.delta < 0
    assert advice.sentence.startswith(("Yes:", "No:", "No need:", "Not known:"))
