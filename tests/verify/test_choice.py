r"""Multiple choice: one letter, however it is dressed, and never two."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.choice import chosen_letter, is_choice, verify_choice
from ponder.verify.math import verify_math

LETTERS = st.sampled_from("ABCDEFGHIJ")
DRESSES = (
    "{}",
    "({})",
    "[{}]",
    "{}.",
    "{})",
    "{}:",
    " {} ",
    "${}$",
    "**{}**",
    r"\text{{{}}}",
    r"\text{{({})}}",
)
DRESSES += (r"\textbf{{({})}}\ 42", r"\mathrm{{{}}}", "Option {}", "option ({})", "Choice {}", "Answer: {}")
DRESSES += ("The answer is {}", "The correct answer is ({}).", "{}. 42", "({}) 42 m", "{}: x + 1", "{}) 5 g")
DRESSES += (r"\boxed{{{}}}", r"so \boxed{{\text{{({})}}}}.")
SPOILT = (
    "not {0}",
    "{0} or {1}",
    "{0} and {1}",
    "{0}{1}",
    "{0}, {1}",
    "({0})({1})",
    "({0}) ({1})",
    "{0}. {1}.",
)
SPOILT += (
    "{0}.|{1}.",
    "{0}.+{1}.",
    "{0}) {1})",
    "neither {0}",
    "{0}. 1 {1}. 2",
    r"\text{{{0} or {1}}}",
    "{0}xyz",
)
SPOILT += (r"\boxed{{{0}}} or \boxed{{{1}}}", r"\boxed{{{0}}}, \boxed{{{1}}}", "{0} 42", "?", "1")


@given(LETTERS)
def test_a_letter_is_chosen_in_every_dress(letter: str) -> None:
    for dress in DRESSES:
        for written in (dress.format(letter), dress.format(letter.lower())):
            assert verify_choice(written, letter).correct, written
            assert verify_math(written, letter).correct, written


@given(LETTERS, LETTERS)
def test_another_letter_is_wrong(letter: str, other: str) -> None:
    for dress in DRESSES:
        judgement = verify_choice(dress.format(other), letter)
        assert judgement.verdict is (Verdict.CORRECT if letter == other else Verdict.WRONG)
        assert judgement.extracted == other


@given(st.permutations("ABCDEFGHIJ"))
def test_two_letters_choose_nothing(letters: list[str]) -> None:
    one, other = letters[:2]
    for spoilt in SPOILT:
        for written in (spoilt.format(one, other), spoilt.format(one, other).lower()):
            for gold in (one, other):
                assert not verify_choice(written, gold).correct, written
                assert not verify_math(written, gold).correct, written


@pytest.mark.parametrize("gold", ["B", "(B)", r"\text{B}", r"\text{(B)}", "$B$"])
def test_golds_that_are_choices(gold: str) -> None:
    assert is_choice(gold)
    assert verify_choice("B", gold).correct


@pytest.mark.parametrize("gold", ["b", "x", "AB", "K", "7", "", "Bob", "A or B"])
def test_golds_that_are_none(gold: str) -> None:
    assert not is_choice(gold)


CHOICES = {"A": "42", "B": "43 m", "C": "not a prime", "D": "dog"}


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("43 m", "B"),
        ("B) 43 m", "B"),
        (r"\boxed{dog}", "D"),
        ("42.0", "A"),
        ("Not a prime.", "C"),
        ("C) not a prime", "C"),
        ("(A) forty-two", "A"),
        ("B) 42", None),
        ("D) not a prime", None),
        ("dog or 42", None),
        ("A or B", None),
        ("not B", None),
        ("E", None),
        ("E) 42", None),
        ("7", None),
        ("42" * 2_000, None),
    ],
)
def test_the_text_of_the_choices_may_be_given(answer: str, letter: str | None) -> None:
    for gold in CHOICES:
        judgement = verify_choice(answer, gold, CHOICES)
        expected = Verdict.CORRECT if gold == letter else Verdict.WRONG if letter else Verdict.UNPARSABLE
        assert judgement.verdict is expected, judgement


def test_other_verdicts() -> None:
    assert verify_choice("B", "7").verdict is Verdict.ERROR
    assert verify_choice("", "B").verdict is Verdict.NO_ANSWER
    assert verify_choice("banana", "B").verdict is Verdict.UNPARSABLE
    assert verify_choice("B" * 5_000, "B").verdict is Verdict.UNPARSABLE


@given(st.text())
def test_no_text_crashes(text: str) -> None:
    assert chosen_letter(text) is None or chosen_letter(text) in set("ABCDEFGHIJ")
    assert verify_choice(text, "B").verdict in Verdict


@pytest.mark.parametrize("unit", [*"Bb.)( ,;/$*{", "B.", "B ", r"\text{", "answer is ", "not ", "the "])
def test_no_repeated_sign_takes_long(unit: str) -> None:
    began = time.process_time()
    for text in (unit * (1_900 // len(unit)), "B. " + unit * 500, unit * 30_000):
        chosen_letter(text)
        verify_choice(text, "B")
    assert time.process_time() - began < 2
