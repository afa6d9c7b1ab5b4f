"""Chains of inferences about one thing, from what it is told to be to the property that is asked for.

A chain is drawn as a list of links and then spelled out twice, ending once in the property and once in its
absence. A link takes one literal that holds of the subject to the next:

    modus ponens                                every A is B                                      1 inference
    modus tollens                               every B is C, and it is not C, so not B           1
    disjunctive syllogism on what is told       it is not A or it is B                            1
    conjunction introduction, modus ponens      if it is A and S, then it is B; it is S           2
    modus ponens, conjunction elimination       every A is B and S                                2
    modus ponens, disjunctive syllogism         every A is B or S; it is not S                    2
    modus ponens, proof by cases                every A is P or Q; every P is B; every Q is B     2
    transitivity, modus ponens                  every A is P, every P is B; only at the start     2 or more

Knows no words and no truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ponder.logic.inferences import GOAL, KIND, SUBJECT, Branch, Inference, Symbols
from ponder.logic.statements import Literal, Statement, fact, part, rule

SHORT = ("ponens", "ponens", "tollens", "told disjunction")
LONG = ("conjunction", "elimination", "disjunction", "cases")


@dataclass(frozen=True, slots=True)
class _Link:
    """Which kind of link, and how many inferences it takes."""

    kind: str
    depth: int


def draw_chain(symbols: Symbols, depth: int) -> tuple[Branch, Branch]:
    """Two branches of one skeleton with opposite ends."""
    rng = symbols.rng
    links, left = list[_Link](), depth
    if left >= 2 and rng.random() < 0.25:
        links.append(_Link("transitivity", rng.randint(2, min(left, 3))))
        left -= links[0].depth
    while left:
        long = left >= 2 and rng.random() < 0.5
        links.append(_Link(rng.choice(LONG if long else SHORT), 2 if long else 1))
        left -= links[-1].depth
    signs = [rng.random() < 0.75 for _ in links[:-1]]
    positive = rng.random() < 0.5
    return _spelled(symbols, links, [*signs, positive]), _spelled(symbols, links, [*signs, not positive])


def _spelled(symbols: Symbols, links: list[_Link], signs: list[bool]) -> Branch:
    premises, inferences = list[Statement](), list[Inference]()
    at = Literal(KIND)
    for number, (link, sign) in enumerate(zip(links, signs, strict=True)):
        last = number == len(links) - 1
        to = Literal(GOAL if last else symbols.fresh(), sign)
        told, concluded = _LINKS[link.kind](symbols, at, to, link.depth)
        premises += told
        inferences += concluded
        at = to
    return Branch(tuple(premises), tuple(inferences))


_Spelled = tuple[list[Statement], list[Inference]]


def _ponens(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    link = rule(at, to)
    return [link], [Inference(fact(SUBJECT, to), "modus ponens", (fact(SUBJECT, at), link))]


def _tollens(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    link = rule(to.negated(), at.negated())
    return [link], [Inference(fact(SUBJECT, to), "modus tollens", (fact(SUBJECT, at), link))]


def _told_disjunction(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    choice = fact(SUBJECT, part(at.negated(), to, either=True))
    parents = (choice, fact(SUBJECT, at))
    return [choice], [Inference(fact(SUBJECT, to), "disjunctive syllogism", parents)]


def _conjunction(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    side = symbols.literal()
    both = part(at, side)
    link, told = rule(both, to), fact(SUBJECT, side)
    joined = fact(SUBJECT, both)
    return [link, told], [
        Inference(joined, "conjunction introduction", (fact(SUBJECT, at), told)),
        Inference(fact(SUBJECT, to), "modus ponens", (joined, link)),
    ]


def _elimination(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    both = part(to, symbols.literal())
    link, joined = rule(at, both), fact(SUBJECT, both)
    return [link], [
        Inference(joined, "modus ponens", (fact(SUBJECT, at), link)),
        Inference(fact(SUBJECT, to), "conjunction elimination", (joined,)),
    ]


def _disjunction(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    side = symbols.literal()
    one = part(to, side, either=True)
    link, told, either = rule(at, one), fact(SUBJECT, side.negated()), fact(SUBJECT, one)
    return [link, told], [
        Inference(either, "modus ponens", (fact(SUBJECT, at), link)),
        Inference(fact(SUBJECT, to), "disjunctive syllogism", (either, told)),
    ]


def _cases(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    first, second = symbols.literal(), symbols.literal()
    one = part(first, second, either=True)
    link, either, left, right = rule(at, one), fact(SUBJECT, one), rule(first, to), rule(second, to)
    return [link, left, right], [
        Inference(either, "modus ponens", (fact(SUBJECT, at), link)),
        Inference(fact(SUBJECT, to), "proof by cases", (either, left, right)),
    ]


def _transitivity(symbols: Symbols, at: Literal, to: Literal, depth: int) -> _Spelled:
    stops = [at, *(symbols.literal() for _ in range(depth - 1)), to]
    links = [rule(a, b) for a, b in pairwise(stops)]
    inferences, joined = list[Inference](), links[0]
    for link, stop in zip(links[1:], stops[2:], strict=True):
        longer = rule(at, stop)
        inferences.append(Inference(longer, "transitivity", (joined, link)))
        joined = longer
    inferences.append(Inference(fact(SUBJECT, to), "modus ponens", (fact(SUBJECT, at), joined)))
    return links, inferences


_LINKS = {
    "ponens": _ponens,
    "tollens": _tollens,
    "told disjunction": _told_disjunction,
    "conjunction": _conjunction,
    "elimination": _elimination,
    "disjunction": _disjunction,
    "cases": _cases,
    "transitivity": _transitivity,
}
