"""The words that proofs are told in: kinds whose colour the world knows, kinds of any colour, neutral words,
and words that there are none of.

What the world is taken to know is one table, kind by kind: the colour of a raven is black. A kind of the
second list may have any colour. Of the neutral words nothing follows: no member of a guild has to be calm.
Plurals are regular. Knows no proofs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ponder.tasks.deduction import ONSETS, RIMES, invented_words

LADDERS = (
    ("black", "raven", "corvid", "bird", "vertebrate", "animal", "organism", "being"),
    ("black", "panther", "cat", "mammal", "vertebrate", "animal", "organism", "being"),
    ("pink", "flamingo", "wader", "bird", "vertebrate", "animal", "organism", "being"),
    ("pink", "piglet", "pig", "mammal", "vertebrate", "animal", "organism", "being"),
    ("white", "swan", "swimmer", "bird", "vertebrate", "animal", "organism", "being"),
    ("white", "lamb", "grazer", "mammal", "vertebrate", "animal", "organism", "being"),
    ("green", "frog", "hopper", "amphibian", "vertebrate", "animal", "organism", "being"),
    ("brown", "grizzly", "bear", "mammal", "vertebrate", "animal", "organism", "being"),
    ("gold", "canary", "finch", "bird", "vertebrate", "animal", "organism", "being"),
    ("red", "ladybird", "beetle", "insect", "arthropod", "animal", "organism", "being"),
    ("red", "poppy", "wildflower", "flower", "herb", "plant", "organism", "being"),
    ("blue", "cornflower", "wildflower", "flower", "herb", "plant", "organism", "being"),
    ("red", "ruby", "gem", "crystal", "mineral", "solid", "object", "thing"),
    ("green", "emerald", "gem", "crystal", "mineral", "solid", "object", "thing"),
    ("blue", "sapphire", "gem", "crystal", "mineral", "solid", "object", "thing"),
    ("white", "snowflake", "flake", "crystal", "grain", "solid", "object", "thing"),
    ("gold", "doubloon", "coin", "token", "artefact", "product", "object", "thing"),
    ("black", "tyre", "wheel", "part", "artefact", "product", "object", "thing"),
    ("brown", "chocolate", "sweet", "dessert", "food", "product", "object", "thing"),
    ("pink", "marshmallow", "sweet", "dessert", "food", "product", "object", "thing"),
)
"""A colour, the kind that has it, and more and more general kinds, from which the colour does not follow."""
LIVING = tuple(ladder for ladder in LADDERS if ladder[-1] == "being")
LIFELESS = tuple(ladder for ladder in LADDERS if ladder[-1] == "thing")
COLOUR_OF = {ladder[1]: ladder[0] for ladder in LADDERS}
ANY_COLOUR = (
    "mug", "car", "shirt", "kite", "balloon", "button", "bead", "marble", "tile", "vase", "candle", "lantern",
)  # fmt: skip
NOUNS = (
    "favourite", "prize", "exhibit", "gift", "find", "keepsake", "specimen", "mascot", "emblem", "souvenir",
    "novelty", "symbol", "marker", "trophy", "discovery", "rarity", "bargain", "memento", "winner", "entry",
    "candidate", "loan", "donation", "attraction", "oddity", "puzzle", "guide", "model", "signal", "charm",
    "landmark", "secret", "surprise", "copy", "member", "visitor", "guest", "neighbour", "legend", "riddle",
    "target", "deposit", "mystery", "pattern", "reward", "sample", "treasure", "wonder",
)  # fmt: skip
ADJECTIVES = (
    "calm", "heavy", "young", "clean", "rare", "local", "small", "quiet", "cheap", "lucky", "warm", "useful",
    "hidden", "modern", "smooth", "gentle", "broken", "tidy", "wild", "plain", "strange", "simple", "damp",
    "sturdy", "royal", "foreign", "noble", "sacred", "fresh", "shiny", "sharp", "hollow", "brave", "narrow",
    "honest", "famed", "sticky", "fragrant", "proud", "round", "sleepy", "graceful", "patient", "salty",
    "restless", "curious", "nimble", "polite",
)  # fmt: skip
REAL = frozenset(
    (
        "bolus", "dolor", "genus", "labor", "lexus", "nexus", "nolan", "penal", "rabid", "renal", "rigid",
        "rigor", "rimous", "stolid", "student", "tabid", "tabor", "tenet", "tenor", "texan", "timid", "tudor",
        "venal", "venous", "venus", "vigor",
    )
)  # fmt: skip
"""What the syllables make that is a word already."""
_NOUN_ENDINGS, _ADJECTIVE_ENDINGS = ("us", "ix", "or", "an", "et"), ("al", "ous", "id")


def world_says(kind: str, colour: str) -> str:
    """Whether such a thing has that colour, as a lookup would answer: yes, no or unknown."""
    if kind not in COLOUR_OF:
        return "unknown"
    return "yes" if COLOUR_OF[kind] == colour else "no"


def kinds_where(colour: str, says: str) -> Sequence[str]:
    """The kinds of which the world says just that."""
    return [kind for kind in (*COLOUR_OF, *ANY_COLOUR) if world_says(kind, colour) == says]


def invented_nouns(rng: random.Random, count: int) -> list[str]:
    return _invented(rng, count, _NOUN_ENDINGS)


def invented_adjectives(rng: random.Random, count: int) -> list[str]:
    return _invented(rng, count, _ADJECTIVE_ENDINGS)


def invented_kinds(rng: random.Random, count: int) -> list[str]:
    """As `ponder/tasks/deduction.py` invents them."""
    return [word for word in invented_words(rng, count + len(REAL)) if word not in REAL][:count]


def _invented(rng: random.Random, count: int, endings: Sequence[str]) -> list[str]:
    words = dict[str, None]()
    while len(words) < count:
        word = rng.choice(ONSETS) + rng.choice(RIMES) + rng.choice(endings)
        if word not in REAL:
            words[word] = None
    return list(words)
