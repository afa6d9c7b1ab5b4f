"""Arithmetic on exact numbers: right where it answers, and quick and calm on everything else."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.environments.exact_arithmetic import NotArithmetic, evaluate, written
from ponder.verify.number import parse_number

SIGNS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: Fraction(a // b),
    "%": lambda a, b: a % b,
}
Known = tuple[str, Fraction | None]
"""An expression and its value; None where it has none."""


def combined(parts: tuple[Known, str, Known]) -> Known:
    (left, a), sign, (right, b) = parts
    impossible = a is None or b is None or (sign in ("/", "//", "%") and b == 0)
    return f"({left}){sign}({right})", None if impossible else SIGNS[sign](a, b)


numbers = st.decimals(-999, 999, places=2).map(lambda number: (str(number), Fraction(number)))
expressions = st.recursive(
    numbers, lambda inner: st.tuples(inner, st.sampled_from(list(SIGNS)), inner).map(combined), max_leaves=6
)
LIKELY = st.text(alphabet="0123456789.+-*/%() ,^eE_\n\u00d7\u00f7\u2212", max_size=120)


@given(expressions)
def test_it_agrees_with_fractions(known: Known) -> None:
    expression, value = known
    if value is None:
        with pytest.raises(NotArithmetic, match="division by zero"):
            evaluate(expression)
    else:
        assert evaluate(expression) == value


@given(st.one_of(st.text(max_size=400), LIKELY))
def test_any_text_has_a_value_or_a_reason_at_once(text: str) -> None:
    began = time.perf_counter()
    try:
        assert isinstance(evaluate(text), Fraction)
    except NotArithmetic as error:
        assert str(error)
    assert time.perf_counter() - began < 1.0


@given(st.fractions(-(10**9), 10**9))
def test_what_is_written_can_be_read(value: Fraction) -> None:
    assert parse_number(written(value)) == value


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("12*7", "84"),
        ("0.1+0.2", "0.3"),
        ("7/2", "3.5"),
        ("-7/4", "-1.75"),
        ("1/3", "1/3"),
        ("2^10", "1024"),
        ("2**-2", "0.25"),
        ("1,200 \u00d7 3", "3600"),
        ("7 \u2212 9 \u00f7 3", "4"),
        ("-7//2", "-4"),
        ("-7%3", "2"),
        ("+(3)", "3"),
    ],
)
def test_results_are_written_as_one_would(expression: str, result: str) -> None:
    assert written(evaluate(expression)) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9**9**9", "too large"),
        ("9**9**9**9**9**9", "too large"),
        ("(9**99)**99", "too large"),
        ("2**600", "too large"),
        ("10**(9**99)", "too large"),
        ("9" * 100 + "*" + "9" * 98, "too large"),
        ("4**0.5", "a power that is not whole"),
        ("1/(2-2)", "division by zero"),
        ("0**-1", "division by zero"),
        ("1" * 150, "a number cannot be read"),
        ("1+" * 150 + "1", "longer than 200 characters"),
        ("(" * 150, "not arithmetic"),
        ("5(3)", "not arithmetic"),
        ("1,2", "not arithmetic"),
        ("1 < 2", "not arithmetic"),
        ("__import__('os')", "not arithmetic"),
        ("1e999999999", "not arithmetic"),
        ("...", "a number cannot be read"),
        ("", "not arithmetic"),
    ],
)  # fmt: skip
def test_what_has_no_value_is_told_why(text: str, reason: str) -> None:
    with pytest.raises(NotArithmetic, match=f"^{reason}$"):
        evaluate(text)
