r"""Words: case and spacing are folded, everything else counts."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.math import answer_key, verify_math
from ponder.verify.words import fold, is_wordy, verify_text

WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=12)
PHRASES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


@given(PHRASES)
def test_words_equal_themselves_in_every_dress(phrase: str) -> None:
    for dress in ("{}", "{}.", " {} ", "${}$", r"\text{{{}}}", r"\mathrm{{{}}}", r"\boxed{{{}}}", "\u200b{}"):
        for written in (dress.format(phrase), dress.format(phrase.upper()), dress.format(phrase.title())):
            assert verify_text(written, phrase).correct, written
            assert verify_math(written, phrase).correct, written
            assert "boxed" in written or answer_key(written) == answer_key(phrase)
    assert verify_text(phrase.replace(" ", ",  "), phrase).correct


@given(PHRASES, PHRASES)
def test_other_words_are_wrong(phrase: str, other: str) -> None:
    misses = [f"not {phrase}", f"{phrase} or {other}", phrase + "s", phrase[1:], phrase + "*", phrase * 2]
    misses += ["*".join(phrase), f"{phrase} {other}", f"no {phrase}"]
    if phrase != other:
        misses.append(other)
    for miss in misses:
        assert verify_math(miss, phrase).verdict is not Verdict.CORRECT, miss


@given(st.lists(WORDS, min_size=2, max_size=5, unique=True))
def test_order_counts(items: list[str]) -> None:
    assert verify_text(", ".join(items), " ".join(items)).correct
    assert verify_text(" ".join(reversed(items)), " ".join(items)).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("5.0 km", "5 km", True),
        (r"\frac{3}{2}\text{ m}", "1.5 m", True),
        (r"5\,\text{km}", r"5\text{ km}", True),
        ("5km", "5 km", True),
        ("5 km", "5 cm", False),
        ("5 Mm", "5 mm", False),
        ("5 MW", "5 mW", False),
        ("6 km", "5 km", False),
        ("5 MWh", "5 kWh", False),
        ("5 km", "5 km 300 m", False),
    ],
)
def test_a_quantity_is_its_number_and_its_unit(answer: str, gold: str, same: bool) -> None:
    assert verify_text(answer, gold).correct is same
    assert verify_math(answer, gold).correct is same


@pytest.mark.parametrize(
    "gold", ["Yes", "no", "red", "dark red", "no solution", "3 17 52", "4 March 1999", "José"]
)
def test_wordy_golds(gold: str) -> None:
    assert is_wordy(gold)


@pytest.mark.parametrize(
    "gold", ["x", "xy", "x - 1", "a : b", "3 : 4", "x + 1", r"\pi", "x=2", "(1,2)", "", "2x"]
)
def test_golds_that_are_mathematics(gold: str) -> None:
    assert not is_wordy(gold)


def test_other_verdicts() -> None:
    assert verify_text("", "red").verdict is Verdict.NO_ANSWER
    assert verify_text("red", "").verdict is Verdict.ERROR
    assert verify_text("red" * 1_000, "red").verdict is Verdict.UNPARSABLE


@given(st.text(), st.text())
def test_no_text_crashes_and_equal_means_folded_alike(answer: str, gold: str) -> None:
    judgement = verify_text(answer, gold)
    assert judgement.verdict in Verdict
    if "\\boxed{" not in answer + gold and fold(gold) and answer.strip() and len(answer) < 2_000:
        assert judgement.correct or fold(answer) != fold(gold)


@pytest.mark.parametrize(
    "unit", [*"a1 ,.'-:}{", ", ", "1a", "1 a ", "a,", r"\text{", r"\text{a}", "\\,", "M"]
)
def test_no_repeated_sign_takes_long(unit: str) -> None:
    began = time.process_time()
    for text in (unit * (1_900 // len(unit)), "1" + unit * 400 + "!", unit * 20_000 + "!"):
        is_wordy(text)
        fold(text)
        verify_text(text, "red")
        verify_text("red", text)
    assert time.process_time() - began < 2
