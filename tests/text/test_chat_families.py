"""Every family's style of chat template renders character for character as `transformers` renders it."""

from collections.abc import Sequence
from functools import cache

import gguf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from text.template_styles import DEEPSEEK_R1, FAMILIES, FEATURES, GEMMA_3, LLAMA_3, QWEN_2_5, QWEN_3, SMOLLM_3
from tokenizers import Tokenizer as Backend
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from ponder.errors import ModelError
from ponder.model.catalog import CATALOG
from ponder.records import Message, Role
from ponder.text.chat_format import ChatTemplate, opens_thinking

BOS, EOS = "<s>", "</s>"
STYLES = {**FAMILIES, **FEATURES}
SMOLLM_2 = CATALOG["smollm2-135m"]


def system(text: str) -> Message:
    return Message("system", text)


def user(text: str) -> Message:
    return Message("user", text)


def assistant(text: str) -> Message:
    return Message("assistant", text)


THOUGHT = assistant("<think>\n2 and 2\n</think>\n\n4")
CHATS = {
    "one": [user("What is 1 < 2 & 'é'?")],
    "system": [system("  Be brief.\n"), user(" Hi \n")],
    "answered": [user("a"), assistant("b"), user("{{ c }}\n")],
    "thought": [system("s"), user("2+2?"), THOUGHT, user("3+3?"), assistant("</think>six")],
    "ends with thought": [user("2+2?"), THOUGHT],
    "two answers": [user("q"), THOUGHT, assistant("<think>x</think>y"), assistant("z")],
    "no_think": [system("Be kind. /no_think"), user("Hi"), THOUGHT],
    "think": [system("/think"), user("Hi /no_think")],
    "override": [system("Only this. /system_override"), user("Hi")],
    "late system": [user("a"), assistant("b"), system("now c"), user("skip")],
    "not alternating": [user("a"), user("b")],
    "assistant first": [assistant("a"), user("")],
    "only system": [system("alone")],
}


@cache
def their_tokenizer(bos: str, eos: str) -> PreTrainedTokenizerFast:
    backend = Backend(WordLevel({BOS: 0, EOS: 1}, unk_token=BOS))
    return PreTrainedTokenizerFast(tokenizer_object=backend, bos_token=bos or None, eos_token=eos or None)


@cache
def our_template(source: str, bos: str, eos: str) -> ChatTemplate:
    return ChatTemplate(source, bos_token=bos, eos_token=eos)


def theirs(
    source: str, chat: Sequence[Message], think: bool | None, generate: bool, bos: str = BOS, eos: str = EOS
) -> str | None:
    """The prompt, or None where the template refuses."""
    turns = [{"role": message.role, "content": message.content} for message in chat]
    extra = {} if think is None else {"enable_thinking": think}
    try:
        rendered = their_tokenizer(bos, eos).apply_chat_template(
            turns, chat_template=source, tokenize=False, add_generation_prompt=generate, **extra
        )
    except TemplateError:
        return None
    assert isinstance(rendered, str)
    return rendered


def ours(
    source: str, chat: Sequence[Message], think: bool | None, generate: bool, bos: str = BOS, eos: str = EOS
) -> str | None:
    template = our_template(source, bos, eos)
    try:
        return template.render(chat, think=think, generate=generate)
    except ModelError:
        return None


each_style = pytest.mark.parametrize("source", STYLES.values(), ids=STYLES.keys())


@each_style
@pytest.mark.parametrize("think", [None, True, False])
@pytest.mark.parametrize("generate", [True, False], ids=["prompt", "transcript"])
def test_a_family_renders_as_transformers_does(source: str, think: bool | None, generate: bool) -> None:
    for name, chat in CHATS.items():
        assert ours(source, chat, think, generate) == theirs(source, chat, think, generate), name


@each_style
def test_every_style_accepts_a_plain_chat(source: str) -> None:
    assert ours(source, CHATS["answered"], None, True)


@pytest.mark.parametrize(("bos", "eos"), [("", ""), ("", EOS), (BOS, "")])
@pytest.mark.parametrize("source", [*FAMILIES.values(), FEATURES["specials"]], ids=[*FAMILIES, "specials"])
def test_a_special_token_the_model_lacks_is_undefined(source: str, bos: str, eos: str) -> None:
    chat = CHATS["answered"]
    assert ours(source, chat, None, True, bos, eos) == theirs(source, chat, None, True, bos, eos)


def test_llama_names_the_speakers_in_headers() -> None:
    prompt = ours(LLAMA_3, CHATS["system"], None, True)
    assert prompt is not None
    assert prompt.startswith(BOS + "<|start_header_id|>system<|end_header_id|>\n\nToday is ")
    assert prompt.endswith(
        ".\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )


def test_qwen_2_5_has_a_system_message_of_its_own() -> None:
    assert ours(QWEN_2_5, [user("Hi")], None, False) == (
        "<|im_start|>system\nYou answer questions.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
    )


def test_qwen_3_closes_the_thinking_when_it_is_off_and_forgets_earlier_thinking() -> None:
    chat = CHATS["thought"][1:4]
    turns = (
        "<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n"
        "<|im_start|>user\n3+3?<|im_end|>\n"
    )
    assert ours(QWEN_3, chat, None, True) == turns + "<|im_start|>assistant\n"
    assert ours(QWEN_3, chat, True, True) == turns + "<|im_start|>assistant\n"
    assert ours(QWEN_3, chat, False, True) == turns + "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    last = ours(QWEN_3, CHATS["ends with thought"], None, False)
    assert last is not None and last.endswith("\n<think>\n2 and 2\n</think>\n\n4<|im_end|>\n")


def test_smollm_3_takes_its_mode_from_the_call_or_from_the_system_message() -> None:
    chats = {None: CHATS["one"], "/no_think": CHATS["no_think"], "/think": CHATS["think"]}
    modes = {
        (flag, think): (ours(SMOLLM_3, chat, think, True) or "").partition("Mode: ")[2].partition("\n")[0]
        for flag, chat in chats.items()
        for think in (None, True, False)
    }
    assert modes == {
        (None, None): "/think",
        (None, True): "/think",
        (None, False): "/no_think",
        **{(flag, think): flag for flag in ("/think", "/no_think") for think in (None, True, False)},
    }
    off = ours(SMOLLM_3, CHATS["one"], False, True)
    assert off is not None and off.endswith("<|im_start|>assistant\n<think>\n\n</think>\n")


def test_gemma_puts_the_system_message_into_the_first_turn_and_wants_turns_to_alternate() -> None:
    chat = [system("Be brief."), user("Hi "), assistant("Yes?")]
    assert ours(GEMMA_3, chat, None, True) == (
        "<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n"
        "<start_of_turn>model\nYes?<end_of_turn>\n<start_of_turn>model\n"
    )
    assert theirs(GEMMA_3, CHATS["not alternating"], None, True) is None
    with pytest.raises(ModelError, match="user and assistant must take turns"):
        ChatTemplate(GEMMA_3).render(CHATS["not alternating"])


def test_deepseek_r1_opens_the_thinking_and_drops_earlier_thinking() -> None:
    prompt = ours(DEEPSEEK_R1, CHATS["thought"][:4], None, True)
    assert prompt == (
        "<s>s<\uff5cUser\uff5c>2+2?<\uff5cAssistant\uff5c>\n\n4</s>"
        "<\uff5cUser\uff5c>3+3?<\uff5cAssistant\uff5c><think>\n"
    )
    assert opens_thinking(prompt)


def test_a_chat_without_messages_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one message"):
        theirs(QWEN_3, [], None, True)
    with pytest.raises(ModelError, match="at least one message"):
        ChatTemplate(QWEN_3).render([])


@pytest.mark.parametrize(
    "source",
    [
        "{% break %}",
        "{% for m in messages %}{% generation %}{% break %}{% endgeneration %}{% endfor %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "1" * 5000 + " }}",
    ],
    ids=["stray break", "break out of a generation", "nested too deeply", "a huge number"],
)
def test_a_template_that_python_cannot_compile_is_one_clear_line(source: str) -> None:
    with pytest.raises(ModelError, match="cannot be compiled"):
        ChatTemplate(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1 | dictsort }}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ 1 // 0 }}",
        "{{ range(10 ** 9) }}",
        "{{ namespace(_hidden=1) }}",
        "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
        "{{ dict.update(messages[0], content='changed') }}",
        "{{ raise_exception('no') }}",
    ],
)
def test_a_template_that_fails_is_a_model_error(source: str) -> None:
    turns = [{"role": "user", "content": "Hi"}]
    with pytest.raises(Exception):  # noqa: B017  (whatever the template did; the point is that both stop)
        their_tokenizer(BOS, EOS).apply_chat_template(turns, chat_template=source, tokenize=False)
    with pytest.raises(ModelError, match="refused"):
        ChatTemplate(source).render([user("Hi")])


FRAGMENTS = (
    *("<think>", "</think>", "<think>\n\n</think>\n\n", "/think", "/no_think", "/system_override"),
    *("{{ bos_token }}", "{%- for x in y %}", "{#", "#}", "{% endraw %}", "{{", "}}", "%s", "{0}"),
    *(
        "<|im_end|>",
        "<|eot_id|>",
        "<end_of_turn>",
        "<\uff5cUser\uff5c>",
        BOS,
        EOS,
        "<tool_response>",
        "</tool_response>",
    ),
    *("\n", "\r\n", "\t", " ", "\u00a0", "\u2028", "&<>'\"", "\\n", "é", "e\u0301", "🙂", "\x00", "skip"),
)
contents = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), max_size=8).map("".join)
roles: st.SearchStrategy[Role] = st.sampled_from(["system", "user", "assistant"])
alternating = st.lists(contents, min_size=1, max_size=5).map(
    lambda texts: [(assistant if at % 2 else user)(text) for at, text in enumerate(texts)]
)
chats = st.one_of(
    alternating,
    st.builds(lambda first, rest: [system(first), *rest], contents, alternating),
    st.lists(st.builds(Message, roles, contents), min_size=1, max_size=5),
)


@each_style
@given(chats, st.sampled_from([None, True, False]), st.booleans())
def test_whatever_is_said_renders_as_transformers_does(
    source: str, chat: list[Message], think: bool | None, generate: bool
) -> None:
    assert ours(source, chat, think, generate) == theirs(source, chat, think, generate)


@pytest.mark.slow
@pytest.mark.skipif(not SMOLLM_2.ready, reason="smollm2-135m has not been pulled")
def test_the_template_inside_a_downloaded_model_renders_as_transformers_does() -> None:
    field = gguf.GGUFReader(SMOLLM_2.path).get_field("tokenizer.chat_template")
    assert field is not None
    source = field.contents()
    for chat in CHATS.values():
        for generate in (True, False):
            expected = theirs(source, chat, None, generate)
            assert expected is not None
            assert ours(source, chat, None, generate) == expected
