"""Copying: `Copy these numbers: 52 31.` The depth is how many there are.

The items are small numbers, or colours: the only words that the embedded model ever writes as answers.
"""

import random

from ponder.tasks.deduction import COLOURS
from ponder.tasks.family import Drawn
from ponder.tasks.one_step import OneStep

NUMBERS = tuple(map(str, range(100)))
OPENINGS = ("Copy {}: {}.", "Repeat {}: {}.", "Write {}: {}.")


class Copying:
    name = "copying"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        pool, one, many = rng.choice(((NUMBERS, "number", "numbers"), (COLOURS, "word", "words")))
        items = rng.sample(pool, depth)
        text = " ".join(items)
        what = f"this {one}" if depth == 1 else f"these {many}"
        other = rng.choice([each for each in pool if each not in items])
        mistakes = tuple(" ".join([*items[:k], other, *items[k + 1 :]]) for k in range(depth))
        work = OneStep(depth=depth, answer=text, mistakes=mistakes)
        return Drawn(rng.choice(OPENINGS).format(what, text), text, f"copy {text}", work)
