"""What plans share: asking for samples while counting what they cost, and going on from a completion.

A strategy's `solve` is a generator that yields what it wants sampled. `purse.sample(…)` and `purse.ask(…)`
are used with `yield from`, so a strategy reads from top to bottom as if it had the sampler to itself, while
the driver puts the questions of all problems into one batch.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ponder.protocols import Ask, Begun, Budget, Prompt
from ponder.records import Attempt, Completion, Cost, FinishReason, Message, Sampling

Result = TypeVar("Result")
Asking = Generator[Sequence[Ask], list[list[Completion]], Result]
"""A stretch of a plan, which ends with a result."""


class Purse:
    """What one attempt may spend, and has spent."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.cost = Cost()

    @property
    def left(self) -> int:
        """Generated tokens."""
        return max(0, self.budget.tokens - self.cost.generated_tokens)

    def room(self, begun: int, *, among: int = 1) -> int:
        """`max_tokens` for going on after `begun` tokens, when `among` completions share what is left.

        The same for all while there is enough, so that the questions of many problems make one batch.
        """
        each = max(1, self.left // among)
        if each >= self.budget.per_completion - begun:
            return self.budget.per_completion
        return begun + (1 << (each.bit_length() - 1))

    def sampling(self, *, n: int = 1, first: int = 0, temperature: float, **fields: object) -> Sampling:
        """With the budget's seed and limit for a completion; other fields of `Sampling` by name."""
        plain = Sampling(
            n=n,
            first=first,
            temperature=temperature,
            max_tokens=self.budget.per_completion,
            seed=self.budget.seed,
        )
        return replace(plain, **fields) if fields else plain

    def sample(self, prompt: Prompt, sampling: Sampling) -> Asking[list[Completion]]:
        (completions,) = yield from self.ask([Ask(prompt, sampling)])
        return completions

    def ask(self, asks: Sequence[Ask]) -> Asking[list[list[Completion]]]:
        """Several at once, sampled together."""
        groups = yield asks
        self.cost = sum((each.cost for group in groups for each in group), self.cost)
        return groups

    def attempt(
        self, completions: Sequence[Completion], chosen: int | None, answer: str | None, *trace: str
    ) -> Attempt:
        return Attempt(
            answer=answer, chosen=chosen, completions=tuple(completions), cost=self.cost, trace=trace
        )


@dataclass(frozen=True, slots=True)
class Growing:
    """A completion that is made step by step: the prompt, and what there is so far."""

    prompt: tuple[Message, ...]
    so_far: Completion | None = None

    @property
    def text(self) -> str:
        return self.so_far.text if self.so_far else ""

    @property
    def tokens(self) -> int:
        return self.so_far.cost.generated_tokens if self.so_far else 0

    @property
    def ended(self) -> bool:
        """There is nothing more to say, or no room for it."""
        return self.so_far is not None and self.so_far.finish_reason is not FinishReason.PAUSED

    def ask(self, sampling: Sampling) -> Ask:
        """For what comes next."""
        if self.so_far is None:
            return Ask(self.prompt, sampling)
        begun = Begun(self.prompt, self.so_far.text, self.so_far.token_ids, self.tokens)
        return Ask(begun, sampling)

    def grown(self, more: Completion) -> Growing:
        """With a continuation that `ask` brought. One that adds nothing ends it."""
        if self.so_far is None:
            return Growing(self.prompt, more)
        finish = more.finish_reason
        if finish is FinishReason.PAUSED and not more.text:
            finish = FinishReason.STOP
        return Growing(
            self.prompt,
            replace(
                more,
                text=self.so_far.text + more.text,
                token_ids=self.so_far.token_ids + more.token_ids,
                logprobs=self.so_far.logprobs + more.logprobs,
                certainties=self.so_far.certainties + more.certainties,
                finish_reason=finish,
                cost=self.so_far.cost + more.cost,
            ),
        )
