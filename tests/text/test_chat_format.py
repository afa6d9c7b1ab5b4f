"""Prompts as `transformers` renders them, and completions split at the end of thinking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from ponder.errors import ModelError
from ponder.records import Message
from ponder.text.chat_format import (
    CHATML,
    THINK_CLOSE,
    THINK_OPEN,
    ChatTemplate,
    ParsedCompletion,
    opens_thinking,
    parse_completion,
)

LLAMA_LIKE = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = "" %}
{%- endif %}
{%- if tools is not none %}
    {{- "tools follow" }}
{%- endif %}
<|system|>{{ system }}
{% for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception("roles must alternate") }}
    {%- endif %}
    {{- '<|' + message['role'] + '|>\\n\\n' + message['content'] | trim + eos_token }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|assistant|>\\n\\n' }}
{%- endif %}
"""
THINKING = """{%- for message in messages %}
    {%- if loop.index > 3 %}{%- break %}{%- endif %}
    {%- if message.role == "assistant" and '</think>' in message.content %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
    {%- else %}
        {%- set content = message.content %}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- else %}
        {{- '<think>\\n' }}
    {%- endif %}
{%- endif %}
"""
MARKED = """{% for message in messages %}
{% if message.role == 'assistant' %}{% generation %}{{ message.content }}{% endgeneration %}
{% else %}
{{ message | tojson }}{{ {'b': 'é', 'a': [1]} | tojson(indent=2, sort_keys=true) }}
{% endif %}
{% endfor %}
"""
CHATS = [
    [Message("user", "What is 1 < 2 & 'é'?")],
    [
        Message("system", " Be brief.\n"),
        Message("user", "Hi"),
        Message("assistant", "<think>\nhm\n</think>\n\nHello"),
    ],
    [Message("user", "a"), Message("assistant", "b"), Message("user", "{{ c }}\n")],
]


def rendered_by_transformers(source: str, chat: list[Message], generate: bool, think: bool | None) -> str:
    backend = Backend(WordLevel({"<s>": 0, "</s>": 1}, unk_token="<s>"))
    theirs = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    turns = [{"role": message.role, "content": message.content} for message in chat]
    extra = {} if think is None else {"enable_thinking": think}
    rendered = theirs.apply_chat_template(
        turns, chat_template=source, tokenize=False, add_generation_prompt=generate, **extra
    )
    assert isinstance(rendered, str)
    return rendered


@pytest.mark.parametrize(
    "source", [CHATML, LLAMA_LIKE, THINKING, MARKED], ids=["chatml", "llama", "thinking", "marked"]
)
@pytest.mark.parametrize("chat", CHATS, ids=["one", "system", "three"])
@pytest.mark.parametrize("generate", [True, False])
@pytest.mark.parametrize("think", [None, True, False])
def test_renders_as_transformers_does(
    source: str, chat: list[Message], generate: bool, think: bool | None
) -> None:
    ours = ChatTemplate(source, bos_token="<s>", eos_token="</s>").render(
        chat, think=think, generate=generate
    )
    assert ours == rendered_by_transformers(source, chat, generate, think)


def test_a_template_that_refuses_is_one_clear_line() -> None:
    with pytest.raises(ModelError, match="roles must alternate"):
        ChatTemplate(LLAMA_LIKE).render([Message("assistant", "x")])
    with pytest.raises(ModelError, match="refused"):
        ChatTemplate("{{ messages[0].content + 1 }}").render([Message("user", "x")])
    with pytest.raises(ModelError, match="cannot be compiled"):
        ChatTemplate("{% for %}")


def test_a_template_cannot_leave_the_sandbox() -> None:
    for source in (
        "{{ messages.__class__.__mro__ }}{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ messages.append(1) }}",
    ):
        with pytest.raises(ModelError):
            ChatTemplate(source).render([Message("user", "x")])


def test_the_prompt_may_open_the_thinking() -> None:
    template = ChatTemplate(THINKING)
    assert opens_thinking(template.render(CHATS[0], think=True))
    assert not opens_thinking(template.render(CHATS[0], think=False))
    assert not opens_thinking(template.render(CHATS[0], generate=False))


@pytest.mark.parametrize(
    ("text", "opened", "expected"),
    [
        ("42", False, ParsedCompletion("", "42", True)),
        ("", False, ParsedCompletion("", "", True)),
        ("", True, ParsedCompletion("", "", False)),
        ("<think>\na\n</think>\n\n42", False, ParsedCompletion("a", "42", True)),
        ("\n<think>a", False, ParsedCompletion("a", "", False)),
        ("still going", True, ParsedCompletion("still going", "", False)),
        ("done</think>42", True, ParsedCompletion("done", "42", True)),
        ("<think>a</think>b</think>c", False, ParsedCompletion("a", "b</think>c", True)),
        ("say <think> aloud", False, ParsedCompletion("", "say <think> aloud", True)),
        ("no start</think>42", False, ParsedCompletion("", "no start</think>42", True)),
        ("<think>cut </thi", False, ParsedCompletion("cut </thi", "", False)),
    ],
)
def test_parse_completion(text: str, opened: bool, expected: ParsedCompletion) -> None:
    assert parse_completion(text, opened=opened) == expected


MARKUP = st.lists(st.sampled_from([THINK_OPEN, THINK_CLOSE, "\n", " ", "a", "42", "<", "think>"])).map(
    "".join
)


@given(MARKUP, st.booleans())
def test_parsing_only_ever_cuts(text: str, opened: bool) -> None:
    parsed = parse_completion(text, opened=opened)
    assert parsed.reasoning in text
    assert parsed.answer in text
    assert parsed.closed or not parsed.answer
    assert THINK_CLOSE not in parsed.reasoning
    if not opened and not text.lstrip().startswith(THINK_OPEN):
        assert parsed == ParsedCompletion("", text, True)


@given(MARKUP.filter(lambda text: THINK_CLOSE not in text), MARKUP)
def test_parsing_undoes_writing(reasoning: str, answer: str) -> None:
    parsed = parse_completion(THINK_OPEN + reasoning + THINK_CLOSE + answer)
    assert parsed == ParsedCompletion(reasoning.strip("\n"), answer.lstrip("\n"), True)
