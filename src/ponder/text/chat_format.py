"""Chats to prompts, and completions to reasoning and answer. The ONE place that knows `<think>`.

Templates are the model's own jinja text, rendered in jinja2's sandbox with the settings and helpers that
Hugging Face templates expect (trim_blocks, lstrip_blocks, `raise_exception`, `strftime_now`, generation
blocks). What renders there renders here, character for character, and what is refused there is refused here.
It does not know tools, documents, or messages that hold anything but text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

from jinja2 import TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from ponder.errors import ModelError
from ponder.records import Message

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


@dataclass(frozen=True, slots=True)
class ParsedCompletion:
    """A completion's text in two parts. `closed` is False when thinking began and never ended."""

    reasoning: str
    answer: str
    closed: bool


def parse_completion(text: str, *, opened: bool = False) -> ParsedCompletion:
    """Split at the first end-of-thinking marker.

    Thinking counts as begun when the text starts with the opening marker, or when the prompt already
    ended with it (`opened`). Markers anywhere else are ordinary text.
    """
    body = text.lstrip()
    if body.startswith(THINK_OPEN):
        body, opened = body[len(THINK_OPEN) :], True
    elif not opened:
        return ParsedCompletion("", text, closed=True)
    reasoning, marker, answer = body.partition(THINK_CLOSE)
    return ParsedCompletion(reasoning.strip("\n"), answer.lstrip("\n"), closed=bool(marker))


def opens_thinking(prompt: str) -> bool:
    """Whether a rendered prompt leaves the model inside its reasoning."""
    return prompt.rstrip().endswith(THINK_OPEN)


def unclosed(text: str) -> str | None:
    """A completion's text up to where its reasoning ended, to go on thinking from; None if it never ended."""
    before, marker, _ = text.partition(THINK_CLOSE)
    return before if marker else None


class ChatTemplate:
    """One compiled chat template, with the model's special tokens by the names of `tokenizer_config.json`
    (`bos_token`, `eos_token` and so on). An empty one means the model has none.

    Raises ModelError for a template that cannot be compiled.
    """

    def __init__(self, source: str, **special_tokens: str) -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            extensions=[loopcontrols, _Generation],
        )
        environment.filters["tojson"] = _to_json
        cast(dict[str, Any], environment.globals).update(
            raise_exception=_raise, strftime_now=_now, dict=_Dict(), namespace=_Namespace
        )
        self.source = source
        # Templates ask `bos_token is defined`, so a token the model lacks is left undefined.
        self.special_tokens = {name: token for name, token in special_tokens.items() if token}
        try:
            self._template = environment.from_string(source)
        # jinja compiles to Python, which has rules of its own: where `break` may stand, depth, digits.
        except (TemplateError, SyntaxError, RecursionError, ValueError) as error:
            raise ModelError(f"the model's chat template cannot be compiled: {_first_line(error)}") from error

    def render(self, messages: Sequence[Message], *, think: bool | None = None, generate: bool = True) -> str:
        """The prompt text. `think` is passed as `enable_thinking` to templates that know it.

        Raises ModelError when there are no messages, or the template refuses them or fails on them.
        """
        if not messages:
            raise ModelError("a chat needs at least one message to be rendered")
        # Templates ask `tools is not none`, so what we never pass must be None, not undefined.
        names: dict[str, Any] = {**self.special_tokens, "tools": None, "documents": None}
        if think is not None:
            names["enable_thinking"] = think
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._template.render(messages=turns, add_generation_prompt=generate, **names)
        except (TemplateError, *_FAILURES) as error:
            raise ModelError(
                f"the model's chat template refused these messages: {_first_line(error)}"
            ) from error


# What an expression of a template can raise in Python; RuntimeError holds the depth of recursion.
_FAILURES = (
    ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError
)  # fmt: skip


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class _Generation(Extension):
    """`{% generation %}` marks the assistant's own words for training masks; in a prompt it is only a scope.

    Like the body of a call block: what is set inside is not seen outside, and no loop is left from within.
    """

    tags = {"generation"}  # noqa: RUF012  (jinja2 declares it so)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_written"), [], [], body).set_lineno(line)

    def _written(self, caller: Callable[[], str]) -> str:
        return caller()


class _Dict:
    """`dict` for templates: it makes dictionaries, and lends none of the methods that change one."""

    def __call__(self, *args: Any, **items: Any) -> dict[Any, Any]:
        return dict(*args, **items)

    def fromkeys(self, keys: Iterable[Any], value: Any = None) -> dict[Any, Any]:
        return dict.fromkeys(keys, value)


class _Namespace(Namespace):
    """`namespace` for templates, without names that begin with an underscore: those are Python's own."""

    def __init__(*args: Any, **names: Any) -> None:  # as jinja2 declares it: `self` too may be a name
        self, *rest = args
        Namespace.__init__(self, {_public(name): value for name, value in dict(*rest, **names).items()})

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(_public(name), value)


def _public(name: Any) -> Any:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace cannot hold the name {name!r}, which begins with an underscore")
    return name


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _now(pattern: str) -> str:
    return datetime.now().strftime(pattern)
