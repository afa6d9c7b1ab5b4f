from hypothesis import given
from hypothesis import strategies as st

from ponder.routing.features import features_of, prompt_features, vocabulary, words_of


def test_numbers_are_no_words() -> None:
    assert words_of("Add 12 to 7!") == {"add", "to", "!"}


def test_a_vocabulary_leaves_out_the_rare_and_the_universal() -> None:
    questions = [f"Say {'red' if n % 2 else 'blue'} {'once' if n == 0 else ''}" for n in range(20)]
    assert vocabulary(questions) == ("blue", "red")


@given(st.text(max_size=200), st.text(max_size=200))
def test_every_question_has_the_same_features(one: str, other: str) -> None:
    words = ("red", "+")
    assert list(features_of(one, words, {})) == list(features_of(other, words, {}))
    assert all(value >= 0 for value in prompt_features(one).values())
