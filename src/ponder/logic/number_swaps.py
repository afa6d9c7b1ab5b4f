"""Word problems told again with other numbers, with other names, and with one clause that does not matter.

After GSM-Symbolic (Mirzadeh et al., arXiv:2410.05229), in the wording of `ponder/tasks/word_problems.py`.
Each swapped number has as many digits as the one it stands for, and so has every value on the way, so a story
does not get harder; no value leaves 0..99 and the answer is at least 1.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from ponder.logic.items import ProbeItem
from ponder.tasks.chain import LARGEST, Chain, draw_chain
from ponder.tasks.split import canonical_key
from ponder.tasks.word_problems import GAINS, LOSSES, NAMES, THINGS

CLAUSES = (
    "{other} has {n} {others}.",
    "{other} is {n} years old.",
    "{who} is {n} years old.",
    "{n} of the {things} are small.",
    "{who} and {other} live at number {n}.",
)
"""Sentences with a number that changes nothing."""


def draw_stories(rng: random.Random, number: int, depth: int, versions: Sequence[str]) -> list[ProbeItem]:
    """One story in each version."""
    chain = draw_chain(rng, depth)
    while chain.total < 1 or (swapped := swap_numbers(chain, rng)) is None:
        chain = draw_chain(rng, depth)
    names, things = rng.sample(NAMES, 4), rng.sample(THINGS, 2)
    events = [rng.choice(GAINS if term > 0 else LOSSES) for term in chain.terms]
    clause = rng.choice(CLAUSES).format(
        who=names[0], other=names[1], n=rng.randint(2, LARGEST), things=things[0], others=things[1]
    )
    place = rng.randint(1, depth)
    told = {"numbers": (swapped, names), "names": (chain, names[2:])}
    signs = "".join("+" if term > 0 else "-" for term in chain.terms)
    proof = f"{canonical_key(f'story {signs}')[:16]}-{number:04d}"
    items = list[ProbeItem]()
    for version in versions:
        numbers, who = told.get(version, (chain, names))
        lines = story(numbers, who, things[0], events)
        if version == "distracted":
            lines.insert(place, clause)
        items.append(
            _item(numbers, lines, f"How many {things[0]} does {who[0]} have?", proof, version, place)
        )
    return items


def story(chain: Chain, names: Sequence[str], things: str, events: Sequence[str]) -> list[str]:
    """What happens, a sentence each."""
    told = [f"{names[0]} has {chain.start} {things}."]
    for event, term in zip(events, chain.terms, strict=True):
        told.append(event.format(who=names[0], other=names[1], n=abs(term)))
    return told


def swap_numbers(chain: Chain, rng: random.Random) -> Chain | None:
    """Another chain with the same signs, all its numbers others of the same length; None if there is none."""
    for start in _alike(chain.start, rng):
        terms = _swapped_terms(start, chain.start, chain.terms, rng)
        if terms is not None and start + sum(terms) not in (0, chain.total):
            return Chain(start, terms)
    return None


def _swapped_terms(
    value: int, original: int, terms: tuple[int, ...], rng: random.Random
) -> tuple[int, ...] | None:
    """Terms that keep every value as long as the original value at that place."""
    if not terms:
        return ()
    sign = 1 if terms[0] > 0 else -1
    reached = original + terms[0]
    for size in _alike(abs(terms[0]), rng):
        after = value + sign * size
        if 0 <= after <= LARGEST and len(str(after)) == len(str(reached)):
            rest = _swapped_terms(after, reached, terms[1:], rng)
            if rest is not None:
                return (sign * size, *rest)
    return None


def _alike(number: int, rng: random.Random) -> Iterator[int]:
    """The other positive numbers with as many digits, in random order."""
    digits = len(str(number))
    others = [n for n in range(10 ** (digits - 1), 10**digits) if n != number]
    rng.shuffle(others)
    return iter(others)


def read_story(text: str) -> Chain | None:
    """The numbers of a story, from its words alone; clauses that match no event change nothing."""
    if (found := _STORY.fullmatch(text.strip())) is None:
        return None
    terms = list[int]()
    for sentence in re.split(r"(?<=\.)\s+", found["events"].strip()):
        for pattern, sign in _EVENTS:
            event = pattern.fullmatch(sentence)
            if event is not None and event["who"] == found["who"]:
                terms.append(sign * int(event["n"]))
    return Chain(int(found["start"]), tuple(terms))


def _event(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    for slot, group in (("who", "(?P<who>[A-Z][a-z]+)"), ("other", "[A-Z][a-z]+"), ("n", r"(?P<n>\d{1,9})")):
        pattern = pattern.replace(re.escape(f"{{{slot}}}"), group)
    return re.compile(pattern)


_STORY = re.compile(
    r"(?P<who>[A-Z][a-z]+) has (?P<start>\d{1,9}) (?P<things>[a-z]+)\.(?P<events>(?: [^.?]+\.)*)"
    r" How many (?P=things) does (?P=who) have\?"
)
_EVENTS = [(_event(text), sign) for texts, sign in ((GAINS, 1), (LOSSES, -1)) for text in texts]


def _item(chain: Chain, lines: list[str], asked: str, proof: str, version: str, place: int) -> ProbeItem:
    rules = [
        rule
        for rule, sign in (("addition", 1), ("subtraction", -1))
        if any(t * sign > 0 for t in chain.terms)
    ]
    return ProbeItem(
        id=f"{proof}-{version}",
        proof=proof,
        version=version,
        form="word-problem",
        depth=chain.depth,
        conclusions="one",
        rules=tuple(rules),
        premises=tuple(lines),
        question=" ".join([*lines, asked]),
        answer=str(chain.total),
        choices=tuple(str(number) for number in range(LARGEST + 1)),
        steps=tuple(chain.lines(rng=random.Random(0))[0]),
        world="",
        added=(place,) if version == "distracted" else (),
    )
