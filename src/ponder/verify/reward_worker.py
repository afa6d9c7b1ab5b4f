"""The other side of `reward_process.py`: imports one function and calls it on batch after batch.

`python -m ponder.verify.reward_worker NAME DESCRIPTOR SECONDS MEGABYTES`. Ends when its parent does, and
takes along what the function has started: at once, or when the call's time is over where the function hangs
in C code. What the function prints goes to standard error.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ponder.config import imported_function
from ponder.errors import ConfigError, in_a_line

GRACE = 1.0
"""Seconds after its parent would have killed it that the worker ends by itself."""


def accepted(function: Callable[..., Any], name: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a function names, or all if it takes any."""
    check_columns(name, needed(function), columns)
    parameters = _parameters(function)
    if not parameters or any(each.kind is each.VAR_KEYWORD for each in parameters):
        return dict(columns)
    return {each.name: columns[each.name] for each in parameters if each.name in columns}


def needed(function: Callable[..., Any]) -> list[str]:
    """The columns that a function cannot do without."""
    return [
        each.name
        for each in _parameters(function)
        if each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]


def check_columns(name: str, wanted: Iterable[str], columns: Iterable[str]) -> None:
    """Raises `ConfigError` for the first that is not there."""
    there = list(columns)
    for column in wanted:
        if column not in there:
            raise ConfigError(
                f"reward {name!r} needs a column {column!r} that the problems do not have; "
                f"they have: {', '.join(there)}"
            )


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some of those written in C have none
        return []


def called(function: Callable[..., Any], name: str, columns: Mapping[str, Any]) -> list[Any]:
    """What the function returns for the columns it takes. One that is `async` is waited for."""
    values = function(**accepted(function, name, columns))
    if inspect.iscoroutine(values):
        import asyncio  # a tenth of a worker's start

        values = asyncio.run(values)
    return list(values)


def main() -> None:
    name, descriptor, seconds, memory_mb = sys.argv[1:]
    pipe = Connection(int(descriptor))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    _bound_memory(int(memory_mb))
    try:
        function = imported_function(name, "reward")
    except ConfigError as error:
        pipe.send_bytes(json.dumps({"mistake": str(error)}).encode())
        return
    except (Exception, SystemExit) as error:  # a module may raise anything while it is imported
        mistake = f"reward {name!r} cannot be imported: {in_a_line(error)}"
        pipe.send_bytes(json.dumps({"mistake": mistake}).encode())
        return
    pipe.send_bytes(json.dumps({"needed": needed(function)}).encode())
    with contextlib.suppress(EOFError, OSError):  # the parent has gone
        while True:
            columns = pickle.loads(pipe.recv_bytes())
            signal.setitimer(signal.ITIMER_REAL, float(seconds) + GRACE)
            answer = _answer(function, name, columns)
            signal.setitimer(signal.ITIMER_REAL, 0)
            pipe.send_bytes(json.dumps(answer).encode())
    _end()


def _answer(function: Callable[..., Any], name: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"values": [_plain(value) for value in called(function, name, columns)]}
    except ConfigError as error:
        return {"mistake": str(error)}
    except (Exception, SystemExit) as error:  # whatever anybody's code raises is told, not suffered
        return {"raised": in_a_line(error)}


def _plain(value: object) -> float | str | None:
    """A number, None, or the text of what is neither."""
    if value is None or isinstance(value, str):
        return value
    try:
        return float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError):
        return repr(value)[:80]


def _bound_memory(megabytes: int) -> None:
    """More is refused, and where the machine runs out all the same, this process goes before its parent."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = megabytes << 20
    if hard == resource.RLIM_INFINITY or limit < hard:
        with contextlib.suppress(OSError, ValueError):  # a system that knows no such limit
            resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    _end()


def _end() -> None:
    """With all of the own session, which is what the function has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    main()
