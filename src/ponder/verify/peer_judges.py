"""How others judge a response, for the audit: math-verify by itself, and plain equality.

math-verify runs with the settings that its documentation starts with, on the whole response, but in a worker
that can be killed, because by itself it does not end on some answers. Never used for rewards.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from ponder.verify.extract import extract_answer
from ponder.verify.workers import WorkerFailure, WorkerPool

Pairs = Sequence[tuple[str, str]]
SECONDS = 2.0


def math_verify_alone(pairs: Pairs) -> list[bool]:
    """Whether math-verify takes each (response, gold); a response it does not end on is not taken."""
    answers = _pool().map([{"response": response, "gold": gold} for response, gold in pairs])
    return [not isinstance(answer, WorkerFailure) and bool(answer) for answer in answers]


def plain_equality(pairs: Pairs) -> list[bool]:
    """Whether the extracted answer, or the response where none is marked, is the gold's very text."""
    return [(extract_answer(response) or response).strip() == gold.strip() for response, gold in pairs]


@cache
def _pool() -> WorkerPool:
    return WorkerPool("ponder.verify.peer_judges:ask_math_verify", seconds=SECONDS, memory_mb=1024)


def ask_math_verify(payload: dict[str, str]) -> bool:
    """In a worker: math-verify's parse and verify as its README calls them, its own timers off."""
    from math_verify import parse, verify  # pyright: ignore[reportMissingTypeStubs]

    untyped: Any = parse  # its types are partly unknown, and do not allow None
    gold = untyped(f"${payload['gold']}$", parsing_timeout=None)
    response = untyped(payload["response"], parsing_timeout=None)
    return bool(cast(Any, verify)(gold, response, timeout_seconds=None))
