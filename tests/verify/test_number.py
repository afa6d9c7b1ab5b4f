r"""Plain numbers: exact in every spelling, and nothing that only looks like one."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.math import answer_key, verify_math, verify_math_many
from ponder.verify.number import (
    MOST_CHARS,
    currency,
    parse_number,
    plain_signs,
    plain_spacing,
    undelimited,
    undress,
    unwrapped,
)

SCRIPTS = {"full-width": 0xFF10, "Arabic-Indic": 0x660, "Persian": 0x6F0, "Devanagari": 0x966, "Thai": 0xE50}
INTEGERS = st.integers(-(10**39), 10**39)
MINUS_SIGNS = "-\N{MINUS SIGN}\N{EN DASH}\N{FULLWIDTH HYPHEN-MINUS}"
SIGNS = r"0123456789.,-+/$\{}()%= :;~!_^eExt\frac\times\text\boxed" + "\u200b\u00bd\u00b2\u0663\uff15\x00"


def other_digits(number: str, zero: int) -> str:
    return "".join(chr(zero + int(sign)) if sign.isdigit() else sign for sign in number)


def integer_spellings(number: int) -> list[str]:
    sign, size = "-" if number < 0 else "", abs(number)
    separated = f"{size:,}"
    return [
        *(
            f"{sign}{separated.replace(',', comma)}"
            for comma in (",", "{,}", r"\,", r"\;", r"\:", ",\\!", "~")
        ),
        *(sign + other_digits(separated, zero) for zero in SCRIPTS.values()),
        *(f"{minus}{size}" for minus in MINUS_SIGNS if sign),
        *(f"{sign} {size}", f"{number}.", f"{number}.00", f" {number}\n", f"{sign}00{size}"),
        *(f"${number}$", f"$${number}$$", rf"\({number}\)", rf"\[ {number} \]", f"${number}$."),
        *(f"${number}", rf"{sign}\${size}", f"{sign}€{size}"),
        *(f"{number}/1", f"{3 * number} / 3", rf"\frac{{{number}}}{{1}}", rf"\dfrac{{{-number}}}{{-1}}"),
        *(rf"\text{{{number}}}", rf"\mathbf{{{number}}}", rf"\displaystyle {number}"),
        "\u200b".join(str(number)),
        f"\u202a{number}\u202c",
    ]


@given(INTEGERS)
def test_an_integer_is_itself_in_every_spelling(number: int) -> None:
    for written in integer_spellings(number):
        assert parse_number(written) == number, written


@given(INTEGERS)
def test_near_misses_of_an_integer_are_refused(number: int) -> None:
    misses = [
        number + 1,
        number - 1,
        number * 10 + 7,
        f"{number}.5",
        f"{number},5",
        f"{number}%",
        f"{number}e9",
    ]
    misses += [f"--{number}", f"{number} {abs(number)}", f"{number}/7", f"{number}^{{2}}", f"{number}\u00b2"]
    misses += [f"{number}=0={number}", f"{number} or {number + 1}", rf"\sqrt{{{number}}}", f"{number}!"]
    misses += [
        f"{number}+0",
        f"({number},{number})",
        rf"\{{{number}\}}",
        rf"\frac{{{number}}}{{0}}",
        f"{number}i",
    ]
    misses += [rf"{number}\;1", rf"{number}\text{{1}}", f"{number}\\pi", f"{number} million", ""]
    same = {number * 10**9 == number and f"{number}e9", number == 0 and f"{number}/7"}
    for judgement, miss in zip(
        verify_math_many([(str(miss), str(number)) for miss in misses]), misses, strict=True
    ):
        assert not judgement.correct or miss in same, miss


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_decimal_is_exact_in_every_spelling(number: object) -> None:
    exact, plain = Fraction(str(number)), f"{number:f}"
    spellings = [plain, plain + "0", f"{number:,f}", f"${plain}$", f"{exact.numerator}/{exact.denominator}"]
    spellings += [rf"\frac{{{exact.numerator}}}{{{exact.denominator}}}", f"{number:e}", plain + "."]
    spellings += [other_digits(plain, zero) for zero in SCRIPTS.values()]
    for written in spellings:
        assert parse_number(written) == exact, written
    for miss in (plain + "1", plain + "%", plain + ".5", plain.replace(".", ",")):
        assert parse_number(miss) != exact


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**20))
def test_a_fraction_is_exact_in_every_spelling(above: int, below: int) -> None:
    exact = Fraction(above, below)
    for frac in (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"):
        assert parse_number(rf"{frac}{{{above}}}{{{below}}}") == exact
        assert parse_number(rf"-{frac}{{{above}}}{{{below}}}") == -exact
        assert parse_number(rf"{frac} {{ {above} }} {{ {-below} }}") == -exact
    for written in (f"{above}/{below}", f"{above} / {below}", f"{above}\N{FRACTION SLASH}{below}"):
        assert parse_number(written) == exact
    assert parse_number(f"{above}/0") is None
    assert parse_number(f"{above}/{below}/1") is None


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_mixed_number_has_a_proper_fraction(whole: int, above: int, rest: int) -> None:
    below = above + rest
    exact = whole + Fraction(above, below)
    assert parse_number(rf"{whole}\frac{{{above}}}{{{below}}}") == exact
    assert parse_number(rf"-{whole} \dfrac{{{above}}}{{{below}}}") == -exact
    assert parse_number(f"{whole} {above}/{below}") == exact
    assert parse_number(rf"{whole}\frac{{{below}}}{{{above}}}") is None


@pytest.mark.parametrize(("sign", "exact"), [("\u00bd", "1/2"), ("3\u00be", "15/4"), ("-2\u2153", "-7/3")])
def test_vulgar_fractions(sign: str, exact: str) -> None:
    assert parse_number(sign) == Fraction(exact)


def test_raised_and_lowered_digits_are_no_digits() -> None:
    assert plain_signs("10\u00b2\u2070") == "10^{20}"
    assert plain_signs("x\u2081") == "x_{1}"
    assert parse_number("10\u00b2") is None
    assert parse_number("1.5\u00d710\u207b\u00b2") == Fraction("0.015")


def test_what_is_taken_off() -> None:
    assert undelimited(r" $\frac{1}{2}$. ") == r"\frac{1}{2}"
    assert undelimited(r"\(\)") == ""
    assert plain_spacing(r"1\,234\,5 \quad 6~7") == "1,234 5   6 7"
    assert unwrapped(r"\text{ 7 }") == "7"
    assert unwrapped(r"\text{7} m") == r"\text{7} m"
    assert undress(r"\text{ \$1,200 }.") == "1,200"


def test_invisible_operators_and_a_sign_for_about_are_not_dropped() -> None:
    assert parse_number("7\u2060\u200b2") == 72
    for text in ("7\u20622", "7\u20641/2", "~7"):
        assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "sign"), [(r"\$5", "$"), ("$5", "$"), ("$5$", ""), ("\uff045", "$"), ("5 €", "€"), ("5", "")]
)
def test_a_currency_is_no_pair_of_dollar_signs(text: str, sign: str) -> None:
    assert currency(text) == sign


@given(st.text() | st.text(alphabet=SIGNS))
def test_no_text_crashes_and_votes_agree_with_the_judge(text: str) -> None:
    number = parse_number(text)
    if number is None:
        assert verify_math(text, "7").verdict in Verdict
        return
    assert answer_key(text) == str(number)
    assert verify_math(text, str(number)).correct
    assert verify_math(text, str(number + 1)).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    "unit", [*"0123456789.,-+/$\\{}()%=:;~!^ e\n\t", r"\,", r"\!", r"\frac", r"\text{", "1,"]
)
def test_no_repeated_sign_takes_long(unit: str) -> None:
    began = time.process_time()
    for text in (unit * MOST_CHARS, unit * (MOST_CHARS // len(unit)), "1" + unit * 190 + "x", unit * 30_000):
        parse_number(text)
        answer_key(text)
        verify_math(text, "7")
    assert time.process_time() - began < 2
