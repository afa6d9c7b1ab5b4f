"""A Lean server that follows a script: it speaks the three shapes, and knows no Lean."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple

Lean = Callable[[str], Any]
"""From a file to what the Lean REPL would say about it."""


class Request(NamedTuple):
    path: str
    key: str | None
    body: dict[str, Any]
    code: str


class Failure(NamedTuple):
    """What the server does once instead of its work."""

    status: int = 500
    said: bytes = b"out of order"
    seconds: float = 0.0


def message(severity: str, data: str) -> dict[str, Any]:
    return {"severity": severity, "pos": {"line": 1, "column": 0}, "endPos": None, "data": data}


def report(code: str, axioms: Sequence[str] = ()) -> dict[str, Any]:
    """What `#print axioms` says of the last theorem that is asked about."""
    name = re.findall(r"#print axioms (\S+)", code)[-1]
    says = f"depends on axioms: [{', '.join(axioms)}]" if axioms else "does not depend on any axioms"
    return message("info", f"'{name}' {says}")


def accepts(*axioms: str) -> Lean:
    """Lean that finds nothing wrong with anything."""
    return lambda code: {"env": 0, "messages": [report(code, axioms)]}


def complains(text: str, *, about: str = "") -> Lean:
    """Lean that reports an error in a file that contains `about`, and still says that no axiom is used."""
    return lambda code: {
        "env": 0,
        "messages": [*([message("error", text)] if about in code else []), report(code)],
    }


class _Server(ThreadingHTTPServer):
    request_queue_size = 64
    daemon_threads = True


class ScriptedLeanServer:
    """A context manager; `url` is its address. Each failure is served once, before `lean` is asked."""

    def __init__(self, lean: Lean, *failures: Failure, dress: Callable[[Any], Any] | None = None) -> None:
        self.lean, self.failures, self.dress = lean, list(failures), dress or (lambda reply: reply)
        self.requests = list[Request]()
        self.lock = threading.Lock()
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                script.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> ScriptedLeanServer:
        self.thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        code, wrap = self.read(body)
        with self.lock:
            self.requests.append(Request(handler.path, handler.headers["Authorization"], body, code))
            failure = self.failures.pop(0) if self.failures else None
        if failure:
            time.sleep(failure.seconds)
            status, said = failure.status, failure.said
        else:
            status, said = 200, json.dumps(self.dress(wrap(self.lean(code)))).encode()
        try:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(said)))
            handler.end_headers()
            handler.wfile.write(said)
        except BrokenPipeError:
            pass  # whoever asked has gone

    def read(self, body: dict[str, Any]) -> tuple[str, Callable[[Any], Any]]:
        """The file in a request, and how a reply of its shape is put."""
        if "snippets" in body:
            (snippet,) = body["snippets"]
            return snippet["code"], lambda r: {"results": [{"id": snippet["id"], "time": 0.1, "response": r}]}
        if "codes" in body:
            (code,) = body["codes"]
            return code["proof"], lambda r: {"results": [{"custom_id": code["custom_id"], "response": r}]}
        return body["cmd"], lambda reply: reply
