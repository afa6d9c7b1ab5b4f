"""Program tracing: what does a short straight-line program print?

Each statement uses the variable assigned just before, under a name drawn afresh, so the values form an
arithmetic chain that has to be followed through the names.
"""

import random

from ponder.tasks.chain import draw_chain
from ponder.tasks.family import Drawn

VARIABLES = "abcdxyz"


class Programs:
    name = "programs"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        chain = draw_chain(rng, depth)
        variable = rng.choice(VARIABLES)
        program = [f"{variable}={chain.start}"]
        for term in chain.terms:
            target = rng.choice(VARIABLES)
            program.append(f"{target}={variable}{term:+d}")
            variable = target
        program.append(f"print({variable})")
        question = "What does this program print?\n" + "\n".join(program)
        return Drawn(question, str(chain.total), chain.content, chain)
