"""Where completions end and what counts as reasoning, one token at a time."""

from __future__ import annotations

import pytest
from fakes import byte_tokenizer

from ponder.engine.stopping import Endings, Phase, Watch
from ponder.records import FinishReason, Sampling
from ponder.text.chat_format import parse_completion

TOKENIZER = byte_tokenizer()


def feed(text: str, *, phase: Phase = Phase.UNDECIDED, limit: int = 1000, **options) -> tuple[Watch, object]:
    """Pushes text until it ends; forced tokens come first, as in the engine."""
    watch = Watch(Endings(TOKENIZER, Sampling(**options)), limit, phase)
    for token in TOKENIZER.encode(text):
        while (forced := watch.next_forced()) >= 0:
            watch.push(forced)
        if reason := watch.push(token):
            return watch, reason
    return watch, None


def text_of(watch: Watch) -> str:
    return TOKENIZER.decode(watch.tokens)


def test_stop_strings_fire_only_after_the_reasoning():
    watch, reason = feed("<think>a STOP b</think>c STOP d", stop=("STOP",))
    assert reason is FinishReason.STOP
    assert text_of(watch) == "<think>a STOP b</think>c STOP"


def test_stop_strings_fire_in_a_plain_answer_and_never_in_open_reasoning():
    assert text_of(feed("one\n\ntwo", stop=("\n\n",))[0]) == "one\n\n"
    assert feed("a\n\nb", phase=Phase.THINKING, stop=("\n\n",))[1] is None
    assert text_of(feed("é→ü after", stop=("→ü",))[0]) == "é→ü"


def test_stop_strings_fire_in_the_very_first_tokens():
    assert text_of(feed("7 and on", stop=("7",))[0]) == "7"
    assert text_of(feed("\n\nplain", stop=("\n\n",))[0]) == "\n\np"


@pytest.mark.parametrize(
    ("text", "opened", "reasoning"),
    [
        ("<think>ab</think>c", False, 4),
        (" \n<think>ab</think>c", False, 6),
        ("ab</think>c", True, 3),
        ("ab", True, 2),
        ("plain </think> text", False, 0),
        ("<thin", False, 0),
    ],
)
def test_reasoning_tokens_agree_with_the_parser(text: str, opened: bool, reasoning: int):
    watch, _ = feed(text, phase=Phase.THINKING if opened else Phase.UNDECIDED)
    assert watch.reasoning_tokens == reasoning
    parsed = parse_completion(text, opened=opened)
    assert parsed.closed is (watch.phase is not Phase.THINKING)


def test_markers_spelled_in_many_tokens_are_seen():
    watch = Watch(Endings(TOKENIZER, Sampling()), 1000)
    for character in "<think>ab</think>c":
        watch.push(TOKENIZER.encode(character)[0])
    assert watch.phase is Phase.CLOSED
    assert watch.reasoning_tokens == len("<think>ab</think>")


def test_the_budget_counts_from_the_opening_and_forces_the_close():
    watch, reason = feed("<think>abcdef<|im_end|>", thinking_budget=3)
    assert text_of(watch) == "<think>abc\n</think>\ndef<|im_end|>"
    assert reason is FinishReason.BUDGET
    assert watch.reasoning_tokens == 6


def test_a_budget_of_nothing_and_one_that_is_not_reached():
    assert text_of(feed("x", phase=Phase.THINKING, thinking_budget=0)[0]) == "\n</think>\nx"
    watch, reason = feed("<think>ab</think>cdefgh<|im_end|>", thinking_budget=3)
    assert (text_of(watch), reason) == ("<think>ab</think>cdefgh<|im_end|>", FinishReason.STOP)
    assert feed("plain answer<|im_end|>", thinking_budget=0)[1] is FinishReason.STOP


def test_the_end_token_and_the_limit():
    assert feed("ab<|im_end|>cd")[1] is FinishReason.STOP
    assert feed("ab<|im_end|>cd", ignore_eos=True)[1] is None
    assert feed("abcd", limit=3)[1] is FinishReason.LENGTH
    assert feed("ab<|im_end|>", limit=3)[1] is FinishReason.STOP
