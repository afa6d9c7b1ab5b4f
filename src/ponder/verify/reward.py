"""Verdicts to rewards: functions with TRL's signature, and their weighted sum with the parts kept.

A reward function takes keyword arguments, each a list with one entry per completion: `prompts`,
`completions` (texts), `completion_ids`, `answer` (golds), `records` (our `Completion`s) and whatever else a
problem brings. Where a verdict is paid too, `right` tells what it found, None where it failed. A function is
given the columns that it names, or all if it takes `**kwargs`, and returns one number per completion, or None
where it has no opinion. Functions written for TRL run unchanged.

A part that fails (a verifier's own error, an exception, something that is no number, a function that hangs)
is logged, and the completion's reward is None: it is masked, because a reward without one of its parts would
pay for the others. The other completions of the batch keep theirs. Does not know advantages or gradients.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ponder.errors import ConfigError, in_a_line
from ponder.verify.reward_functions import RewardFunction, VerdictReward, score
from ponder.verify.reward_process import RewardRaised, RewardStopped
from ponder.verify.reward_worker import called

MOST_HANGS = 3
"""So often may a function hang in one batch before the rest of it is given up."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What one completion is paid. `total` None is masked, which is not zero."""

    total: float | None
    parts: Mapping[str, float] = field(default_factory=dict[str, float])
    failed: Mapping[str, str] = field(default_factory=dict[str, str])
    """Parts that could not be computed, and why."""
    level: str = ""
    """The sandbox that programs or proofs were judged in."""


def weighted_rewards(
    weights: Mapping[str, float], functions: Mapping[str, RewardFunction], **columns: Any
) -> list[Reward]:
    """Per completion the weighted sum of its parts; None where no part had an opinion or one failed."""
    if not weights:
        raise ConfigError("there is nothing to reward: name at least one reward function")
    verdicts = [name for name in weights if isinstance(functions[name], VerdictReward)]
    found = {name: _part(name, functions[name], columns) for name in verdicts}
    if verdicts:
        columns = {**columns, "right": [_right(row) for row in zip(*found.values(), strict=True)]}
    found |= {name: _part(name, functions[name], columns) for name in weights if name not in found}
    parts = {name: found[name] for name in weights}
    rewards = list[Reward]()
    for row in zip(*parts.values(), strict=True):
        named = dict(zip(parts, row, strict=True))
        known = {name: part.value for name, part in named.items() if part.value is not None}
        failed = {name: part.failure for name, part in named.items() if part.failure}
        total = sum(weights[name] * value for name, value in known.items()) if known and not failed else None
        level = next((part.level for part in row if part.level), "")
        rewards.append(Reward(total=total, parts=known, failed=failed, level=level))
    return rewards


@dataclass(frozen=True, slots=True)
class _Part:
    """One function's opinion on one completion."""

    value: float | None
    failure: str = ""
    level: str = ""


def _right(verdicts: Sequence[_Part]) -> bool | None:
    """Whether any verdict says so."""
    known = [part.value > 0 for part in verdicts if part.value is not None]
    return any(known) if known else None


def _part(name: str, function: RewardFunction, columns: Mapping[str, Any]) -> list[_Part]:
    count = len(next(iter(columns.values())))
    if isinstance(function, VerdictReward):
        judgements = function.judge_all(columns["records"], columns["answer"])
        found = [_Part(score(j), j.reason if score(j) is None else "", j.level) for j in judgements]
    else:
        found = _call(name, function, columns, count)
    failures = [part.failure for part in found if part.failure]
    if failures:
        log.warning("reward %s failed on %d of %d completions: %s", name, len(failures), count, failures[0])
    return found


def _call(name: str, function: RewardFunction, columns: Mapping[str, Any], count: int) -> list[_Part]:
    """Somebody's function on the whole batch; if that fails, on each completion by itself."""
    try:
        return _values(name, function, columns, count)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:  # anybody's code may raise anything
        if count == 1:
            return [_failure(error)]
    parts, hung = list[_Part](), 0
    for place in range(count):
        if hung == MOST_HANGS:
            parts.append(_Part(None, f"not tried, since the function hung {hung} times in this batch"))
            continue
        single = {key: column[place : place + 1] for key, column in columns.items()}
        try:
            parts += _values(name, function, single, 1)
        except ConfigError:
            raise
        except (Exception, SystemExit) as error:
            parts.append(_failure(error))
            hung += isinstance(error, RewardStopped)
    return parts


def _values(name: str, function: RewardFunction, columns: Mapping[str, Any], count: int) -> list[_Part]:
    values = called(function, name, columns)
    if len(values) != count:
        raise ConfigError(f"reward {name!r} returned {len(values)} values for {count} completions")
    return [_number(value) for value in values]


def _failure(error: BaseException) -> _Part:
    known = isinstance(error, RewardStopped | RewardRaised)
    return _Part(None, str(error) if known else in_a_line(error))


def _number(value: object) -> _Part:
    if value is None:
        return _Part(None)
    try:
        number = float(cast(Any, value)) if not isinstance(value, (str, bytes)) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    return _Part(number) if math.isfinite(number) else _Part(None, f"{value!r:.80} is not a finite number")
