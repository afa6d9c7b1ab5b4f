r"""Near misses: what must count as the same answer, and what must not."""

from __future__ import annotations

import importlib.util
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.math import answer_key, verify_math
from ponder.verify.number import parse_number
from ponder.verify.words import fold

CORRECT, WRONG, UNPARSABLE = Verdict.CORRECT, Verdict.WRONG, Verdict.UNPARSABLE
HUGE = "9" * 60


@pytest.mark.parametrize(
    ("answer", "gold", "verdict"),
    [
        ("10", "10", CORRECT),
        ("100", "10", WRONG),
        ("1", "10", WRONG),
        ("10%", "10", UNPARSABLE),
        (r"10\%", "10", UNPARSABLE),
        ("1=2=3", "3", UNPARSABLE),
        ("3 or 4", "3", WRONG),
        ("3 apples", "3", CORRECT),
        ("three", "3", UNPARSABLE),
        ("1e3", "1000", CORRECT),
        ("1/2", "0.5", CORRECT),
        (".5", "1/2", CORRECT),
        ("0.50", ".5", CORRECT),
        ("0.333", "1/3", WRONG),
        ("2/4", "1/2", CORRECT),
        ("1/0", "0", UNPARSABLE),
        (r"\frac12", "0.5", CORRECT),
        (r"\frac{1}{2}", "1/2", CORRECT),
        (r"\dfrac{10}{20}", "1/2", CORRECT),
        (r"\frac1{2}", "1/2", CORRECT),
        (r"\frac 12", "1/2", CORRECT),
        (r"-\frac{1}{2}", "-0.5", CORRECT),
        (r"\frac{-1}{2}", "-0.5", CORRECT),
        (r"\frac{1}{-2}", "-0.5", CORRECT),
        (r"-\frac{-1}{2}", "0.5", CORRECT),
        (r"\frac{1}{0}", "1", UNPARSABLE),
        (r"\frac{1}{2", "1/2", UNPARSABLE),
        (r"\boxed{7}", "7", CORRECT),
        ("7", r"\boxed{7}", CORRECT),
        (r"\boxed{\frac{1}{2}}", "0.5", CORRECT),
        (r"\boxed{8} or rather \boxed{7}", "7", CORRECT),
        (r"\boxed{7} or rather \boxed{8}", "7", WRONG),
        ("1,234", "1234", CORRECT),
        ("1234", "1,234", CORRECT),
        ("1,234,567.5", "1234567.5", CORRECT),
        (r"1{,}234", "1234", CORRECT),
        (r"1\,234", "1234", CORRECT),
        ("12,34", "1234", UNPARSABLE),
        ("1,2345", "12345", UNPARSABLE),
        ("$7", "7", CORRECT),
        (r"\$7", "7", CORRECT),
        ("$7$", "7", CORRECT),
        ("-$7", "-7", CORRECT),
        ("$-7", "-7", CORRECT),
        ("$1,200.00", "1200", CORRECT),
        ("7.", "7", CORRECT),
        ("+7", "7", CORRECT),
        ("007", "7", CORRECT),
        (" 7\n", "7", CORRECT),
        ("-3", "3", WRONG),
        ("-3", "-3", CORRECT),
        ("\N{MINUS SIGN}3", "-3", CORRECT),
        ("--3", "-3", UNPARSABLE),
        ("-0", "0", CORRECT),
        (HUGE, HUGE, CORRECT),
        (HUGE + "0", HUGE, WRONG),
        ("9" * 3000, "9", UNPARSABLE),
        ("9" * 30, "9" * 29 + "8", WRONG),
        ("red", "red", CORRECT),
        ("Red.", "red", CORRECT),
        (r"\text{red}", "red", CORRECT),
        ("red or blue", "red", WRONG),
        ("dark red", "red", WRONG),
        ("3, 17, 52", "3 17 52", CORRECT),
        ("3 52 17", "3 17 52", WRONG),
        ("317 52", "3 17 52", WRONG),
        ("", "7", Verdict.NO_ANSWER),
        ("  ", "red", Verdict.NO_ANSWER),
        (r"\boxed{}", "7", Verdict.NO_ANSWER),
        ("7", "", Verdict.ERROR),
        (".", " ", Verdict.ERROR),
    ],
)
def test_near_misses(answer: str, gold: str, verdict: Verdict) -> None:
    assert verify_math(answer, gold).verdict is verdict


@given(st.integers(-(10**39), 10**39))
def test_an_integer_equals_itself_however_it_is_written(number: int) -> None:
    for written in (
        f"{number:,}",
        f"{number}.0",
        f"${number}$",
        f" {number} ",
        f"{number}/1",
        f"\\boxed{{{number}}}",
    ):
        assert verify_math(written, str(number)).verdict is CORRECT
        assert verify_math(str(number), written).verdict is CORRECT
    assert verify_math(str(number + 1), str(number)).verdict is WRONG
    assert verify_math(str(-number or 1), str(number)).verdict is WRONG


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_fractions_are_exact(above: int, below: int) -> None:
    exact = Fraction(above, below)
    for written in (f"{above}/{below}", f"\\frac{{{above}}}{{{below}}}", str(exact)):
        assert parse_number(written) == exact
        assert answer_key(written) == str(exact)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_decimals_are_exact(number: object) -> None:
    assert parse_number(str(number)) == Fraction(str(number))


@given(st.text(alphabet="0123456789.,-+/$\\{}frac boxed%=\n#e"), st.text(alphabet="0123456789.,-/$\\{}frac "))
def test_no_text_crashes_and_votes_agree_with_the_judge(answer: str, gold: str) -> None:
    judgement = verify_math(answer, gold)
    assert judgement.verdict in Verdict
    if judgement.correct and "boxed" not in answer:
        assert answer_key(answer) == answer_key(gold)


def load_benchmark() -> Any:
    """`benchmarks/verify_gsm8k.py`, whose spellings and near misses hold for any numbers."""
    path = Path(__file__).parents[2] / "benchmarks" / "verify_gsm8k.py"
    spec = importlib.util.spec_from_file_location("verify_gsm8k", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCHMARK = load_benchmark()
GOLDS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.integers(0, 10**9).map("{:,}".format),
    st.decimals(0, 10**6, places=2).map(str),
)


@given(st.lists(GOLDS, min_size=1, max_size=8))
def test_golds_in_the_form_of_gsm8k_their_spellings_and_near_misses(golds: list[str]) -> None:
    figures = BENCHMARK.measure(golds)
    assert not figures["first_false_negatives"]
    assert not figures["first_false_positives"]


def test_votes_are_equal_where_the_answers_are() -> None:
    for same in (("10%", r"10\%", "10 percent"), ("90", r"90^\circ", "90 degrees"), ("5", r"\$5", "x = 5")):
        assert len({answer_key(answer) for answer in same}) == 1
    assert answer_key("10%") != answer_key("10")


@given(st.text())
def test_text_equals_itself(text: str) -> None:
    assert verify_math(text, "7").verdict in Verdict
    if fold(text) and text.strip() and "\\boxed{" not in text:
        assert verify_math(text, text).correct


@pytest.mark.parametrize(
    "text", ["1" * 50_000, "1,111" * 10_000, "x" + " " * 50_000 + "y", "\\text{" * 10_000]
)
def test_long_texts_are_judged_at_once(text: str) -> None:
    began = time.process_time()
    verify_math(text, "7")
    answer_key(text)
    assert time.process_time() - began < 0.3
