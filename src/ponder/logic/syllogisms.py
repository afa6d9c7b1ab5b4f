"""Chains of categorical syllogisms: what every, no, some or not every A is.

The moods are the ones that hold without assuming that there is any A: Barbara, Celarent, Cesare with a
universal conclusion, Darii, Datisi, Ferio, Festino, Ferison, Fresison with a particular one. It is told that
every A is of a kind and that some are; from there one branch goes on to a universal statement, the other to
its negation, a particular one. Knows no words and no truth.
"""

from __future__ import annotations

from itertools import pairwise

from ponder.logic.inferences import GOAL, KIND, Branch, Inference, Symbols
from ponder.logic.statements import Literal, Statement, rule, some


def draw_syllogisms(symbols: Symbols, depth: int) -> tuple[tuple[Statement, ...], Branch, Branch]:
    """What both branches start from, the universal one, and the particular one that denies it."""
    positive = symbols.rng.random() < 0.5
    start, kind, end = Literal(symbols.fresh(noun=True)), Literal(KIND), Literal(GOAL, positive)
    every = rule(start, kind)
    turned = symbols.rng.random() < 0.5  # some Bs are As: the same fact with the terms exchanged
    one = some(kind, start) if turned else some(start, kind)
    universal = _branch(symbols, depth, every, start, end)
    return (every, one), universal, _branch(symbols, depth, one, start, end.negated())


def _branch(symbols: Symbols, depth: int, first: Statement, start: Literal, end: Literal) -> Branch:
    """From what is told of the start's kind, link by link, to its end."""
    middles = [Literal(KIND), *(Literal(symbols.fresh(noun=True)) for _ in range(depth - 1))]
    links = [rule(a, b) for a, b in pairwise(middles)]
    converse = not end.positive and symbols.rng.random() < 0.5
    # `no B is a G`, or the other way round `nothing that is G is a B`
    links.append(rule(Literal(GOAL), middles[-1].negated()) if converse else rule(middles[-1], end))
    quantified = some if first.quantity == "some" else rule
    inferences, joined = list[Inference](), first
    for number, link in enumerate(links):
        last = number == len(links) - 1
        concluded = quantified(start, end if last else middles[number + 1])
        mood = _mood(joined, start, negative=last and not end.positive, converse=converse)
        inferences.append(Inference(concluded, mood, (joined, link)))
        joined = concluded
    return Branch(tuple(links), tuple(inferences))


def _mood(joined: Statement, start: Literal, *, negative: bool, converse: bool) -> str:
    """By its minor premise, the quality of its conclusion, and the order of the terms."""
    if joined.quantity == "every":
        return ("Cesare" if converse else "Celarent") if negative else "Barbara"
    exchanged = joined.head.only == start
    if not negative:
        return "Datisi" if exchanged else "Darii"
    if exchanged:
        return "Fresison" if converse else "Ferison"
    return "Festino" if converse else "Ferio"
