"""Verdicts to rewards: functions with TRL's signature, and their weighted sum with the parts kept.

A reward function takes keyword arguments, each a list with one entry per completion: `prompts`,
`completions` (texts), `completion_ids`, `answer` (golds), `records` (our `Completion`s). It returns one
number per completion, or None where it has no opinion. Functions written for TRL run unchanged; a
recipe names them as `package.module:function`.

A part that fails (a verifier's own error, an exception, something that is no number) is logged, and the
completion's reward is None: it is masked, because a reward without one of its parts would pay for the
others. The other completions of the batch keep theirs. Does not know advantages or gradients.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ponder.config import imported_function
from ponder.errors import ConfigError
from ponder.protocols import Verifier
from ponder.records import Completion, Judgement, Verdict
from ponder.verify.extract import judge_completion
from ponder.verify.fenced import judge_fenced
from ponder.verify.math import verify_math_many

RewardFunction = Callable[..., Sequence[float | None]]
Pairs = Sequence[tuple[str, str]]

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


@dataclass(frozen=True, slots=True)
class VerdictReward:
    """1 for a correct answer, 0 for anything else; None when the verifier itself failed."""

    verify_many: Callable[[Pairs], list[Judgement]]
    judge: Callable[[Completion, str, Verifier], Judgement] = judge_completion

    def __call__(
        self, *, records: Sequence[Completion], answer: Sequence[str], **_: Any
    ) -> list[float | None]:
        return [score(judgement) for judgement in self.judge_all(records, answer)]

    def judge_all(self, records: Sequence[Completion], golds: Sequence[str]) -> list[Judgement]:
        """Every completion judged; what has an answer goes to the verifier in one batch."""
        asked = list[tuple[str, str]]()
        waiting = Judgement(Verdict.ERROR, None, "waiting")

        def ask_later(answer: str, gold: str) -> Judgement:
            asked.append((answer, gold))
            return waiting

        first = [self.judge(record, gold, ask_later) for record, gold in zip(records, golds, strict=True)]
        verdicts = iter(self.verify_many(asked))
        return [next(verdicts) if judgement is waiting else judgement for judgement in first]


def score(judgement: Judgement) -> float | None:
    """The number a verdict stands for."""
    return None if judgement.verdict is Verdict.ERROR else float(judgement.correct)


def thinking_format(*, records: Sequence[Completion], **_: Any) -> list[float | None]:
    """1 for reasoning that was opened and closed before the answer."""
    return [float(bool(completion.reasoning) and completion.reasoning_closed) for completion in records]


def _verify_programs(pairs: Pairs) -> list[Judgement]:
    from ponder.verify.program import ProgramVerifier  # the sandbox starts only where programs are judged

    return ProgramVerifier().many(pairs)


def _verify_proofs(pairs: Pairs) -> list[Judgement]:
    from ponder.verify.proof import verify_proofs

    return verify_proofs(pairs)


REWARDS: dict[str, RewardFunction] = {
    "accuracy": VerdictReward(verify_math_many),
    "program": VerdictReward(_verify_programs, judge_fenced),
    "proof": VerdictReward(_verify_proofs, judge_fenced),
    "thinking-format": thinking_format,
}


def load_reward(name: str) -> RewardFunction:
    """A reward of ours by name, or anyone's as `package.module:function`."""
    if name in REWARDS:
        return REWARDS[name]
    if ":" not in name:
        raise ConfigError(f"unknown reward {name!r}; known: {', '.join(REWARDS)}, or package.module:function")
    return cast(RewardFunction, imported_function(name, "reward"))


def weighted_rewards(
    weights: Mapping[str, float], functions: Mapping[str, RewardFunction], **columns: Any
) -> list[Reward]:
    """Per completion the weighted sum of its parts; None where no part had an opinion or one failed."""
    if not weights:
        raise ConfigError("there is nothing to reward: name at least one reward function")
    parts = {name: _part(name, functions[name], columns) for name in weights}
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
        values = function(**columns)
    except Exception as error:  # anybody's code may raise anything, and a training run outlives it
        if count == 1:
            return [_Part(None, f"{type(error).__name__}: {error}")]
        single = [
            {key: column[place : place + 1] for key, column in columns.items()} for place in range(count)
        ]
        return [_call(name, function, column, 1)[0] for column in single]
    if len(values) != count:
        raise ConfigError(f"reward {name!r} returned {len(values)} values for {count} completions")
    return [_number(value) for value in values]


def _number(value: object) -> _Part:
    if value is None:
        return _Part(None)
    try:
        number = float(cast(Any, value)) if not isinstance(value, (str, bytes)) else math.nan
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    return _Part(number) if math.isfinite(number) else _Part(None, f"{value!r:.80} is not a finite number")
