"""Runs one untrusted program, in a process that is already confined and is thrown away afterwards.

Descriptors: 0 to 2 are the program's own streams, 3 brings messages from the supervisor, 4 takes replies.
Nothing here is trusted from outside: a program can write to 4 whatever it likes. It knows neither the
expected values nor how many questions will come, so all it can do there is answer.

    supervisor -> job   {"mode", "source", "names", "limits", ...}, then {"id", "name", "arguments", "named"}
    job -> supervisor   {"ready": true} or {"failed": ...}, then {"id", "value"} or {"id", "raised": ...}
"""

from __future__ import annotations

import builtins
import os
import sys
import types
from typing import Any

import confinement
import messages

REQUESTS, REPLIES = 3, 4


def run(job: dict[str, Any]) -> None:
    """Do what the first message says. Never returns normally: the caller exits."""
    confinement.limit_resources(**job["limits"])
    match job["mode"]:
        case "function":
            serve_functions(job)
        case "script":
            run_script(job)
        case "examine":
            examine(job)
        case _:
            reply({"failed": {"type": "NoSuchMode", "message": job["mode"]}})


def run_script(job: dict[str, Any]) -> None:
    """The program as `__main__`; its exit status and streams are all there is."""
    os.close(REQUESTS)
    os.close(REPLIES)
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    sys.argv = ["program.py"]
    exec(compile(job["source"], "program.py", "exec"), main.__dict__)


def serve_functions(job: dict[str, Any]) -> None:
    """Define the program, then call its functions as asked."""
    names = job["names"]
    try:
        space = _define(job["source"], "program")
        functions = {name: _find(space, name) for name in names}
    except BaseException as error:
        return reply({"failed": describe(error)})
    reply({"ready": True})
    while (request := messages.receive(REQUESTS)) is not None:
        answer: dict[str, Any] = {"id": request["id"]}
        try:
            arguments = messages.decode(request["arguments"])
            named = messages.decode(request["named"])
            answer["value"] = messages.encode(functions[request["name"]](*arguments, **named))
        except messages.NotPlain as error:
            answer["raised"] = {"type": "NotPlain", "message": f"returned {error}"}
        except BaseException as error:
            answer["raised"] = describe(error)
        reply(answer)


def examine(job: dict[str, Any]) -> None:
    """Run trusted tests whose functions live in another process: each call goes out as a question."""

    def stand_in(name: str) -> Any:
        def ask(*arguments: Any, **named: Any) -> Any:
            question = {"arguments": messages.encode(arguments), "named": messages.encode(named)}
            reply({"ask": name, **question})
            answer = messages.receive(REQUESTS)
            if answer is None or "value" not in answer:
                raise ProgramFailed(name if answer is None else answer["raised"])
            return messages.decode(answer["value"])

        ask.__name__ = name
        return ask

    try:
        space = _define(job["prelude"], "tests")
        stand_ins = {name: stand_in(name) for name in job["names"]}
        space.update(stand_ins)
        exec(compile(job["source"], "tests.py", "exec"), space)
        if job["entry_point"]:
            _find(space, "check")(stand_ins[job["entry_point"]])
    except ProgramFailed as error:
        return reply({"failed": {"type": "ProgramFailed", "message": str(error)}})
    except BaseException as error:
        return reply({"failed": describe(error)})
    reply({"passed": True})


class ProgramFailed(BaseException):
    """The program raised instead of answering; tests that catch `Exception` do not catch this."""


def describe(error: BaseException) -> dict[str, str]:
    """An exception as plain text; its own `__str__` may be hostile."""
    try:
        message = str(error)[:500]
    except BaseException:
        message = ""
    return {"type": type(error).__name__[:100], "message": message}


def reply(message: Any) -> None:
    messages.send(REPLIES, message)


def _define(source: str, name: str) -> dict[str, Any]:
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses and typing look their module up
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module.__dict__


def _find(space: dict[str, Any], name: str) -> Any:
    """`f`, `Class.method` on a fresh object, or a method of `Solution` as LeetCode writes it."""
    holder, dot, attribute = name.partition(".")
    if dot:
        return getattr(space[holder](), attribute)
    if name not in space and hasattr(space.get("Solution"), name):
        return getattr(space["Solution"](), name)
    if name not in space:
        raise NameError(f"the program defines no {name}")
    return space[name]
