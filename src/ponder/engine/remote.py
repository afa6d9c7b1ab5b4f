"""A sampler behind an OpenAI-style endpoint: vLLM, SGLang, llama.cpp, OpenAI.

One request per prompt, several at once. Departures from the embedded engine: token ids and logprobs are
empty; flops are 0; a thinking budget and token-id prompts are refused. The tokens of a request are what
its reply counts; the reply does not divide them among n choices or into reasoning and answer, so that
division goes by the length of the texts, the sum staying exact.

A begun completion is sent as the last assistant turn with `continue_final_message`, which vLLM and SGLang
understand. The API has no word for a pause, so pause strings are sent as stop strings: where the server does
not say which string stopped it, the first is assumed, and an answer in a box counts as the end.
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from itertools import pairwise
from typing import Any, cast

from ponder.errors import ConfigError, ModelError
from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Cost, FinishReason, Message, Sampling
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN, ParsedCompletion, parse_completion
from ponder.verify.extract import extract_answer

BUSY = frozenset({429, 500, 502, 503, 504})
FINISHES = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


class RemoteSampler:
    """Satisfies `protocols.Sampler`. `model` defaults to the first that the endpoint lists. A server that
    goes away is waited for, `patience` seconds long."""

    def __init__(
        self,
        base_url: str,
        *,
        model: str | None = None,
        api_key: str | None = None,
        concurrency: int = 8,
        timeout: float = 600.0,
        attempts: int = 3,
        patience: float = 60.0,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_key = api_key or os.environ.get("PONDER_API_KEY")
        self.concurrency, self.timeout, self.attempts = concurrency, timeout, attempts
        self.patience = patience
        self._reached = False
        self.name = model or self._first_model()

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
        think: bool | None = None,
    ) -> list[list[Completion]]:
        """`sampling.n` completions for each prompt, prompts in their order; plain text is one user turn.

        `think` is passed on as the chat template's `enable_thinking`, which vLLM and SGLang understand.
        """
        made: dict[tuple[int, int], Completion] = {}
        for place, number, completion in self.stream(prompts, sampling, think=think):
            made[place, number] = completion
            if on_progress is not None:
                on_progress(1)
        numbers = range(sampling.first, sampling.first + sampling.n)
        return [[made[place, number] for number in numbers] for place in range(len(prompts))]

    def stream(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, think: bool | None = None
    ) -> Iterator[tuple[int, int, Completion]]:
        """The same as replies come: place of the prompt, number, completion."""
        requests = [self._request(prompt, sampling, think) for prompt in prompts]
        begun = [prompt.text if isinstance(prompt, Begun) else "" for prompt in prompts]
        pool, given_up = ThreadPoolExecutor(self.concurrency), threading.Event()
        try:
            futures = {
                pool.submit(self._complete, request, text, sampling.pause, given_up): place
                for place, (request, text) in enumerate(zip(requests, begun, strict=True))
            }
            for future in as_completed(futures):
                for number, completion in enumerate(future.result(), sampling.first):
                    yield futures[future], number, completion
        finally:  # an error or Ctrl-C does not wait for the requests under way
            given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def rendered(self, prompt: Prompt) -> str:
        """The messages as they are sent; the template is the server's."""
        return json.dumps(_messages(prompt), ensure_ascii=False)

    def _request(self, prompt: Prompt, sampling: Sampling, think: bool | None) -> dict[str, Any]:
        if sampling.thinking_budget is not None:
            raise ConfigError("an endpoint cannot close the reasoning early: drop the thinking budget")
        request: dict[str, Any] = {
            "model": self.name,
            "messages": _messages(prompt),
            "n": sampling.n,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed + sampling.first,  # the API cannot skip the first choices of a seed
            "max_tokens": max(1, sampling.max_tokens - (prompt.spent if isinstance(prompt, Begun) else 0)),
        }
        if isinstance(prompt, Begun):
            request |= {"continue_final_message": True, "add_generation_prompt": False}
        if sampling.stop or sampling.pause:
            request["stop"] = [*sampling.stop, *sampling.pause]
        # What the OpenAI API does not know is sent only when it is asked for.
        extras = {"top_k": sampling.top_k, "min_p": sampling.min_p, "ignore_eos": sampling.ignore_eos}
        request |= {key: value for key, value in extras.items() if value}
        if think is not None:
            request["chat_template_kwargs"] = {"enable_thinking": think}
        return request

    def _complete(
        self, request: dict[str, Any], begun: str, pause: tuple[str, ...], given_up: threading.Event
    ) -> list[Completion]:
        """All choices; from servers that give fewer than they are asked for, in several requests."""
        completions: list[Completion] = []
        while (missing := request["n"] - len(completions)) > 0:
            asked = {**request, "n": missing, "seed": request["seed"] + len(completions)}
            completions += self._choices(asked, begun, pause, given_up)
        return completions

    def _choices(
        self, request: dict[str, Any], begun: str, pause: tuple[str, ...], given_up: threading.Event
    ) -> list[Completion]:
        started = time.perf_counter()
        reply = self._call("/chat/completions", request, given_up)
        seconds = time.perf_counter() - started
        try:
            choices = reply["choices"]
            texts = [_parsed(choice["message"]) for choice in choices]
            finishes = [FINISHES.get(choice["finish_reason"], FinishReason.STOP) for choice in choices]
            costs = _divide(cast(dict[str, Any], reply.get("usage") or {}), texts, seconds)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ModelError(f"{self.base_url} sent a reply that is no chat completion: {error!r}") from error
        if not 1 <= len(texts) <= request["n"]:
            raise ModelError(f"{self.base_url} sent {len(texts)} choices where {request['n']} were asked for")
        completions: list[Completion] = []
        for choice, parsed, finish, cost in zip(choices, texts, finishes, costs, strict=True):
            text = _whole(parsed)
            mark = _pause_mark(choice, begun + text, pause) if finish is FinishReason.STOP else None
            if mark is not None:
                text, finish = text + mark, FinishReason.PAUSED
            whole = parse_completion(begun + text) if begun or mark else parsed
            completions.append(
                Completion(
                    token_ids=(),
                    text=text,
                    logprobs=(),
                    finish_reason=finish,
                    reasoning=whole.reasoning,
                    answer=whole.answer,
                    reasoning_closed=whole.closed,
                    cost=cost,
                )
            )
        return completions

    def _first_model(self) -> str:
        try:
            return self._call("/models")["data"][0]["id"]
        except (KeyError, IndexError, TypeError) as error:
            raise ModelError(f"{self.base_url} lists no models: name one") from error

    def _call(
        self, path: str, body: dict[str, Any] | None = None, given_up: threading.Event | None = None
    ) -> dict[str, Any]:
        """A JSON exchange. A busy server is asked again, a little later each time, and one that was there and
        has gone is waited for."""
        waiting_since: float | None = None
        refused = 0
        while True:
            try:
                reply = self._exchange(path, body)
                self._reached = True
                return reply
            except urllib.error.HTTPError as error:
                with error:
                    said = " ".join(error.read(500).decode("utf-8", "replace").split())
                refused += 1
                if error.code not in BUSY or refused == self.attempts:
                    raise ModelError(f"{self.base_url}{path} answered {error.code}: {said}") from error
                time.sleep(0.5 * 2**refused)
            except (OSError, RemoteDisconnected, IncompleteRead) as error:
                reason = getattr(error, "reason", error)
                waiting_since = waiting_since or time.monotonic()
                patient = self._reached and time.monotonic() - waiting_since < self.patience
                if not patient or given_up is None or isinstance(error, TimeoutError) or given_up.wait(1.0):
                    raise ModelError(f"{self.base_url} cannot be reached: {reason}") from error
            except (ValueError, HTTPException) as error:
                said = f"{self.base_url}{path} is not an OpenAI-style endpoint: {error!r}"
                raise ModelError(said) from error

    def _exchange(self, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=self.timeout) as reply:
            return json.loads(reply.read())


def _messages(prompt: Prompt) -> list[dict[str, str]]:
    if isinstance(prompt, Begun):
        return [*_messages(prompt.prompt), {"role": "assistant", "content": prompt.text}]
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    messages = [part for part in prompt if isinstance(part, Message)]
    if not messages or len(messages) != len(prompt):
        raise ConfigError("an endpoint takes text or chat messages, not token ids")
    return [{"role": message.role, "content": message.content} for message in messages]


def _pause_mark(choice: dict[str, Any], text: str, pause: tuple[str, ...]) -> str | None:
    """The pause string that stopped a choice, which servers cut off; None if it had come to its end."""
    if not pause:
        return None
    said: Any = choice.get("stop_reason")  # vLLM and SGLang name the string
    if isinstance(said, str):
        return said if said in pause else None
    whole = parse_completion(text)
    return None if whole.closed and extract_answer(whole.answer) is not None else pause[0]


def _parsed(message: dict[str, Any]) -> ParsedCompletion:
    """Servers with a reasoning parser send the reasoning apart; others leave it in the text."""
    content: str = message.get("content") or ""
    reasoning: str = message.get("reasoning_content") or message.get("reasoning") or ""
    if reasoning:
        return ParsedCompletion(reasoning.strip("\n"), content.lstrip("\n"), closed=bool(content))
    return parse_completion(content)


def _whole(parsed: ParsedCompletion) -> str:
    """One text again, in the form that `parse_completion` reads."""
    if not parsed.reasoning and parsed.closed:
        return parsed.answer
    head = f"{THINK_OPEN}\n{parsed.reasoning}"
    return f"{head}\n{THINK_CLOSE}\n{parsed.answer}" if parsed.closed else head


def _divide(usage: dict[str, Any], texts: Sequence[ParsedCompletion], seconds: float) -> list[Cost]:
    """The cost of each choice of one request."""
    prompt = int(usage.get("prompt_tokens") or 0)
    lengths = [len(parsed.reasoning) + len(parsed.answer) for parsed in texts]
    shares = _apportion(int(usage.get("completion_tokens") or 0), lengths)
    costs: list[Cost] = []
    for parsed, share in zip(texts, shares, strict=True):
        reasoning, answer = _apportion(share, [len(parsed.reasoning), len(parsed.answer)])
        first = not costs
        costs.append(
            Cost(
                prompt_tokens=prompt if first else 0,
                cached_prompt_tokens=0 if first else prompt,
                reasoning_tokens=reasoning,
                answer_tokens=answer,
                forward_passes=share,
                seconds=seconds / len(texts),
            )
        )
    return costs


def _apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to the weights, with exactly this sum; the last takes all if all are 0."""
    weights = weights if any(weights) else [0] * (len(weights) - 1) + [1]
    whole = sum(weights)
    bounds = [0, *(round(total * sum(weights[: index + 1]) / whole) for index in range(len(weights)))]
    return [after - before for before, after in pairwise(bounds)]
