"""Verdicts to rewards: functions with TRL's signature, and their weighted sum with the parts kept.

A reward function takes keyword arguments, each a list with one entry per completion: `prompts`,
`completions` (texts), `completion_ids`, `answer` (golds), `records` (our `Completion`s). It returns one
number per completion, or None where it has no opinion. Functions written for TRL run unchanged; a
recipe names them as `package.module:function`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from ponder.errors import ConfigError
from ponder.records import Completion, Verdict
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math

RewardFunction = Callable[..., list[float | None]]


def accuracy(*, records: Sequence[Completion], answer: Sequence[str], **_: Any) -> list[float | None]:
    """1 for a correct answer, 0 for anything else; None when the verifier itself failed."""
    rewards = list[float | None]()
    for completion, gold in zip(records, answer, strict=True):
        verdict = judge_completion(completion, gold, verify_math).verdict
        failed = verdict in (Verdict.ERROR, Verdict.TIMED_OUT)
        rewards.append(None if failed else float(verdict is Verdict.CORRECT))
    return rewards


def thinking_format(*, records: Sequence[Completion], **_: Any) -> list[float | None]:
    """1 for reasoning that was opened and closed before the answer."""
    return [float(bool(completion.reasoning) and completion.reasoning_closed) for completion in records]


REWARDS: dict[str, RewardFunction] = {"accuracy": accuracy, "thinking-format": thinking_format}


def load_reward(name: str) -> RewardFunction:
    """A reward of ours by name, or anyone's as `package.module:function`."""
    if name in REWARDS:
        return REWARDS[name]
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ConfigError(f"unknown reward {name!r}; known: {', '.join(REWARDS)}, or package.module:function")
    try:
        found = getattr(_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ConfigError(f"reward {name!r} cannot be imported: {error}") from error
    if not callable(found):
        raise ConfigError(f"reward {name!r} is not a function")
    return cast(RewardFunction, found)


def _module(name: str) -> ModuleType:
    """The module, also from the working directory, where an installed command does not look by itself."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    return importlib.import_module(name)


def weighted_rewards(
    weights: Mapping[str, float], functions: Mapping[str, RewardFunction], **columns: Any
) -> list[tuple[float | None, dict[str, float]]]:
    """Per completion the weighted sum and its named parts; None where no function had an opinion."""
    if not weights:
        raise ConfigError("there is nothing to reward: name at least one reward function")
    parts = {name: functions[name](**columns) for name in weights}
    count = len(next(iter(columns.values())))
    for name, values in parts.items():
        if len(values) != count:
            raise ConfigError(f"reward {name!r} returned {len(values)} values for {count} completions")
    rewards = list[tuple[float | None, dict[str, float]]]()
    for row in zip(*parts.values(), strict=True):
        known = {name: value for name, value in zip(parts, row, strict=True) if value is not None}
        total = sum(weights[name] * value for name, value in known.items()) if known else None
        rewards.append((total, known))
    return rewards
