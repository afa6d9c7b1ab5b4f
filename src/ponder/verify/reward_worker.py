"""The other side of `reward_process.py`: imports one function and calls it on batch after batch.

`python -m ponder.verify.reward_worker NAME DESCRIPTOR`. Ends when its parent does, even while the function
hangs. What the function prints goes to standard error.
"""

from __future__ import annotations

import inspect
import json
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from ponder.config import imported_function
from ponder.errors import ConfigError


def accepted(function: Callable[..., Any], name: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a function names, or all if it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some of those written in C have none
        return dict(columns)
    for each in parameters:
        needed = each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        if needed and each.name not in columns:
            raise ConfigError(
                f"reward {name!r} needs a column {each.name!r} that the problems do not have; "
                f"they have: {', '.join(columns)}"
            )
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return dict(columns)
    return {each.name: columns[each.name] for each in parameters if each.name in columns}


def main() -> None:
    name, pipe = sys.argv[1], Connection(int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        function = imported_function(name, "reward")
    except ConfigError as error:
        pipe.send_bytes(json.dumps({"mistake": str(error)}).encode())
        return
    pipe.send_bytes(b"{}")
    while True:
        try:
            columns = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        pipe.send_bytes(json.dumps(_answer(function, name, columns)).encode())


def _answer(function: Callable[..., Any], name: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"values": [_plain(value) for value in function(**accepted(function, name, columns))]}
    except ConfigError as error:
        return {"mistake": str(error)}
    except (Exception, SystemExit) as error:  # whatever anybody's code raises is told, not suffered
        return {"raised": f"{type(error).__name__}: {error}"}


def _plain(value: object) -> float | str | None:
    """A number, None, or the text of what is neither."""
    if value is None or isinstance(value, str):
        return value
    try:
        return float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError, OverflowError):
        return repr(value)[:80]


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
