from __future__ import annotations

from dataclasses import FrozenInstanceError, asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Cost, Judgement, Sampling, Verdict

counts = st.integers(0, 10**9)
costs = st.builds(
    Cost,
    prompt_tokens=counts,
    cached_prompt_tokens=counts,
    reasoning_tokens=counts,
    answer_tokens=counts,
    forward_passes=counts,
    flops=counts.map(float),
    seconds=counts.map(float),
)


@given(costs, costs, costs)
def test_costs_add_up_field_by_field(a: Cost, b: Cost, c: Cost) -> None:
    assert asdict(a + b) == {name: value + asdict(b)[name] for name, value in asdict(a).items()}
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Cost() == a
    assert (a + b).generated_tokens == a.generated_tokens + b.generated_tokens


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"n": 0}, "n must"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.1}, "top_p"),
        ({"top_k": -1}, "top_k"),
        ({"min_p": -0.1}, "min_p"),
        ({"min_p": 1.1}, "min_p"),
        ({"thinking_budget": -1}, "thinking_budget"),
    ],
)
def test_sampling_out_of_range_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Sampling(**options)


def test_the_edges_of_sampling_are_allowed() -> None:
    Sampling(n=1, max_tokens=1, temperature=0.0, top_p=1.0, top_k=0, min_p=1.0, thinking_budget=0)


def test_records_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Cost().flops = 1.0  # type: ignore[misc]


@pytest.mark.parametrize("verdict", Verdict)
def test_only_one_verdict_is_correct(verdict: Verdict) -> None:
    assert Judgement(verdict).correct is (verdict == "correct")
