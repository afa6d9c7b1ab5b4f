"""Chats to prompts, and completions to reasoning and answer. The ONE place that knows `<think>`.

Templates are the model's own jinja text, rendered in jinja2's sandbox with the settings and helpers that
Hugging Face templates expect (trim_blocks, lstrip_blocks, `raise_exception`, `strftime_now`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, cast

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

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


class ChatTemplate:
    """One compiled chat template."""

    def __init__(self, source: str, *, bos_token: str = "", eos_token: str = "") -> None:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            extensions=[loopcontrols, _Generation],
        )
        environment.filters["tojson"] = _to_json
        cast(dict[str, Any], environment.globals).update(raise_exception=_raise, strftime_now=_now)
        self.source = source
        self._tokens = {"bos_token": bos_token, "eos_token": eos_token}
        try:
            self._template = environment.from_string(source)
        except TemplateError as error:
            raise ModelError(f"the model's chat template cannot be compiled: {error}") from error

    def render(self, messages: Sequence[Message], *, think: bool | None = None, generate: bool = True) -> str:
        """The prompt text. `think` is passed as `enable_thinking` to templates that know it."""
        # Templates ask `tools is not none`, so what we never pass must be None, not undefined.
        names: dict[str, Any] = {**self._tokens, "tools": None, "documents": None}
        if think is not None:
            names["enable_thinking"] = think
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._template.render(messages=turns, add_generation_prompt=generate, **names)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ModelError(f"the model's chat template refused these messages: {error}") from error


class _Generation(Extension):
    """`{% generation %}` marks the assistant's own words for training masks; in a prompt it means nothing."""

    tags = {"generation"}  # noqa: RUF012  (jinja2 declares it so)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


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
