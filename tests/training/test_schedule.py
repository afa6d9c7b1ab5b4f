"""Warm-up, a flat stretch and a fall, for any numbers of steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.training.schedule import Schedule, learning_rate

schedules = st.sampled_from(["linear", "cosine"])


def rates(
    steps: int, *, peak: float = 1.0, warmup: int = 10, decay: float = 0.2, schedule: Schedule = "linear"
) -> list[float]:
    return [
        learning_rate(step, steps=steps, peak=peak, warmup_steps=warmup, decay_share=decay, schedule=schedule)
        for step in range(1, steps + 1)
    ]


def test_it_warms_up_holds_and_cools_down() -> None:
    found = rates(100)
    assert found[0] == pytest.approx(0.1)
    assert found[9:80] == pytest.approx([1.0] * 71)
    assert found[89] == pytest.approx(0.525)
    assert found[99] == pytest.approx(0.05)


def test_half_a_cosine_is_above_the_line_at_first_and_below_it_at_last() -> None:
    line, curve = rates(100, decay=1.0, warmup=0), rates(100, decay=1.0, warmup=0, schedule="cosine")
    assert curve[24] > line[24]
    assert curve[49] == pytest.approx(line[49])
    assert curve[74] < line[74]
    assert curve[99] == pytest.approx(line[99]) == pytest.approx(0.05)


@given(st.integers(1, 300), st.integers(0, 50), st.floats(0, 1), schedules)
def test_the_rate_is_never_above_the_setting_and_never_below_zero(
    steps: int, warmup: int, decay: float, schedule: Schedule
) -> None:
    found = rates(steps, peak=3e-3, warmup=warmup, decay=decay, schedule=schedule)
    assert all(0 < rate <= 3e-3 for rate in found)
