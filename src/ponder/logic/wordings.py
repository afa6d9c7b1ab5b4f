"""Tells one abstract proof in words: which word stands for which symbol, in each version.

`familiar` is what every other version is compared with, and each differs from it in one thing:

    counterfactual   the kind is one of which the world says otherwise
    invented         every property is an invented word
    shuffled         the premises stand in another order
    distracted       sentences are added that speak of something else
    reworded         the premises have other wordings

Knows how to tell statements, not what follows from them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ponder.logic.inferences import GOAL, KIND, STRANGER, SUBJECT, TWIN
from ponder.logic.proof_tree import ProofTree, merged
from ponder.logic.sentences import reworded, sentence
from ponder.logic.statements import Literal, Property, Statement, fact, part, rule
from ponder.logic.vocabulary import (
    ADJECTIVES,
    ANY_COLOUR,
    COLOUR_OF,
    NOUNS,
    invented_adjectives,
    invented_nouns,
    kinds_where,
    world_says,
)
from ponder.tasks.deduction import COLOURS
from ponder.tasks.word_problems import NAMES

CONTRARY = {"yes": "no", "no": "yes"}


@dataclass(frozen=True, slots=True)
class Words:
    """One dress of a proof."""

    properties: dict[Property, Property]
    names: dict[str, str]
    spare: tuple[Property, ...] = field(default=())
    """Properties that the proof does not speak of."""
    spare_names: tuple[str, ...] = field(default=())

    def tell(self, statement: Statement) -> Statement:
        return statement.mapped(self.properties.__getitem__, self.names.__getitem__)

    @property
    def kind(self) -> str:
        return self.properties[KIND].word

    @property
    def colour(self) -> str:
        return self.properties[GOAL].word


@dataclass(frozen=True, slots=True)
class Told:
    """The premises of one version, in order; `added` are the places of the distractors."""

    statements: tuple[Statement, ...]
    sentences: tuple[str, ...]
    added: tuple[int, ...] = ()


def world_on(statement: Statement, words: Words) -> str:
    """What the table of colours says of a statement that a kind has, or has not, the colour asked for."""
    literal = statement.head.only
    assert literal is not None and literal.property == GOAL
    says = world_says(words.kind, words.colour)
    return says if literal.positive else CONTRARY.get(says, says)


def dressed(tree: ProofTree, rng: random.Random) -> dict[str, Words]:
    """Familiar, counterfactual and invented words for the same symbols."""
    colour = rng.choice(COLOURS)
    names: list[str] = rng.sample(NAMES, 5)
    nouns, adjectives = rng.sample(NOUNS, len(NOUNS)), rng.sample(ADJECTIVES, len(ADJECTIVES))
    familiar = _assigned(tree, nouns, adjectives, names)
    strange = _assigned(
        tree, invented_nouns(rng, len(NOUNS)), invented_adjectives(rng, len(ADJECTIVES)), names
    )

    def of_kinds(says: str) -> Words:
        """With a kind on which the world's answer is `says`, and twins of which it knows less, or more."""
        head = tree.asked.head.only
        assert head is not None
        chosen = rng.choice(kinds_where(colour, says if head.positive else CONTRARY.get(says, says)))
        likes, others = list[str](COLOUR_OF), list[str](ANY_COLOUR)
        if chosen not in COLOUR_OF:
            likes, others = others, likes
        likes.remove(chosen)
        rng.shuffle(likes)
        rng.shuffle(others)
        queues = {"k": iter([chosen, *likes]), "t": iter(others)}
        told = {KIND: KIND, **familiar.properties}  # the kind itself comes first
        kinds = {one: Property(next(queues[one.word[0]])) for one in told if one.word[0] in queues}
        named = {**familiar.properties, **kinds, GOAL: Property(colour, noun=False)}
        return replace(familiar, properties=named)

    contrary = CONTRARY.get(tree.answer) or rng.choice(("yes", "no"))
    return {"familiar": of_kinds(tree.answer), "counterfactual": of_kinds(contrary), "invented": strange}


def _assigned(
    tree: ProofTree, nouns: Sequence[str], adjectives: Sequence[str], names: Sequence[str]
) -> Words:
    """The next word of its sort for each symbol."""
    queues = {True: iter(nouns), False: iter(adjectives)}
    properties = {one: Property(next(queues[one.noun]), one.noun) for one in (KIND, GOAL, *tree.symbols)}
    spare = tuple(Property(word, noun) for noun, queue in queues.items() for word in queue)
    return Words(properties, {SUBJECT: names[0], STRANGER: names[1], TWIN: names[2]}, spare, tuple(names[3:]))


def told_as(version: str, tree: ProofTree, words: Words, rng: random.Random) -> Told:
    """The premises in one version."""
    statements = [words.tell(premise) for premise in tree.premises]
    if version == "shuffled" and len(statements) > 1:
        before = list(statements)
        while statements == before:
            rng.shuffle(statements)
    if version == "distracted":
        others = distractors(tree, words, rng)
        statements = merged(rng, statements, others)
        added = tuple(number for number, each in enumerate(statements) if each in others)
        return Told(tuple(statements), tuple(map(sentence, statements)), added)
    if version == "reworded":
        return Told(tuple(statements), tuple(reworded(each, rng) for each in statements))
    return Told(tuple(statements), tuple(map(sentence, statements)))


def distractors(tree: ProofTree, words: Words, rng: random.Random) -> list[Statement]:
    """A third as many sentences again, two at least: about other properties, of the subject or of others."""
    count = max(2, len(tree.premises) // 3)
    spare = list(words.spare)
    rng.shuffle(spare)
    literals = [Literal(each, rng.random() < 0.75) for each in spare[: 3 * count]]
    about_names = any(premise.name for premise in tree.premises)
    names = [*words.spare_names, words.names[SUBJECT]] if about_names else []
    drawn = list[Statement]()
    for number in range(count):
        first, second, third = literals[3 * number : 3 * number + 3]
        shapes = [rule(first, second), rule(part(first, second), third), rule(first, part(second, third))]
        if names:
            shapes += [fact(rng.choice(names), first), fact(rng.choice(names), part(first, second))]
        drawn.append(rng.choice(shapes))
    return drawn
