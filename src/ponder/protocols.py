"""Every interface on one page.

A `Task` makes problems and says how they are judged; a `Sampler` turns prompts into completions; a
`Strategy` plans how to spend a sampler on one problem. Anything with these methods will do: there is
nothing to inherit from.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ponder.records import Attempt, Completion, Cost, Judgement, Message, Problem, Sampling


@dataclass(frozen=True, slots=True)
class Begun:
    """A completion under way: the sampler goes on where `text` ends."""

    prompt: str | Sequence[Message] | Sequence[int]
    text: str
    token_ids: tuple[int, ...] = ()
    """The same as the sampler gave them, so that nothing is cut into tokens anew; empty if unknown."""
    spent: int = 0
    """Tokens of it that were generated: `max_tokens` counts them too."""


Prompt = str | Sequence[Message] | Sequence[int] | Begun
"""Plain text, chat messages (rendered with the model's template), token ids, or what to go on with."""


class Sampler(Protocol):
    """Prompts in, completions out: the embedded engine, an endpoint, or a script in a test."""

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """`sampling.n` completions for each prompt, prompts in their order.

        `on_progress` is told how many more completions have just ended.
        """
        ...


@runtime_checkable
class StreamingSampler(Protocol):
    """A sampler that can hand over each completion as soon as it ends."""

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        """The place of a prompt, the number of the completion (from `sampling.first` on), the completion."""
        ...


@runtime_checkable
class PricedSampler(Protocol):
    """A sampler that can say what a completion of given lengths costs, seconds apart."""

    def price(self, *, prompt: int, cached: int, generated: int, reasoning: int) -> Cost: ...


@runtime_checkable
class RenderingSampler(Protocol):
    """A sampler that can show a prompt as the model sees it."""

    def rendered(self, prompt: Prompt) -> str: ...


class Verifier(Protocol):
    """Judges an answer text against a gold answer."""

    def __call__(self, answer: str, gold: str) -> Judgement: ...


class Task(Protocol):
    """A family of problems with its verifier."""

    @property
    def name(self) -> str: ...

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        """`count` problems of a split, the same for the same seed."""
        ...

    def judge(self, problem: Problem, completion: Completion) -> Judgement: ...


class Environment(Protocol):
    """What answers a model in the middle of its completion: a tool, a game, a checker.

    A turn of the model ends at one of the strings in `pause`. Nothing is remembered between turns: all there
    is to know is in the text, so that the same text gets the same reply in any batch. Many episodes may be
    replied to at once, from several threads. What it raises masks the episode, a `UserError` ends the run; it
    has no time limit but its own.
    """

    @property
    def pause(self) -> tuple[str, ...]: ...

    @property
    def instruction(self) -> str:
        """What the prompt says of it; may be empty."""
        ...

    def respond(self, problem: Problem, text: str) -> str | None:
        """What to add to `text`, the completion so far with all earlier replies, before the model goes on;
        None when the episode is over."""
        ...


@dataclass(frozen=True, slots=True)
class Ask:
    """What a strategy wants sampled next."""

    prompt: Prompt
    sampling: Sampling


Plan = Generator[Sequence[Ask], list[list[Completion]], Attempt]
"""A strategy at work on one problem: yields what it wants sampled, all of which is sampled together, receives
a list of completions for each, returns an `Attempt`.

The driver advances many plans together, so the sampler's batch stays full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a strategy may spend on one problem. Samples, width and depth follow from the tokens."""

    tokens: int = 256
    """Generated tokens per problem, over all completions."""
    per_completion: int = 256
    """Generated tokens of one completion at most."""
    seed: int = 0

    @property
    def completions(self) -> int:
        return max(1, self.tokens // self.per_completion)


class Strategy(Protocol):
    """A way to spend a sampler on a problem."""

    @property
    def name(self) -> str: ...

    def solve(self, problem: Problem, budget: Budget) -> Plan: ...


class Router(Protocol):
    """Says what a problem deserves before it is solved."""

    def route(self, problem: Problem) -> str:
        """The name of the strategy to use."""
        ...
