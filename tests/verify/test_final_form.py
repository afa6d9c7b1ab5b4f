r"""The gate where a number is asked for: what may stand around it, and what is no final form."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.final_form import SEVERAL, Quantity, final_number, final_quantity
from ponder.verify.math import answer_key, verify_math
from ponder.verify.number import MOST_CHARS

NUMBERS = st.integers(-(10**12), 10**12)
AROUND = (
    "x = {}",
    r"\theta={}",
    "x_1 = {}",
    r"AB_{{12}} = {}",
    "{} apples",
    "{} miles per hour",
    "{} sq. ft.",
)
AROUND += ("{}cm", "{} m", "{} km/h", "{} cm^2", "{} cm\u00b2", r"{}\text{{ cm}}", r"{}\,\mathrm{{cm}}^{{2}}")
AROUND += (r"{}~\text{{m}}", r"{}\ \text{{square inches}}", "{} €", "{} dollars", r"\${}\text{{ dollars}}")
AROUND += (
    r"{}^\circ",
    r"{}^{{\circ}}",
    "{}\u00b0",
    r"{}\degree",
    "{} degrees",
    r"{}^\circ\text{{C}}",
    "{}\u00b0F",
)
NOT_FINAL = (
    "{}%",
    r"{}\%",
    "{} percent",
    "{} million",
    "{} dozen",
    "{} squared",
    "{} factorial",
    "{}!",
    "{}k",
)
NOT_FINAL += (
    "{}+0",
    "{}-0",
    "1*{}",
    r"1\cdot {}",
    r"\frac{{{}+0}}{{1}}",
    "({})^1",
    r"{}^{{1}}",
    r"\sqrt{{{}}}",
)
NOT_FINAL += (
    r"\sum_{{k=1}}^{{1}} {}",
    r"\int_0^1 {} dx",
    r"\binom{{{}}}{{1}}",
    "|{}|",
    r"\lfloor {} \rfloor",
)
NOT_FINAL += (
    "{0}={0}={0}",
    "1={}=x",
    "{0}={0}",
    "{} pi",
    r"{}\pi",
    "{}i",
    r"{}\mathrm{{i}}",
    "{} xy",
    "{}x",
    "{}e",
)
NOT_FINAL += (
    "x > {}",
    r"x \ne {}",
    r"\approx {}",
    "about {}",
    "({0},{0})",
    r"\{{{}\}}",
    "[{}]",
    "{} base eight",
)
NOT_FINAL += (
    r"{}\text{{1}}",
    r"{}\text{{+1}}",
    r"{}\text{{ thousand}}",
    r"{}\text{{ percent}}",
    "{} minus two",
)
NOT_FINAL += ("{} six", "{} maybe six", "{} tens", "{} grand", "{} sixteenths", "{} basis points", "{} x y")
NOT_FINAL += ("{} pq", "{} tau", "{} at least", "{} July", "{} apples - two", "~{}", r"{}\text{{ six}}")
CANDIDATES = (
    r"\pm {}",
    "±{}",
    "{} or 8",
    "8 and {}",
    "{}, 8",
    "8; {}",
    r"{}\text{{ or }}8",
    r"8 \lor {}",
    "{} | 8",
    "x={} or x=8",
    "eight = {}",
)


@given(NUMBERS)
def test_a_name_before_and_a_unit_behind_are_fine(number: int) -> None:
    for around in AROUND:
        written = around.format(number)
        assert final_number(written) == number, written
        assert verify_math(written, str(number)).correct
        assert verify_math(written, str(number + 1)).verdict is Verdict.WRONG
        assert answer_key(written) == str(number)


@given(NUMBERS)
def test_what_still_says_something_else_is_no_number(number: int) -> None:
    for other in NOT_FINAL:
        written = other.format(number)
        assert isinstance(final_number(written), str), written
        assert not verify_math(written, str(number)).correct


@given(NUMBERS)
def test_several_candidates_are_wrong_by_rule(number: int) -> None:
    for several in CANDIDATES:
        written = several.format(number)
        assert final_number(written) == SEVERAL, written
        assert verify_math(written, str(number)).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10%", "a percentage"),
        ("1=2=3", "a chain of equations"),
        ("3 or 4", SEVERAL),
        ("2+1", "not a single number in its final form"),
        ("9" * (MOST_CHARS + 1), "longer than any number"),
        ("", "not a single number in its final form"),
    ],
)
def test_the_reason_is_named(text: str, reason: str) -> None:
    assert final_number(text) == reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (r"x = \frac{1}{2}\text{ cup}", Fraction(1, 2)),
        (r"\frac{1}{2} cups", Fraction(1, 2)),
        (r"1{,}234\text{ people}", Fraction(1234)),
        (r"2\frac{1}{2}\text{ hours}", Fraction(5, 2)),
        (r"\$1,234.50", Fraction("1234.5")),
        (r"-5^{\circ}\text{F}", Fraction(-5)),
    ],
)
def test_any_number_may_have_a_unit(text: str, number: Fraction) -> None:
    assert final_number(text) == number


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("5", (5, "", "")),
        (r"\$5", (5, "$", "")),
        ("5 dollars an hour", (5, "$", "")),
        ("€5", (5, "€", "")),
        (r"\text{5 km}", (5, "km", "")),
        (r"5\text{ cm}^2", (5, "cm^2", "")),
        ("5 cm\u00b2", (5, "cm^2", "")),
        ("90 degrees", (90, "°", "")),
        (r"90^{\circ}", (90, "°", "")),
        (r"-5^\circ\text{F}", (-5, "°F", "")),
        (r"10\%", (10, "%", "")),
        ("10 per cent", (10, "%", "")),
        ("x = 2.5 m", (Fraction(5, 2), "m", "x")),
        (r"\theta=30^\circ", (30, "°", r"\theta")),
    ],
)
def test_a_quantity_is_a_number_a_unit_and_a_name(text: str, quantity: tuple[int, str, str]) -> None:
    assert final_quantity(text) == Quantity(Fraction(quantity[0]), *quantity[1:])


@pytest.mark.parametrize(
    ("answer", "gold", "verdict"),
    [
        ("5", r"\$5", Verdict.CORRECT),
        ("5 dollars", r"\$5", Verdict.CORRECT),
        ("5 km", r"\$5", Verdict.WRONG),
        ("5 cents", r"\$5", Verdict.WRONG),
        ("5%", r"\$5", Verdict.UNPARSABLE),
        ("5 or 6", r"\$5", Verdict.WRONG),
        ("90 degrees", r"90^\circ", Verdict.CORRECT),
        ("91 degrees", r"90^\circ", Verdict.WRONG),
        ("10 percent", "10%", Verdict.CORRECT),
        ("10", "10%", Verdict.WRONG),
        ("2", "x = 2", Verdict.CORRECT),
        ("y = 2", "x = 2", Verdict.WRONG),
        ("2", "2m", Verdict.WRONG),
        ("2", "2 m", Verdict.CORRECT),
        ("2", r"2\text{ m}", Verdict.CORRECT),
    ],
)
def test_a_gold_may_be_a_quantity(answer: str, gold: str, verdict: Verdict) -> None:
    assert verify_math(answer, gold).verdict is verdict


@given(st.text(max_size=MOST_CHARS))
def test_no_text_crashes(text: str) -> None:
    assert isinstance(final_number(text), Fraction | str)


@given(st.lists(st.sampled_from(["3", " ", "=", "x", r"\text{", "}", "cm", "^", "%", ",", "or", "°", "."])))
def test_an_accepted_answer_votes_for_the_number_it_is_accepted_for(parts: list[str]) -> None:
    text = "".join(parts)
    number = final_number(text)
    if isinstance(number, Fraction) and text.strip():
        assert answer_key(text) == str(number)
        assert verify_math(text, str(number)).correct


@pytest.mark.parametrize(
    "unit", [*"1a.,=}{\\ ^%|-", "1 ", "a ", "}a", r"\text{a}", r"\text{", "^\\circ", "or ", "x="]
)
def test_no_repeated_sign_takes_long(unit: str) -> None:
    began = time.process_time()
    for text in (unit * (MOST_CHARS // len(unit)), "5 " + unit * 60, "5" + unit * 60 + "!", unit * 30_000):
        final_number(text)
        verify_math(text, "7")
    assert time.process_time() - began < 2
