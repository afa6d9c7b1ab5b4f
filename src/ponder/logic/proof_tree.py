"""Draws proofs of a given depth in abstract symbols: premises, the inferences from them, and what is asked.

Every drawing holds two branches from the same start: one proves a statement, the other, built from the same
skeleton, would prove its negation. An answer of yes leaves the branch of the asked statement whole and breaks
a link of the other; an answer of no does the reverse; for unknown both are broken. A broken link speaks of
something that nothing else speaks of. So premises look the same whatever the answer is. Beside each sentence
about a kind stands another of the same shape about a twin kind, from which nothing follows that is asked: the
words alone do not tell which of the two kinds it is about. Knows no words and no truth.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ponder.logic.branches import draw_chain
from ponder.logic.inferences import GOAL, KIND, STRANGER, SUBJECT, TWIN, Branch, Inference, Symbols
from ponder.logic.statements import Literal, Property, Statement, fact, rule
from ponder.logic.syllogisms import draw_syllogisms

ANSWERS = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class ProofTree:
    """A drawing: what is told, in the order of the proof, and what is asked."""

    premises: tuple[Statement, ...]
    inferences: tuple[Inference, ...]
    """Of the whole branch to its end, or for unknown all that the broken ones still allow."""
    asked: Statement
    answer: str
    depth: int

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.rule for each in self.inferences))

    @property
    def symbols(self) -> tuple[Property, ...]:
        """In the order in which they are told, `KIND` and `GOAL` left out."""
        said = [literal.property for premise in self.premises for literal in premise.literals()]
        return tuple(one for one in dict.fromkeys(said) if one not in (KIND, GOAL))


def draw_tree(rng: random.Random, depth: int, answer: str) -> ProofTree:
    """A proof about one thing, or in every fourth drawing one in categorical syllogisms."""
    symbols = Symbols(rng)
    if rng.random() < 0.25:
        shared, first, second = draw_syllogisms(symbols, depth)
    else:
        first, second = draw_chain(symbols, depth)
        shared = (fact(SUBJECT, Literal(KIND)),)
    assert first.depth == second.depth == depth
    if rng.random() < 0.5:
        first, second = second, first
    asked = first.conclusion if answer != "no" else second.conclusion
    negation = second.conclusion if answer != "no" else first.conclusion
    assert asked.negated() == negation or asked == negation.negated()
    whole = first if answer != "unknown" else broken(first, symbols)
    other = broken(second, symbols)
    further = _further(whole if answer != "unknown" else None, symbols)
    told = [*shared, *merged(rng, whole.premises, other.premises, (further,))]
    told = merged(rng, told, _twins(told, symbols))
    inferences = whole.inferences
    if answer == "unknown":
        inferences = (*whole.inferences, *other.inferences)
    return ProofTree(tuple(told), inferences, asked, answer, depth)


def _twins(told: Sequence[Statement], symbols: Symbols) -> list[Statement]:
    """As many mentions of other kinds, `t0` for `k0`, by statements that lead nowhere."""

    def twin(each: Property) -> Property:
        return Property("t" + each.word[1:]) if each.word[0] == "k" else symbols.fresh(noun=each.noun)

    spoken = [said for said in told if any(each.word[0] == "k" for each in said.properties)]
    twins = [said.mapped(twin, lambda _: TWIN) for said in spoken]
    symbols.rng.shuffle(twins)
    return twins


def broken(branch: Branch, symbols: Symbols) -> Branch:
    """With one link that speaks of something else, and only the inferences that are left.

    A rule's property other than the one asked for is replaced; a plain fact becomes one about a stranger.
    """
    at = symbols.rng.randrange(len(branch.premises))
    link = branch.premises[at]
    if link.quantity == "name":
        mended = replace(link, name=STRANGER)
    else:
        link_body = link.body.literals if link.body else ()
        candidates = [one.property for one in link_body if one.property != GOAL]
        candidates = candidates or [one.property for one in link.literals() if one.property != GOAL]
        gone = symbols.rng.choice(candidates)
        other = symbols.kind() if gone == KIND else symbols.fresh(noun=gone.noun)
        mended = link.mapped(lambda each: other if each == gone else each, str)
    premises = (*branch.premises[:at], mended, *branch.premises[at + 1 :])
    lost, left = {link}, list[Inference]()
    for each in branch.inferences:
        if lost.intersection(each.parents):
            lost.add(each.conclusion)
        else:
            left.append(each)
    return Branch(premises, tuple(left))


def _further(branch: Branch | None, symbols: Symbols) -> Statement:
    """A rule to a second end. It starts from what the whole branch comes past, or from what nothing does."""
    end = Literal(symbols.fresh())
    from_kind, attached = symbols.rng.random() < 0.33, symbols.rng.random() < 0.67
    stops = [each.conclusion for each in branch.inferences[:-1]] if branch else []
    heads = [said.head for said in stops if said.head.only]
    if branch and attached and from_kind:
        return rule(Literal(KIND), end)
    if branch and attached and heads and not from_kind:
        return rule(symbols.rng.choice(heads), end)
    return rule(Literal(symbols.kind()) if from_kind else symbols.literal(), end)


def merged(rng: random.Random, *lists: Sequence[Statement]) -> list[Statement]:
    """All in one list, each in its own order."""
    turns = [number for number, each in enumerate(lists) for _ in each]
    rng.shuffle(turns)
    queues = [iter(each) for each in lists]
    return [next(queues[turn]) for turn in turns]
