"""Typed JSON between the supervisor and a job: plain values only, with their exact Python types.

JSON knows null, booleans, numbers, strings, lists and string-keyed objects. The other plain types travel as
an object with one key that names them: `{"tuple": [...]}`, `{"set": [...]}`, `{"dict": [[key, value], ...]}`,
`{"float": "nan"}`, `{"int": "0x..."}` for integers too long to print. A subclass of a plain type is not that
type and is refused, so an object whose `__eq__` always agrees never leaves its process. A message is four
bytes of length, big-endian, then JSON. Does not know pickle, classes, or what a value means.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections import Counter
from typing import Any

HEADER = struct.Struct(">I")
LONGEST_PLAIN_INT = 10**300
DEEPEST = 100
MOST_OF_ONE_HASH = 16


class NotPlain(ValueError):
    """A value that cannot cross: of another type, too deep, or not as `encode` writes it."""


def encode(value: Any, depth: int = 0) -> Any:
    """The value as JSON-able data; `decode` gives it back with the same types."""
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -LONGEST_PLAIN_INT < value < LONGEST_PLAIN_INT else {"int": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if depth >= DEEPEST:
        raise NotPlain(f"nested deeper than {DEEPEST}")
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    if kind is tuple or kind is set or kind is frozenset:
        return {kind.__name__: [encode(item, depth + 1) for item in value]}
    if kind is dict:
        return {"dict": [[encode(key, depth + 1), encode(held, depth + 1)] for key, held in value.items()]}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is complex:
        return {"complex": [encode(value.real), encode(value.imag)]}
    raise NotPlain(f"a value of type {kind.__name__}")


def decode(data: Any, depth: int = 0) -> Any:
    """The value that `encode` was given. Raises `NotPlain` on anything that `encode` does not write.

    Keys and members whose hashes collide on purpose are refused too: a set of them takes quadratic time.
    """
    if data is None or isinstance(data, (bool, str, int, float)):
        if isinstance(data, float) and not math.isfinite(data):
            raise NotPlain("a bare nan or infinity")
        return data
    if depth >= DEEPEST:
        raise NotPlain(f"nested deeper than {DEEPEST}")
    if isinstance(data, list):
        return [decode(item, depth + 1) for item in data]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(data, dict) or len(data) != 1:  # pyright: ignore[reportUnknownArgumentType]
        raise NotPlain("not a typed value")
    ((kind, held),) = data.items()  # pyright: ignore[reportUnknownVariableType]
    try:
        return _tagged(str(kind), held, depth + 1)  # pyright: ignore[reportUnknownArgumentType]
    except NotPlain:
        raise
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
        raise NotPlain(f"a broken {kind}") from error


def _tagged(kind: str, held: Any, depth: int) -> Any:
    match kind:
        case "tuple":
            return tuple(decode(item, depth) for item in held)
        case "set":
            return set(_spread([decode(item, depth) for item in held]))
        case "frozenset":
            return frozenset(_spread([decode(item, depth) for item in held]))
        case "dict":
            keys = _spread([decode(key, depth) for key, _ in held])
            return dict(zip(keys, (decode(value, depth) for _, value in held), strict=True))
        case "bytes":
            return bytes.fromhex(held)
        case "complex":
            return complex(*(decode(part, depth) for part in held))
        case "float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[held]
        case "int":
            return int(held, 16)
        case _:
            raise NotPlain(f"no type {kind}")


def _spread(items: list[Any]) -> list[Any]:
    """The items, unless many of them have one hash."""
    most = max(Counter(map(hash, items)).values(), default=0)
    if most > MOST_OF_ONE_HASH:
        raise NotPlain(f"{most} members with one hash")
    return items


def pack(message: Any) -> bytes:
    """One message as bytes. Lone surrogates travel escaped, so every string of Python can."""
    body = json.dumps(message, ensure_ascii=True, allow_nan=False).encode("ascii")
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """The JSON of one message without its header. Raises `NotPlain` on anything that is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotPlain("not JSON") from error


def send(descriptor: int, message: Any) -> None:
    """Write one message whole; blocks until the other side has taken it."""
    rest = memoryview(pack(message))
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(descriptor: int) -> Any:
    """The next message, or None when the other side has closed. Blocks."""
    header = _read_exactly(descriptor, HEADER.size)
    if header is None:
        return None
    body = _read_exactly(descriptor, HEADER.unpack(header)[0])
    return None if body is None else unpack(body)


def _read_exactly(descriptor: int, count: int) -> bytes | None:
    parts, missing = list[bytes](), count
    while missing:
        part = os.read(descriptor, min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
