"""Lean 4 proofs, checked by a server: Kimina's, or anything that passes commands to the Lean REPL.

Three shapes of exchange are spoken. Kimina Lean Server (arXiv:2504.21230) takes snippets at `/api/check` and,
in the older form, codes at `/verify`; a path that is neither gets the REPL's own `{"cmd": ...}` and gives its
`{"messages": ..., "sorries": ..., "env": ...}`. An answer is accepted when Lean reports no error and no
`sorry`, and the theorem that compares it with the statement rests on `propext`, `Classical.choice` and
`Quot.sound` alone; `lean_source.py` says what is sent. A failure of the server, a reply that cannot be read
or no reply at all is tried once more and then `Verdict.ERROR`, never the answer's fault.

Tested against a scripted server only, whose replies are written after the documents of the two projects.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlsplit

from ponder.config import at_least
from ponder.errors import ConfigError, DataError, PonderError
from ponder.records import Judgement, Verdict
from ponder.verify.kernels.code_block import LONGEST_ANSWER, code_of
from ponder.verify.kernels.lean_source import (
    Statement,
    bound_options,
    read_statement,
    refusal,
    restate,
    strip_comments,
    whole_file,
)

AXIOMS = frozenset(("propext", "Classical.choice", "Quot.sound"))
KEY_VARIABLE = "PONDER_LEAN_API_KEY"
LARGEST_REPLY = 16_000_000
SHOWN = 300
_FAILED = "infrastructure_error"


class _ServerError(PonderError):
    """The server did not do its part."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What Lean said: (severity, text) of each message, and the holes that it found."""

    messages: tuple[tuple[str, str], ...] = ()
    holes: int = 0
    timed_out: str = ""

    def first(self, severity: str) -> str | None:
        return next((text for kind, text in self.messages if kind == severity), None)


class Lean:
    """A `Verifier`: the gold is Lean text that ends in a theorem without its proof, the answer proves it.

    The gold may begin with imports, `open`s and definitions. The answer is a whole file that declares the
    theorem, with or without what the gold has said already, or only the proof (a term after `:=`, `by ...`,
    or tactics). `url` is a Kimina server, or the very address to post to.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 60.0,
        queue: float = 60.0,
        api_key: str | None = None,
        heartbeats: int = 400_000,
        concurrency: int = 8,
        env: int | None = None,
        pause: float = 0.5,
    ) -> None:
        """`timeout` is Lean's for one file, in seconds; `heartbeats` its limit for one declaration.

        `queue` is how much longer the server may take until it begins, `pause` what is waited before the
        second try. `env` is a REPL's environment that has the imports already, so they are not sent.
        """
        at_least(1, timeout=timeout, heartbeats=heartbeats, concurrency=concurrency)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigError(f"{url!r} is not the URL of a Lean server: it should begin with http://")
        self.url = url if parts.path.strip("/") else f"{url.rstrip('/')}/api/check"
        self.timeout, self.heartbeats, self.concurrency, self.env = timeout, heartbeats, concurrency, env
        self.queue, self.pause = queue, pause
        self.api_key = api_key or os.environ.get(KEY_VARIABLE)
        self._usable = dict[Statement, str]()

    def __call__(self, answer: str, gold: str) -> Judgement:
        try:
            statement = read_statement(code_of(gold))
            if self.env is not None:
                statement = replace(statement, imports=())
        except DataError as error:
            return Judgement(Verdict.ERROR, None, f"the statement cannot be used: {error}", _FAILED)
        source = code_of(answer).strip("\n")
        shown = source.strip()[:SHOWN]
        if not shown:
            return Judgement(Verdict.NO_ANSWER, None, "there is no proof")
        if len(source) > LONGEST_ANSWER:
            return Judgement(Verdict.UNPARSABLE, shown, f"longer than {LONGEST_ANSWER} characters")
        try:
            body = bound_options(restate(strip_comments(source), statement), self.heartbeats)
        except DataError as error:
            return Judgement(Verdict.UNPARSABLE, shown, str(error))
        if why := refusal(body.replace(statement.theorem, " ")):
            return Judgement(Verdict.WRONG, shown, why, "blocked")
        try:
            return self._judge(statement, body, shown)
        except _ServerError as error:
            return Judgement(Verdict.ERROR, shown, str(error), _FAILED)

    def check_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Every (answer, gold), several requests at once, order kept."""
        with ThreadPoolExecutor(self.concurrency) as threads:
            return list(threads.map(self, *zip(*pairs, strict=True))) if pairs else []

    def _judge(self, statement: Statement, body: str, shown: str) -> Judgement:
        nonce = secrets.token_hex(8)
        reply = self._ask(whole_file(statement, body, nonce, self.heartbeats))
        why = _complaint(reply, nonce)
        if why is None:
            return Judgement(Verdict.CORRECT, shown, f"{statement.name} is proved", "passed")
        if broken := self._why_not_usable(statement):
            return Judgement(Verdict.ERROR, shown, f"the statement cannot be used: {broken}", _FAILED)
        if reply.timed_out:
            return Judgement(Verdict.TIMED_OUT, shown, why, "timeout")
        return Judgement(Verdict.WRONG, shown, why, "error")

    def _why_not_usable(self, statement: Statement) -> str:
        """Lean's complaint about the statement by itself, asked once; empty where there is none."""
        if statement not in self._usable:
            nonce = secrets.token_hex(8)
            reply = self._ask(whole_file(statement, "", nonce, self.heartbeats))
            if reply.timed_out:
                raise _ServerError(f"{self.url}: {reply.timed_out}")
            self._usable[statement] = _complaint(reply, nonce) or ""
        return self._usable[statement]

    def _ask(self, code: str) -> _Reply:
        """Lean's reply to a file; a failure is tried once more. Raises `_ServerError`."""
        name = secrets.token_hex(8)
        for attempt in (1, 2):
            try:
                return _read_reply(self._exchange(self._request(name, code)), name)
            except urllib.error.HTTPError as error:
                with error:
                    said = " ".join(error.read(500).decode("utf-8", "replace").split())
                failure = f"{self.url} answered {error.code}: {said}"
                if error.code in (401, 403):
                    failure = f"{self.url} wants an API key: set {KEY_VARIABLE}"
            except (OSError, HTTPException) as error:
                failure = f"{self.url} cannot be reached: {getattr(error, 'reason', error)}"
            except (_ServerError, ValueError, RecursionError) as error:
                failure = f"{self.url}: {error}"
            if attempt == 1:
                time.sleep(self.pause)
        raise _ServerError(failure[:SHOWN])

    def _request(self, name: str, code: str) -> dict[str, Any]:
        """The body of a request, in the shape that the URL's last part stands for."""
        seconds = round(self.timeout)
        match urlsplit(self.url).path.rstrip("/").rpartition("/")[2]:
            case "check":
                return {"snippets": [{"id": name, "code": code}], "timeout": seconds}
            case "verify" | "one_pass_verify_batch":
                return {"codes": [{"custom_id": name, "proof": code}], "timeout": seconds}
            case _:
                return {"cmd": code} if self.env is None else {"cmd": code, "env": self.env}

    def _exchange(self, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url, data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=self.timeout + self.queue) as reply:
            said = reply.read(LARGEST_REPLY + 1)
        if len(said) > LARGEST_REPLY:
            raise _ServerError("the reply is too long")
        return json.loads(said)


def _read_reply(told: Any, name: str) -> _Reply:
    """What Lean said, out of any of the three shapes. Raises `_ServerError` for anything else."""
    reply = _mapping(told)
    if "results" in reply:
        results = [_mapping(each) for each in _list(reply["results"])]
        mine = [each for each in results if name in (each.get("id"), each.get("custom_id"))]
        if len(mine) != 1:
            raise _ServerError("the reply does not name what was asked")
        if error := mine[0].get("error"):
            if "timed out" in str(error) and "header" not in str(error):
                return _Reply(timed_out=f"Lean did not end in time: {error}")
            raise _ServerError(f"the server failed: {error}")
        reply = _mapping(mine[0].get("response"))
    if not reply.keys() & {"messages", "sorries", "env"}:
        raise _ServerError(f"not a reply of the Lean REPL: {reply.get('message', 'no messages')}")
    messages = [_mapping(each) for each in _list(reply.get("messages"))]
    found = [(each.get("severity"), each.get("data")) for each in messages]
    if not all(isinstance(severity, str) and isinstance(text, str) for severity, text in found):
        raise _ServerError("a message without severity and data")
    return _Reply(tuple(cast(list[tuple[str, str]], found)), len(_list(reply.get("sorries"))))


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _ServerError("the reply is not of the expected shape")
    return cast(Mapping[str, Any], value)


def _list(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise _ServerError("the reply is not of the expected shape")
    return cast(list[Any], value or [])


def _complaint(reply: _Reply, nonce: str) -> str | None:
    """Why `checked_<nonce>` does not count as proved, or None."""
    if reply.timed_out:
        return reply.timed_out[:SHOWN]
    if (error := reply.first("error")) is not None:
        return " ".join(error.split())[:SHOWN] or "an error"
    if reply.holes or any("sorry" in text for kind, text in reply.messages if kind == "warning"):
        return "the proof has a hole (sorry)"
    report = re.compile(
        rf"'(?:[^'\s]+\.)?checked_{nonce}' (?:does not depend on any axioms|depends on axioms: \[([^\]]*)\])"
    )
    reports = [
        found for kind, text in reply.messages if kind == "info" and (found := report.fullmatch(text.strip()))
    ]
    if len(reports) != 1:
        return "Lean did not report what the proof rests on"
    axioms = {name.strip() for name in (reports[0][1] or "").split(",")} - {""}
    if more := sorted(axioms - AXIOMS):
        return f"it rests on more than Lean: {', '.join(more)}"[:SHOWN]
    return None
