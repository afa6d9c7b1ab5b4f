"""What a question shows before anything is computed: its length, its numbers, its words.

Each feature has a name that a person can read, because a decision is explained by them. Words are lower case
and no numbers; only those in a vocabulary count, one if they are there. Does not know which
features matter.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

MOST_WORDS = 300
RAREST = 0.01
"""The share of problems that a word must be found in, to be worth a weight."""
NUMBER = re.compile(r"\d+")
WORD = re.compile(r"[^\W\d_]+|[^\w\s]")
WORD_PREFIX = "the word "

Features = Mapping[str, float]


def prompt_features(question: str) -> dict[str, float]:
    """Counts and sizes; logarithms where a few are very large."""
    numbers = NUMBER.findall(question)
    longest = max(map(len, numbers), default=0)
    return {
        "numbers in it": math.log1p(len(numbers)),
        "digits of its longest number": float(min(longest, 20)),
        "its length": math.log1p(len(question)),
        "its words": math.log1p(len(question.split())),
        "its operators": math.log1p(len(re.findall(r"[-+*/^=]", question))),
        "its products": math.log1p(question.count("*")),
        "its sentences": math.log1p(len(re.findall(r"[.!?](?:\s|$)", question))),
        "its names": math.log1p(len(re.findall(r"\b[A-Z][a-z]+", question))),
        "its lines": math.log1p(question.count("\n")),
    }


def words_of(question: str) -> set[str]:
    return set(WORD.findall(question.lower()))


def vocabulary(questions: Sequence[str]) -> tuple[str, ...]:
    """The words worth a weight: neither rare nor in every question, the most frequent first."""
    counts = Counter(word for question in questions for word in words_of(question))
    least = max(3.0, RAREST * len(questions))
    kept = [word for word, count in counts.items() if least <= count < len(questions)]
    return tuple(sorted(kept, key=lambda word: (-counts[word], word))[:MOST_WORDS])


def features_of(question: str, words: Iterable[str], signals: Features) -> dict[str, float]:
    """All features of a question by name."""
    there = words_of(question)
    marks = {f"{WORD_PREFIX}{word!r}": float(word in there) for word in words}
    return {**prompt_features(question), **marks, **signals}
