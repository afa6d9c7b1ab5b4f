"""Word problems: an arithmetic chain told as a story about someone's things."""

import random

from ponder.tasks.chain import draw_chain
from ponder.tasks.family import Drawn

NAMES = (
    "Mia", "Tom", "Ana", "Ben", "Zoe", "Sam", "Eva", "Leo",
    "Ida", "Max", "Lea", "Jon", "Amy", "Dan", "Kim", "Roy",
)  # fmt: skip
THINGS = ("pens", "cards", "shells", "coins", "books", "apples", "stones", "stamps", "beads", "cups")
GAINS = (
    "{who} buys {n} more.",
    "{who} finds {n} more.",
    "{other} gives {who} {n} more.",
    "{who} makes {n} more.",
)
LOSSES = ("{who} loses {n}.", "{who} gives {n} to {other}.", "{who} sells {n}.", "{who} breaks {n}.")


class WordProblems:
    name = "word-problems"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        chain = draw_chain(rng, depth)
        who, other = rng.sample(NAMES, 2)
        thing = rng.choice(THINGS)
        told = [f"{who} has {chain.start} {thing}."]
        for term in chain.terms:
            event = rng.choice(GAINS if term > 0 else LOSSES)
            told.append(event.format(who=who, other=other, n=abs(term)))
        told.append(f"How many {thing} does {who} have?")
        return Drawn(" ".join(told), str(chain.total), chain.content, chain)
