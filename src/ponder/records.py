"""The words everyone uses: frozen records, standard library only.

A `Problem` is rendered to a prompt, a sampler returns `Completion`s, a verifier gives each a
`Judgement`. Knows nothing of tensors, files or models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A question with a gold answer.

    `id` is unique within its task; `key` is the canonical hash that decides the split, equal for two
    problems that are the same question however they were drawn.
    """

    id: str
    question: str
    answer: str
    task: str
    key: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict[str, Any])


class FinishReason(StrEnum):
    """Why a completion ended."""

    STOP = "stop"  # an end-of-turn token or a stop string
    LENGTH = "length"  # `max_tokens` or the context ran out
    BUDGET = "budget"  # the thinking budget closed the reasoning, and the answer then ended by itself
    PAUSED = "paused"  # a pause string came: there may be more to say
    CANCELLED = "cancelled"  # the caller went away


class Verdict(StrEnum):
    """What a verifier found. A truncated completion is not a wrong one."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"  # it ended by itself and gave no answer
    UNPARSABLE = "unparsable"  # an answer was given that cannot be read
    TRUNCATED = "truncated"  # it ran out of tokens before an answer
    TIMED_OUT = "timed_out"  # judging the answer ran past its limit; counts as not correct
    ERROR = "error"  # the verifier failed; never the completion's fault


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, with what was extracted and why."""

    verdict: Verdict
    extracted: str | None = None
    reason: str = ""
    outcome: str = ""
    """The verifier's own finer word, where it has one: `memory` or `output_limit` of a program."""
    level: str = ""
    """What the program was kept in while it ran: `guard` or `jail`."""

    @property
    def correct(self) -> bool:
        return self.verdict is Verdict.CORRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something took, counted by the engine while it ran. Adds up with `+`.

    `forward_passes` counts one per sequence and step. The first new token comes from the prefill, one pass of
    the sample that pays for it; each further token is one.
    """

    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    reasoning_tokens: int = 0
    answer_tokens: int = 0
    forward_passes: int = 0
    flops: float = 0.0
    seconds: float = 0.0

    @property
    def generated_tokens(self) -> int:
        return self.reasoning_tokens + self.answer_tokens

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_prompt_tokens=self.cached_prompt_tokens + other.cached_prompt_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            forward_passes=self.forward_passes + other.forward_passes,
            flops=self.flops + other.flops,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to draw completions. Every sampler, ours or remote, takes exactly this."""

    n: int = 1
    """Completions per prompt."""
    first: int = 0
    """The number of the first of them: 2 after 2 gives the same completions as 4 at once."""
    max_tokens: int = 256
    """Generated tokens per completion, reasoning and answer together."""
    temperature: float = 1.0
    """0 is greedy."""
    top_p: float = 1.0
    """Keep the smallest set of tokens with at least this probability; 1 keeps all."""
    top_k: int = 0
    """Keep the k likeliest tokens; 0 keeps all."""
    min_p: float = 0.0
    """Keep tokens at least this fraction as likely as the likeliest; 0 keeps all."""
    seed: int = 0
    """The same seed, prompt and sample index give the same completion in any batch."""
    stop: tuple[str, ...] = ()
    """Strings that end the answer; they never fire inside the reasoning."""
    pause: tuple[str, ...] = ()
    """Strings that end the completion wherever they come, its reasoning included; they stay in its text."""
    ignore_eos: bool = False
    """Go on to `max_tokens`, for benchmarks."""
    thinking_budget: int | None = None
    """Close the reasoning after this many tokens; None leaves it open."""

    def __post_init__(self) -> None:
        for ok, message in (
            (self.n >= 1, "n must be at least 1"),
            (self.first >= 0, "first must not be negative"),
            (self.max_tokens >= 1, "max_tokens must be at least 1"),
            (self.temperature >= 0, "temperature must not be negative"),
            (0 < self.top_p <= 1, "top_p must be in (0, 1]"),
            (self.top_k >= 0, "top_k must not be negative"),
            (0 <= self.min_p <= 1, "min_p must be in [0, 1]"),
            (
                self.thinking_budget is None or self.thinking_budget >= 0,
                "thinking_budget must not be negative",
            ),
        ):
            if not ok:
                raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One sampled continuation of a prompt.

    `logprobs[t]` is log softmax(logits / temperature) of `token_ids[t]`, before top-k, top-p and min-p
    narrow the choice (plain log softmax when greedy), and `certainties[t]` how far that distribution was from
    uniform, in nats; samplers that cannot tell leave either empty. `reasoning` and `answer` split the text at
    the end-of-thinking marker. Where a sampler went on from a `Begun` text, that text belongs to `reasoning`
    and `answer`, while all other fields are those of what is new.
    """

    token_ids: tuple[int, ...]
    text: str
    logprobs: tuple[float, ...]
    finish_reason: FinishReason
    reasoning: str = ""
    answer: str = ""
    reasoning_closed: bool = True
    cost: Cost = Cost()
    certainties: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a strategy made of one problem: the completion it stands by, and everything it spent."""

    answer: str | None
    chosen: int | None
    completions: tuple[Completion, ...]
    cost: Cost
    trace: tuple[str, ...] = ()
    """The decisions taken, one short line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One completion as training sees it."""

    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    """Of the policy that sampled it, per completion token."""
    reward: float | None
    """None is masked: a part of it could not be computed. It is not zero."""
    reward_parts: Mapping[str, float]
    advantage: float = 0.0
    policy_version: int = 0
    level: str = ""
    """The sandbox that judged it, where one did."""
    truncated: bool = False
    """It ran out of tokens."""
    trainer_logprobs: tuple[float, ...] = ()
    """As the trainer computed them when it was sampled, where that was asked for."""
    own: tuple[bool, ...] = ()
    """Which of its tokens the policy wrote; the others came from an environment, have logprob 0 and are not
    learned. Empty when all are the policy's."""

    @property
    def own_tokens(self) -> int:
        """How many tokens the policy wrote."""
        return sum(self.own) if self.own else len(self.completion_ids)
