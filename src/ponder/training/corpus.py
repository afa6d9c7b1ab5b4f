"""The corpus of the embedded model: generated problems, told plainly and as chats, with imperfect traces.

Each problem is answered at once or in steps. Of the traces most are hasty (several steps in one line,
often more than the model can do in its head) and some slip (one wrong step, carried on), as in real
corpora; so the base knows how to reason carefully but seldom chooses to. Only problems of the training
split are ever drawn. Knows nothing of token ids.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ponder.records import Message, Problem
from ponder.tasks import TASKS
from ponder.tasks.family import Work
from ponder.text.chat_format import THINK_CLOSE, THINK_OPEN

ANSWER_AT_ONCE = (
    "Answer at once with \\boxed{}.",
    "Give only the final answer in \\boxed{}.",
    "Do not think, just answer in \\boxed{}.",
)
THINK_FIRST = (
    "Think step by step, then answer in \\boxed{}.",
    "Think step by step, then give the final answer in \\boxed{}.",
    "Reason first, then answer in \\boxed{}.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusConfig:
    """Shares of what the corpus holds."""

    seed: int = 0
    think_share: float = 0.7
    """Of the texts that work in steps; the rest answer at once."""
    hasty_share: float = 0.6
    """Of the traces that take several steps per line."""
    slip_share: float = 0.15
    """Of the traces with one wrong step."""
    plain_share: float = 0.3
    """Of the pretraining texts without a chat around them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text in two parts: instruction tuning learns `completion` only."""

    prompt: tuple[Message, ...]
    completion: str


def documents(config: CorpusConfig) -> Iterator[Document]:
    """Endless training documents, the same for the same seed.

    The stream is reseeded every few thousand problems, so the memory of distinct ones stays small.
    """
    epoch = 0
    while True:
        rng = random.Random(f"corpus/{config.seed}/{epoch}")
        stream = TASKS["mixed"].stream(split="train", seed=config.seed * 1_000_003 + epoch)
        for _ in range(20_000):
            yield document(*next(stream), rng, config)
        epoch += 1


def document(problem: Problem, work: Work, rng: random.Random, config: CorpusConfig) -> Document:
    if rng.random() >= config.think_share:
        return Document(asked(problem, rng.choice(ANSWER_AT_ONCE)), f"\\boxed{{{problem.answer}}}")
    stride = rng.choice((2, 2, 2, 3)) if rng.random() < config.hasty_share else 1
    slip = rng.randrange(work.depth) if rng.random() < config.slip_share else None
    lines, answer = work.lines(stride=stride, slip=slip, rng=rng)
    return Document(asked(problem, rng.choice(THINK_FIRST)), written(lines, answer))


def asked(problem: Problem, instruction: str) -> tuple[Message, ...]:
    return (Message("user", f"{problem.question}\n{instruction}"),)


def written(lines: list[str], answer: str) -> str:
    """A worked solution in the model's own form."""
    return "\n".join([THINK_OPEN, *lines, THINK_CLOSE, f"\\boxed{{{answer}}}"])


def plain(document: Document) -> str:
    """The same document without chat markup, as it might stand in a book."""
    question = document.prompt[0].content.rpartition("\n")[0]
    body = document.completion.replace(THINK_OPEN + "\n", "").replace(THINK_CLOSE + "\n", "")
    return f"{question}\n{body}"
