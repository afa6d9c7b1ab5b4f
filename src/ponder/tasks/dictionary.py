"""Translation by a dictionary that the question gives: `sorix means blue. … Translate: sorix blabus.`

The depth is how many words are to be translated; the dictionary has one entry more. The foreign words are
invented, so that nothing can be known by heart.
"""

import random

from ponder.tasks.deduction import COLOURS, invented_words
from ponder.tasks.family import Drawn
from ponder.tasks.one_step import OneStep


class Dictionary:
    name = "dictionary"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        meanings = dict(zip(invented_words(rng, depth + 1), rng.sample(COLOURS, depth + 1), strict=True))
        *asked, spare = rng.sample(list(meanings), depth + 1)
        phrase, answer = " ".join(asked), " ".join(meanings[word] for word in asked)
        entries = " ".join(f"{word} means {meaning}." for word, meaning in meanings.items())
        mistakes = tuple(
            " ".join(meanings[spare if place == wrong else word] for place, word in enumerate(asked))
            for wrong in range(depth)
        )
        work = OneStep(depth=depth, answer=answer, mistakes=mistakes, told=f"{phrase} means {{}}")
        content = f"translate {phrase} by {sorted(meanings.items())}"
        return Drawn(f"{entries} Translate: {phrase}.", answer, content, work)
