from ponder.records import Problem
from ponder.scaling.prompts import ANSWER_AT_ONCE, THINK_FIRST, ask_for
from ponder.training import corpus


def test_the_instruction_follows_the_question() -> None:
    (message,) = ask_for(Problem(id="1", question="Why?", answer="", task="t"), "Be brief.")
    assert message.content == "Why?\nBe brief."


def test_the_embedded_model_was_taught_these_very_words() -> None:
    assert ANSWER_AT_ONCE in corpus.ANSWER_AT_ONCE
    assert THINK_FIRST in corpus.THINK_FIRST
