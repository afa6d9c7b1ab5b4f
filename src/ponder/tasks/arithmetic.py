"""Arithmetic chains: `Compute 47-19+23.`"""

import random

from ponder.tasks.chain import draw_chain
from ponder.tasks.family import Drawn

OPENINGS = ("Compute {}.", "What is {}?", "Work out {}.", "Find the value of {}.")


class Arithmetic:
    name = "arithmetic"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        chain = draw_chain(rng, depth)
        return Drawn(rng.choice(OPENINGS).format(chain.expression), str(chain.total), chain.content, chain)
