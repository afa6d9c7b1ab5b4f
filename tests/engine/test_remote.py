"""The endpoint sampler against a small server on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ponder.engine.remote import RemoteSampler
from ponder.errors import ConfigError, ModelError
from ponder.protocols import Begun
from ponder.records import Cost, FinishReason, Message, Sampling


class Endpoint(ThreadingHTTPServer):
    """Echoes the last message, thinking first; remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict] = []
        self.refusals: list[int] = []
        self.most_choices = 99
        self.stopped_by: dict[str, str] = {}
        """What it says of the string that stopped a continuation."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.reply(200, {"data": [{"id": "echo"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        if self.server.refusals:
            return self.reply(self.server.refusals.pop(0), {"error": "too\nmuch"})
        said = asked["messages"][-1]["content"]
        if asked["messages"][-1]["role"] == "assistant":
            choice = {"message": {"content": " and on"}, "finish_reason": "stop", **self.server.stopped_by}
            return self.reply(200, {"choices": [choice] * asked["n"], "usage": {"completion_tokens": 3}})
        message = {"content": f"<think>\nhm\n</think>\n{said}"}
        choices = [{"message": message, "finish_reason": "length"}] * min(
            asked["n"], self.server.most_choices
        )
        self.reply(200, {"choices": choices, "usage": {"prompt_tokens": 7, "completion_tokens": 31}})

    def reply(self, status: int, body: dict) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_prompts_keep_their_order_and_costs_their_sum(endpoint: Endpoint):
    sampler = RemoteSampler(endpoint.url)
    ticks: list[int] = []
    prompts = [f"say {index}" for index in range(20)]
    sampling = Sampling(n=3, top_k=5, stop=("\n\n",), seed=4)
    groups = sampler.generate(prompts, sampling, on_progress=ticks.append)
    assert [[each.answer for each in group] for group in groups] == [[prompt] * 3 for prompt in prompts]
    assert sum(ticks) == 60
    first = groups[0][0]
    assert (first.reasoning, first.reasoning_closed) == ("hm", True)
    assert first.finish_reason is FinishReason.LENGTH
    total = sum((each.cost for each in groups[0]), Cost())
    assert (total.prompt_tokens, total.cached_prompt_tokens, total.generated_tokens) == (7, 14, 31)
    asked = endpoint.asked[0]
    assert (asked["model"], asked["n"], asked["seed"], asked["top_k"]) == ("echo", 3, 4, 5)
    assert asked["stop"] == ["\n\n"]
    assert "min_p" not in asked


def test_a_begun_completion_goes_on_as_the_last_turn(endpoint: Endpoint):
    begun = Begun("hi", "<think>\nso far", spent=10)
    sampling = Sampling(max_tokens=30, pause=("\n",), first=2, seed=5)
    (more,) = RemoteSampler(endpoint.url).generate([begun], sampling)[0]
    assert (more.text, more.reasoning, more.finish_reason) == (
        " and on\n", "so far and on", FinishReason.PAUSED
    )  # fmt: skip
    asked = endpoint.asked[0]
    assert asked["messages"][-1] == {"role": "assistant", "content": "<think>\nso far"}
    assert (asked["continue_final_message"], asked["max_tokens"], asked["seed"]) == (True, 20, 7)
    assert asked["stop"] == ["\n"]


@pytest.mark.parametrize(
    ("stopped_by", "begun", "finish"),
    [
        ({}, "<think>x</think>\\boxed{3}", FinishReason.STOP),
        ({"stop_reason": "\n"}, "<think>x</think>\\boxed{3}", FinishReason.PAUSED),
        ({"stop_reason": "<|end|>"}, "<think>x", FinishReason.STOP),
    ],
)
def test_a_pause_is_told_from_the_end(endpoint: Endpoint, stopped_by: dict, begun: str, finish: FinishReason):
    endpoint.stopped_by = stopped_by
    (more,) = RemoteSampler(endpoint.url).generate([Begun("hi", begun)], Sampling(pause=("\n",)))[0]
    assert more.finish_reason is finish


def test_messages_are_sent_as_they_are(endpoint: Endpoint):
    RemoteSampler(endpoint.url, model="m").generate(
        [[Message("system", "be brief"), Message("user", "hi")]], Sampling(), think=False
    )
    assert [message["role"] for message in endpoint.asked[0]["messages"]] == ["system", "user"]
    assert endpoint.asked[0]["chat_template_kwargs"] == {"enable_thinking": False}


def test_a_busy_server_is_asked_again(endpoint: Endpoint):
    endpoint.refusals = [503]
    assert RemoteSampler(endpoint.url, model="m").generate(["hi"], Sampling())[0][0].answer == "hi"
    assert len(endpoint.asked) == 2


def test_a_server_of_one_choice_is_asked_for_each(endpoint: Endpoint):
    endpoint.most_choices = 1
    (group,) = RemoteSampler(endpoint.url).generate(["hi"], Sampling(n=3, first=2, seed=10))
    assert [each.answer for each in group] == ["hi"] * 3
    assert [(asked["n"], asked["seed"]) for asked in endpoint.asked] == [(3, 12), (2, 13), (1, 14)]
    assert sum((each.cost for each in group), Cost()).generated_tokens == 3 * 31


def test_a_server_that_comes_back_is_waited_for(endpoint: Endpoint):
    sampler = RemoteSampler(endpoint.url, patience=30)
    address = endpoint.server_address
    endpoint.shutdown()
    endpoint.server_close()
    again: list[Endpoint] = []

    def restart() -> None:
        server = Endpoint.__new__(Endpoint)
        ThreadingHTTPServer.__init__(server, address, Handler)
        server.asked, server.refusals, server.stopped_by, server.most_choices = [], [], {}, 99
        again.append(server)
        server.serve_forever(poll_interval=0.01)

    timer = threading.Timer(0.5, restart)
    timer.start()
    groups = sampler.generate(["a", "b"], Sampling())
    assert [each.answer for (each,) in groups] == ["a", "b"]
    again[0].shutdown()
    again[0].server_close()
    timer.join()


def test_a_server_that_stays_away_ends_the_wait(endpoint: Endpoint):
    sampler = RemoteSampler(endpoint.url, patience=0.5)
    endpoint.shutdown()
    endpoint.server_close()
    with pytest.raises(ModelError, match="cannot be reached"):
        sampler.generate(["a", "b"], Sampling())


def test_errors_are_one_line(endpoint: Endpoint):
    endpoint.refusals = [401]
    with pytest.raises(ModelError, match="answered 401") as caught:
        RemoteSampler(endpoint.url, model="m").generate(["hi"], Sampling())
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="cannot be reached"):
        RemoteSampler("http://127.0.0.1:9/v1", model="m").generate(["hi"], Sampling())
    with pytest.raises(ConfigError, match="token ids"):
        RemoteSampler(endpoint.url, model="m").generate([[1, 2]], Sampling())
    with pytest.raises(ConfigError, match="thinking budget"):
        RemoteSampler(endpoint.url, model="m").generate(["hi"], Sampling(thinking_budget=5))
