"""Rewards for length: a penalty near the limit, and a premium on brevity among the right answers.

Both are meant to be added to a reward for being right, never to stand alone: brevity alone is earned by
saying nothing. Lengths are in tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ponder.errors import ConfigError
from ponder.records import Completion
from ponder.verify.extract import judge_completion
from ponder.verify.math import verify_math


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftOverlong:
    """0 up to max_tokens - buffer, from there in a line down to -1 at max_tokens (DAPO, Yu et al.,
    arXiv:2503.14476, equation 13), so that a run learns to end before it is cut off."""

    max_tokens: int
    buffer: int = 32

    def __post_init__(self) -> None:
        if not 0 < self.buffer <= self.max_tokens:
            raise ConfigError(f"buffer must lie between 1 and max_tokens ({self.max_tokens})")

    def __call__(self, *, completion_ids: Sequence[Sequence[int]], **_: Any) -> list[float | None]:
        begin = self.max_tokens - self.buffer
        return [-min(1.0, max(0.0, (len(ids) - begin) / self.buffer)) for ids in completion_ids]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brevity:
    """Within a group, from `most` for the shortest to -`most` for the longest; a wrong answer never gains
    (length reward of Kimi k1.5, arXiv:2501.12599). A group is what shares a prompt; right is what the
    verdicts found that are paid beside it, or without any what is right as mathematics."""

    most: float = 0.5

    def __call__(
        self,
        *,
        prompts: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        records: Sequence[Completion],
        answer: Sequence[str],
        right: Sequence[bool | None] = (),
        **_: Any,
    ) -> list[float | None]:
        lengths = [len(ids) for ids in completion_ids]
        shortest, longest = dict[str, int](), dict[str, int]()
        for prompt, length in zip(prompts, lengths, strict=True):
            shortest[prompt] = min(length, shortest.get(prompt, length))
            longest[prompt] = max(length, longest.get(prompt, length))
        known = right or [
            judge_completion(record, gold, verify_math).correct
            for record, gold in zip(records, answer, strict=True)
        ]
        rewards = list[float | None]()
        for prompt, length, is_right in zip(prompts, lengths, known, strict=True):
            spread = longest[prompt] - shortest[prompt]
            premium = self.most - 2 * self.most * (length - shortest[prompt]) / spread if spread else 0.0
            rewards.append(None if is_right is None else premium if is_right else min(0.0, premium))
        return rewards
