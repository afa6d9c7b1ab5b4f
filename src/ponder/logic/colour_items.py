"""Items that ask for a colour, in the very wording of `ponder/tasks/deduction.py`, which `tiny` reads.

After PrOntoQA (Saparov and He, arXiv:2210.01240): the same chain of kinds in words that agree with the world,
in words that contradict it, and in invented ones, beside a second chain about somebody else that ends in
another colour. The world knows the colour of the first kind; the counterfactual version exchanges the two
colours, so that both versions hold the same words. At depth 1 no kind is named and the world says nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ponder.logic.items import ProbeItem
from ponder.logic.proof_hash import proof_hash
from ponder.logic.proof_tree import merged
from ponder.logic.reading import read
from ponder.logic.sentences import reworded, sentence
from ponder.logic.statements import Literal, Property, Statement, fact
from ponder.logic.vocabulary import LIFELESS, LIVING, NOUNS, invented_kinds
from ponder.tasks.deduction import COLOURS, article, sentences
from ponder.tasks.split import canonical_key, split_of
from ponder.tasks.word_problems import NAMES


@dataclass(frozen=True, slots=True)
class _Chain:
    """Somebody, the kinds above them, and the colour at the end."""

    name: str
    kinds: tuple[str, ...]
    colour: str

    @property
    def links(self) -> tuple[str, ...]:
        return (self.name, *self.kinds, self.colour)

    @property
    def statements(self) -> list[Statement]:
        return [read(each) for each in sentences(self.links)]

    @property
    def held_out(self) -> bool:
        """Whether the task's own split keeps this chain from training."""
        return split_of(canonical_key("proof " + ">".join(self.links))) == "test"


def draw_colours(rng: random.Random, number: int, depth: int, versions: Sequence[str]) -> list[ProbeItem]:
    """One chain in each version; the order in which the chains interleave is that of all but `shuffled`."""
    names: list[str] = rng.sample(NAMES, 3)
    asked, other = _familiar(rng, names, depth - 1)
    told = {
        "familiar": (asked, other),
        "counterfactual": (replace(asked, colour=other.colour), replace(other, colour=asked.colour)),
        "invented": _renamed(rng, asked, other),
    }
    world = asked.colour if asked.kinds else ""
    third = _Chain(names[2], tuple(rng.sample(NOUNS, min(max(depth - 1, 1), 3))), other.colour)
    order = rng.random()
    return [
        _item(*told.get(version, told["familiar"]), third, number, version, order, world)
        for version in versions
    ]


def _familiar(rng: random.Random, names: list[str], kinds: int) -> tuple[_Chain, _Chain]:
    """One ladder of living and one of lifeless kinds, which share no word."""
    while True:
        ladders = rng.sample((rng.choice(LIVING), rng.choice(LIFELESS)), 2)
        if ladders[0][0] != ladders[1][0]:
            break
    chains = list[_Chain]()
    for name, (colour, *ladder) in zip(names, ladders, strict=False):
        above = sorted(rng.sample(range(1, len(ladder)), max(kinds - 1, 0)))
        chains.append(_Chain(name, tuple(ladder[rung] for rung in ([0, *above] if kinds else [])), colour))
    return chains[0], chains[1]


def _renamed(rng: random.Random, asked: _Chain, other: _Chain) -> tuple[_Chain, _Chain]:
    """Both chains in invented kinds, until the one that is asked for is none of the training split."""
    count = len(asked.kinds)
    while True:
        words = invented_kinds(rng, 2 * count)
        renamed = replace(asked, kinds=tuple(words[:count]))
        if renamed.held_out or not count:
            return renamed, replace(other, kinds=tuple(words[count:]))


def _item(
    asked: _Chain, other: _Chain, third: _Chain, number: int, version: str, order: float, world: str
) -> ProbeItem:
    rng = random.Random(order)
    statements = merged(rng, asked.statements, other.statements)
    conclusion = fact(asked.name, Literal(Property(asked.colour, noun=False)))
    proof = f"{proof_hash(statements, conclusion)}-{number:04d}"
    added = third.statements if version == "distracted" else []
    statements = merged(rng, statements, added)
    if version == "shuffled":
        before = list(statements)
        while statements == before:
            rng.shuffle(statements)
    premises = [reworded(each, rng) if version == "reworded" else sentence(each) for each in statements]
    steps = [f"{asked.name} is {article(kind)}." for kind in asked.kinds[1:]]
    return ProbeItem(
        id=f"{proof}-{version}",
        proof=proof,
        version=version,
        form="colours",
        depth=len(asked.links) - 1,
        conclusions="one",
        rules=("modus ponens",) if asked.kinds else ("restatement",),
        premises=tuple(premises),
        question=" ".join([*premises, f"What colour is {asked.name}?"]),
        answer=asked.colour,
        choices=tuple(sorted((asked.colour, other.colour), key=COLOURS.index)),
        steps=(*steps, sentence(conclusion)),
        world="" if version == "invented" else world,
        added=tuple(place for place, each in enumerate(statements) if each in added),
    )
