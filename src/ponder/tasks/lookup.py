"""Lookup in a small table, in the words of `deduction`: `Tom is red. Ana is blue. What colour is Tom?`

The depth is how many other rows there are. With one other row and familiar names the question reads like a
deduction of one step, so it has the key of that: what is trained on as a deduction is no lookup of the tests.
"""

import random

from ponder.tasks.deduction import COLOURS, invented_words
from ponder.tasks.family import Drawn
from ponder.tasks.one_step import OneStep
from ponder.tasks.word_problems import NAMES


class Lookup:
    name = "lookup"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        rows = depth + 1
        names = rng.sample(NAMES, rows) if rng.random() < 0.5 else invented_words(rng, rows)
        table = dict(zip(names, rng.sample(COLOURS, rows), strict=True))
        asked = rng.choice(names)
        answer = table.pop(asked)
        others = sorted(table.items())
        facts = [f"{name} is {colour}." for name, colour in [(asked, answer), *others]]
        rng.shuffle(facts)
        work = OneStep(depth=depth, answer=answer, mistakes=tuple(table.values()), told=f"so {asked} is {{}}")
        content = f"proof {asked}>{answer}" if depth == 1 else f"look up {asked}>{answer} among {others}"
        return Drawn(" ".join([*facts, f"What colour is {asked}?"]), answer, content, work)
