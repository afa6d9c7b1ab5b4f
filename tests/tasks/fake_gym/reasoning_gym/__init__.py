"""A stand-in for reasoning-gym with the part of its interface that is used, and generators that misbehave."""

from __future__ import annotations

import random
import time
from typing import Any

from reasoning_gym.factory import DATASETS, register


def create_dataset(name: str, *, seed: int, size: int) -> Sums:
    return DATASETS[name](seed, size)


class Sums:
    """Its scorer gives partial credit for a text that holds the answer, as the real default does."""

    largest = 10**6

    def __init__(self, seed: int, size: int) -> None:
        self.seed, self.size = seed, size

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = random.Random(self.seed + index)
        one, other = rng.randint(1, self.largest), rng.randint(1, 9)
        return {"question": f"{one}+{other}?", "answer": str(one + other), "metadata": {}}

    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        if answer == entry["answer"]:
            return 1.0
        return len(entry["answer"]) / len(answer) if entry["answer"] in answer else 0.0


class FewSums(Sums):
    largest = 20


class AnyOrder(Sums):
    """Has no one answer: `3+4` and `4+3` are both right. Its scorer evaluates."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {**super().__getitem__(index), "answer": None}

    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        one, other = entry["question"].rstrip("?").split("+")
        return float(eval(answer) == int(one) + int(other))


class GivesUp(Sums):
    def __getitem__(self, index: int) -> dict[str, Any]:
        if index % 3 == 0:
            raise ValueError("no solution after 100 attempts")
        return super().__getitem__(index)


class Unsteady(Sums):
    """Draws by the clock."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"question": f"{time.monotonic_ns()}+{index}?", "answer": "1", "metadata": {}}


class Endless(Sums):
    def score_answer(self, answer: str, entry: dict[str, Any]) -> float:
        while True:
            pass


class NeedsSettings(Sums):
    def __init__(self, seed: int, size: int) -> None:
        raise AssertionError("Must specify a file")


for name, dataset in {
    "sums": Sums, "few_sums": FewSums, "any_order": AnyOrder, "gives_up": GivesUp, "unsteady": Unsteady,
    "endless": Endless, "needs_settings": NeedsSettings, "composite": NeedsSettings,
}.items():  # fmt: skip
    register(name, dataset)
