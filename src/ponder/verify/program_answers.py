"""Whether what a program returned or printed is what was expected: decided outside, on plain values.

Types are exact and numbers too, unless the tests state a tolerance. Output is compared as a whole, never
line by line up to the shorter. Does not know several right answers: a task that has them needs test code.
"""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import Any, cast

from ponder.verify.sandbox.inside.messages import LONGEST_PLAIN_INT


def agree(given: Any, wanted: Any, tolerance: float | None = None, *, python: bool = False) -> bool:
    """Whether a returned value is the expected one, type by type; `python` tells tuples from lists.

    `2` and `2.0` are the same number; `True` is not 1; nan is nothing. Where the expected value comes from
    JSON a tuple counts as a list, and integer keys as the text that JSON makes of them.
    """
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return type(given) in (int, float) and _near(given, wanted, tolerance)
    if isinstance(wanted, (list, tuple)):
        kinds: tuple[type, ...] = (type(cast(object, wanted)),) if python else (list, tuple)
        items, held = cast(list[Any], wanted), cast(list[Any], given)
        return (
            type(given) in kinds
            and len(held) == len(items)
            and all(
                agree(mine, theirs, tolerance, python=python)
                for mine, theirs in zip(held, items, strict=True)
            )
        )
    if isinstance(wanted, dict):
        if type(given) is not dict:
            return False
        fields, found = cast(dict[Any, Any], wanted), cast(dict[Any, Any], given)
        known = {_identity(key): value for key, value in fields.items()}
        named = {_identity(key if python else _as_json_key(key)): value for key, value in found.items()}
        return (
            len(named) == len(found)
            and named.keys() == known.keys()
            and all(agree(named[key], value, tolerance, python=python) for key, value in known.items())
        )
    return type(given) is type(wanted) and _identity(given) == _identity(wanted)


def _as_json_key(key: Any) -> Any:
    return str(key) if type(key) is int and abs(key) < LONGEST_PLAIN_INT else key


def _identity(value: Any) -> tuple[str, Any]:
    """Equal for values that agree exactly; where Python has `True == 1`, this has not."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", value)
    if isinstance(value, (tuple, list)):
        return (type(cast(object, value)).__name__, tuple(map(_identity, cast(list[Any], value))))
    if isinstance(value, (set, frozenset)):
        return (type(cast(object, value)).__name__, frozenset(map(_identity, cast(set[Any], value))))
    return (type(value).__name__, value)


def same_output(given: str, wanted: str, tolerance: float | None = None) -> bool:
    """Whole outputs, blanks at line ends and blank lines at the end apart; with a tolerance, word by word."""
    mine, theirs = _lines(given), _lines(wanted)
    if tolerance is None:
        return mine == theirs
    pairs = zip_longest((line.split() for line in mine), (line.split() for line in theirs), fillvalue=[""])
    return all(
        len(left) == len(right) and all(_same_word(a, b, tolerance) for a, b in zip(left, right, strict=True))
        for left, right in pairs
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").rstrip().split("\n")]


def _same_word(given: str, wanted: str, tolerance: float) -> bool:
    try:
        return given == wanted or _near(float(given), float(wanted), tolerance)
    except ValueError:
        return False


def _near(given: float, wanted: float, tolerance: float | None) -> bool:
    if tolerance is None:
        return given == wanted
    try:
        return math.isclose(given, wanted, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer that no float can hold
        return given == wanted
