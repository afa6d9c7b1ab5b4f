"""The rewards that a recipe can name: verdicts, the form of thinking, length, or anyone's own function.

`REWARDS` are ready, `SHAPED` take options. What a recipe names as `package.module:function` runs in a process
of its own (`reward_process.py`), because it may hang.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ponder.errors import ConfigError
from ponder.protocols import Verifier
from ponder.records import Completion, Judgement, Verdict
from ponder.verify.extract import judge_completion
from ponder.verify.fenced import judge_fenced
from ponder.verify.length_reward import Brevity, SoftOverlong
from ponder.verify.math import verify_math_many
from ponder.verify.reward_process import HANGS_AFTER, IsolatedReward

RewardFunction = Callable[..., Sequence[float | None]]
Pairs = Sequence[tuple[str, str]]


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


SHAPED: dict[str, type[Any]] = {"soft-overlong": SoftOverlong, "brevity": Brevity}
"""Rewards with options, which are the fields of their classes."""


def load_reward(
    name: str, options: Mapping[str, Any] | None = None, *, seconds: float = HANGS_AFTER
) -> RewardFunction:
    """A reward of ours by name, or anyone's as `package.module:function`, which has `seconds` for a batch."""
    given = dict(options or {})
    if name in SHAPED:
        return _shaped(name, given)
    if given:
        raise ConfigError(f"reward {name!r} has no options; those that have: {', '.join(SHAPED)}")
    if name in REWARDS:
        return REWARDS[name]
    if ":" not in name:
        known = ", ".join((*REWARDS, *SHAPED))
        raise ConfigError(f"unknown reward {name!r}; known: {known}, or package.module:function")
    return IsolatedReward(name, seconds)


def _shaped(name: str, given: Mapping[str, Any]) -> RewardFunction:
    fields = {field.name: field for field in dataclasses.fields(SHAPED[name])}
    for option, value in given.items():
        if option not in fields:
            raise ConfigError(f"reward {name!r} has no option {option!r}; known: {', '.join(fields)}")
        if not isinstance(value, int | float):
            raise ConfigError(f"{option} of reward {name!r} must be a number, not {value!r}")
    missing = [n for n, field in fields.items() if field.default is dataclasses.MISSING and n not in given]
    if missing:
        raise ConfigError(f"reward {name!r} needs the option {missing[0]!r}")
    return SHAPED[name](**given)
