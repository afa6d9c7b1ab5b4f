"""Samplers that answer the deduction probe in a known way, so that what is measured of them is known."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fakes import completion

from ponder.logic.proving import ANSWER_OF, colour_chain, colours_of
from ponder.logic.reading import read_question
from ponder.logic.truth import Theory
from ponder.logic.vocabulary import COLOUR_OF
from ponder.protocols import Begun, Prompt
from ponder.records import Completion, Sampling
from ponder.scaling.prompts import ANSWER_AT_ONCE, THINK_FIRST
from ponder.tasks.deduction import COLOURS, article

CLOSE = "</think>"
MENTIONED = re.compile(rf"\b({'|'.join(COLOURS)})\b")


def question_of(prompt: Prompt) -> str:
    """The question's own text, without the instruction after it."""
    words = prompt.prompt if isinstance(prompt, Begun) else prompt
    if not isinstance(words, str):
        words = words[-1].content
    return words.removesuffix(THINK_FIRST).removesuffix(ANSWER_AT_ONCE).strip()


def written(steps: Sequence[str], answer: str) -> str:
    return "<think>\n" + "".join(f"{step}\n" for step in steps) + f"{CLOSE}\n\\boxed{{{answer}}}"


class AnsweringSampler:
    """Every prompt gets what `reply` makes of it; counts what it was asked."""

    def __init__(self, reply: Callable[[Prompt], str]) -> None:
        self.reply = reply
        self.asked = 0

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.asked += len(prompts)
        groups: list[list[Completion]] = []
        for prompt in prompts:
            begun = prompt.text if isinstance(prompt, Begun) else ""
            groups.append([completion(self.reply(prompt), begun=begun)])
        if on_progress:
            on_progress(len(prompts))
        return groups


@dataclass(frozen=True)
class TheoremProver:
    """Knows nothing of the world: it parses the sentences and proves."""

    def __call__(self, prompt: Prompt) -> str:
        question = read_question(question_of(prompt))
        theory = Theory(question.premises)
        if question.asked is not None:
            return written([], ANSWER_OF[theory.standing(question.asked)])
        name, *kinds = colour_chain(question)
        steps = [f"so {name} is {article(kind)}" for kind in kinds[1:-1]] + [f"so {name} is {kinds[-1]}"]
        (colour,) = colours_of(name, theory)
        return written(steps, colour)


class PatternMatcher:
    """Looks the first kind up in what the world knows, whatever the sentences say of it; else it guesses
    among the colours that are named."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)

    def __call__(self, prompt: Prompt) -> str:
        text = question_of(prompt)
        name = text.rpartition("What colour is ")[2].rstrip("?")
        kind = re.search(rf"\b{name} is an? (\w+)", text)
        known = COLOUR_OF.get(kind[1]) if kind else None
        guess = self.rng.choice(sorted(set(MENTIONED.findall(text))))
        return written([], known or guess)


class TraceReader(TheoremProver):
    """Answers with the last colour of what is written; nothing where none is."""

    def __call__(self, prompt: Prompt) -> str:
        if not isinstance(prompt, Begun):
            return super().__call__(prompt)
        found = MENTIONED.findall(prompt.text)
        return f"{CLOSE}\n\\boxed{{{found[-1] if found else ''}}}"


class TraceIgnorer(TheoremProver):
    """Answers what it would have answered anyway."""

    def __call__(self, prompt: Prompt) -> str:
        whole = super().__call__(prompt)
        return CLOSE + whole.partition(CLOSE)[2] if isinstance(prompt, Begun) else whole
