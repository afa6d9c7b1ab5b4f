"""Fakes that are real objects with names, shared by all tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ponder.protocols import Prompt
from ponder.records import Completion, Cost, FinishReason, Sampling
from ponder.text.chat_format import parse_completion


def completion(text: str, *, finish: FinishReason = FinishReason.STOP, logprob: float = -0.5) -> Completion:
    """A completion as an engine would return it, one token per character."""
    parsed = parse_completion(text)
    return Completion(
        token_ids=tuple(range(len(text))),
        text=text,
        logprobs=(logprob,) * len(text),
        finish_reason=finish,
        reasoning=parsed.reasoning,
        answer=parsed.answer,
        reasoning_closed=parsed.closed,
        cost=Cost(answer_tokens=len(text), forward_passes=len(text), flops=float(len(text))),
    )


class ScriptedSampler:
    """Answers from a script: the i-th sample of every prompt is the i-th text, round and round."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.calls: list[tuple[list[Prompt], Sampling]] = []

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.calls.append((list(prompts), sampling))
        groups = [[completion(self.texts[i % len(self.texts)]) for i in range(sampling.n)] for _ in prompts]
        if on_progress:
            on_progress(sum(map(len, groups)))
        return groups
