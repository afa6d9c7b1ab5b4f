"""Every wording of a statement is read back as that statement, and nothing else is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.logic.reading import Open, UnreadableError, read, read_question, read_step, singular
from ponder.logic.sentences import plural, question_about, reworded, sentence, unknown_whether, ways_to_say
from ponder.logic.statements import Literal, Property, Statement, conditional, fact, part, rule, some
from ponder.logic.vocabulary import (
    ADJECTIVES,
    ANY_COLOUR,
    LADDERS,
    NOUNS,
    invented_adjectives,
    invented_nouns,
)
from ponder.tasks.deduction import COLOURS
from ponder.tasks.word_problems import NAMES

KINDS = tuple(dict.fromkeys(kind for ladder in LADDERS for kind in ladder[1:]))
NOUN_WORDS = (*KINDS, *ANY_COLOUR, *NOUNS, *invented_nouns(random.Random(0), 60))
ADJECTIVE_WORDS = (*ADJECTIVES, *COLOURS, *invented_adjectives(random.Random(0), 60))

properties = st.builds(Property, st.sampled_from(NOUN_WORDS)) | st.builds(
    Property, st.sampled_from(ADJECTIVE_WORDS), st.just(False)
)
literals = st.builds(Literal, properties, st.booleans())
parts = st.builds(
    lambda each, either: part(*each, either=either), st.lists(literals, min_size=1, max_size=3), st.booleans()
)
names = st.sampled_from(NAMES)
statements = st.one_of(
    st.builds(fact, names, parts),
    st.builds(conditional, names, parts, parts),
    st.builds(rule, parts, parts),
    st.builds(some, parts, parts),
)


@given(statements)
def test_every_wording_is_read_back_as_the_statement(statement: Statement) -> None:
    for wording in ways_to_say(statement):
        assert read(wording) == statement, wording


@given(statements)
def test_a_negation_negated_is_the_statement(statement: Statement) -> None:
    try:
        negation = statement.negated()
    except ValueError:
        assert statement.quantity == "name"
        assert statement.body is not None
        return
    if statement.body is None or statement.quantity != "name":
        assert negation.negated() == statement


@given(statements, st.integers(0, 99))
def test_what_is_unknown_is_read_as_open(statement: Statement, seed: int) -> None:
    assert read_step(unknown_whether(statement), ()) == Open(statement)
    question = question_about((reworded(statement, random.Random(seed)),), sentence(statement))
    assert read_question(question).premises == (statement,)
    assert read_question(question).asked == statement


@pytest.mark.parametrize("noun", NOUN_WORDS)
def test_plurals_are_regular(noun: str) -> None:
    assert singular(plural(noun)) == noun
    assert plural(noun).endswith("s")
    assert not plural(noun).endswith(("ous", "ss"))


def test_no_adjective_is_taken_for_a_plural() -> None:
    assert not [word for word in ADJECTIVE_WORDS if word.endswith("s") and not word.endswith(("ous", "ss"))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("No raven is a fish.", "Nothing that is a raven is a fish."),
        ("Every raven is a bird and black.", "All ravens are black and birds."),
        ("Tom is red or not a gem.", "Tom is either not a gem or red."),
        ("Tom is not red.", "It is not the case that Tom is red."),
        ("Some ravens are black.", "At least one raven is black."),
        ("If something is red and a gem, then it is calm.", "Something is calm if it is a gem and red."),
    ],
)
def test_one_statement_has_one_form(first: str, second: str) -> None:
    assert read(first) == read(second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tom.",
        "Tom is.",
        "Tom is a.",
        "Tom is red and.",
        "Tom is red and calm or small.",
        "Tom is not not red.",
        "Something is red.",
        "Every is red.",
        "Every raven is the bird.",
        "If Tom is red, then Ana is calm.",
        "No raven is red and calm.",
        "It is not the case that Tom is red and calm.",
        "Let us think about Tom.",
        "2 + 2 = 4",
    ],
)
def test_what_is_no_sentence_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read(text)


@pytest.mark.parametrize(
    ("step", "plain"),
    [
        ("so Tom is raven", "Tom is a raven."),
        ("so raven is bird", "Every raven is a bird."),
        ("so bird is black", "Every bird is black."),
        ("So, Tom is an bird.", "Tom is a bird."),
        ("1. Therefore, Tom is not black.", "Tom is not black."),
        ("- We know that every raven is a bird", "Every raven is a bird."),
        ("a raven is a bird", "Every raven is a bird."),
        ("thus Tom is raven and black", "Tom is a raven and black."),
    ],
)
def test_steps_are_read_as_models_write_them(step: str, plain: str) -> None:
    assert read_step(step, {"raven", "bird"}) == read(plain)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        statement = read_step(text, {"raven"})
    except UnreadableError:
        return
    assert isinstance(statement, Statement | Open)


@pytest.mark.parametrize("text", ["", "What colour is tom?", "Tom is red.", "Tom is red. How many?"])
def test_a_text_that_asks_nothing_is_no_question(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_question(text)
