"""Deduction: follow `every A is a B` from a name to a colour, past a chain that leads elsewhere.

After PrOntoQA (Saparov and He, arXiv:2210.01240): the same proof in invented words, which can only be
deduced, and in familiar ones, which could also be recalled. The question asks for the colour at the end
of the chain, so guessing gains little.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from ponder.tasks.family import Drawn
from ponder.tasks.word_problems import NAMES

COLOURS = ("red", "blue", "green", "black", "white", "brown", "pink", "gold")
ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "t", "v", "w", "z", "bl", "gr", "tr", "st")
RIMES = ("ab", "im", "op", "un", "ex", "ol", "ig", "ar", "ud", "en")
ENDINGS = ("us", "ix", "or", "an", "et")
KINDS = (
    ("poodle", "dog", "mammal", "animal", "creature", "thing"),
    ("salmon", "fish", "swimmer", "animal", "creature", "thing"),
    ("robin", "bird", "flyer", "animal", "creature", "thing"),
    ("oak", "tree", "plant", "grower", "creature", "thing"),
    ("hammer", "tool", "device", "product", "object", "thing"),
    ("violin", "fiddle", "instrument", "product", "object", "thing"),
    ("taxi", "car", "vehicle", "machine", "object", "thing"),
    ("ruby", "gem", "stone", "mineral", "object", "thing"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """`links[0]` is the name, `links[-1]` the colour; `decoy` is the other chain, of the same length."""

    links: tuple[str, ...]
    decoy: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.links) - 1

    @property
    def content(self) -> str:
        return "proof " + ">".join(self.links)

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        """A slip hops onto the decoy chain and stays there."""
        chain, at, lines = self.links, self.links[0], list[str]()
        for first in range(0, self.depth, stride):
            last = min(first + stride, self.depth)
            if slip is not None and first <= slip < last:
                chain = self.decoy
            lines.append(f"so {at} is {chain[last]}")
            at = chain[last]
        return lines, at


class Deduction:
    name = "deduction"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        kinds, decoy_kinds = familiar(rng, depth - 1) if rng.random() < 0.5 else invented(rng, depth - 1)
        name, other = rng.sample(NAMES, 2)
        colour, wrong = rng.sample(COLOURS, 2)
        proof = Proof((name, *kinds, colour), (other, *decoy_kinds, wrong))
        facts = sentences(proof.links) + sentences(proof.decoy)
        rng.shuffle(facts)
        return Drawn(" ".join([*facts, f"What colour is {name}?"]), colour, proof.content, proof)


def sentences(links: tuple[str, ...]) -> list[str]:
    name, *kinds, colour = links
    if not kinds:
        return [f"{name} is {colour}."]
    first = f"{name} is {article(kinds[0])}."
    rules = [f"Every {a} is {article(b)}." for a, b in pairwise(kinds)]
    return [first, *rules, f"Every {kinds[-1]} is {colour}."]


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def familiar(rng: random.Random, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Two real ladders of kinds with no word in common, from specific to general."""
    while True:
        a, b = (tuple(sorted(rng.sample(range(6), count))) for _ in range(2))
        first, second = rng.sample(KINDS, 2)
        kinds, decoys = tuple(first[i] for i in a), tuple(second[i] for i in b)
        if not set(kinds) & set(decoys):
            return kinds, decoys
        if count > 3:  # long ladders meet at the top, so the decoy is invented
            return kinds, tuple(invented_words(rng, count))


def invented(rng: random.Random, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = invented_words(rng, 2 * count)
    return tuple(words[:count]), tuple(words[count:])


def invented_words(rng: random.Random, count: int) -> list[str]:
    words = dict[str, None]()
    while len(words) < count:
        words[rng.choice(ONSETS) + rng.choice(RIMES) + rng.choice(ENDINGS)] = None
    return list(words)
