"""Items that ask whether a statement is true: yes, it is proved; no, it is refuted; or unknown.

Answers take turns, and a statement is worded the same whether it is proved, refuted or neither: both a proof
of it and one of its negation are laid out in the premises, and what differs is where a link is missing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ponder.logic.items import ProbeItem
from ponder.logic.proof_hash import proof_hash
from ponder.logic.proof_tree import ANSWERS, ProofTree, draw_tree
from ponder.logic.sentences import question_about, sentence, unknown_whether
from ponder.logic.statements import Literal, fact, rule
from ponder.logic.truth import Theory
from ponder.logic.wordings import Words, dressed, told_as, world_on


def draw_statements(
    rng: random.Random, number: int, depth: int, versions: Sequence[str], *, turn: int
) -> list[ProbeItem]:
    """One proof in each version; `turn` decides its answer."""
    answer = ANSWERS[turn % len(ANSWERS)]
    tree = draw_tree(rng, depth, answer)
    words = dressed(tree, rng)
    proof = f"{proof_hash(tree.premises, tree.asked)}-{number:04d}"
    conclusions = ends_reached(tree)
    items = list[ProbeItem]()
    for version in versions:
        dress = words.get(version, words["familiar"])
        items.append(_item(tree, version, dress, proof, conclusions, random.Random(f"{proof}/{version}")))
    return items


def ends_reached(tree: ProofTree) -> str:
    """`none` where the statement stays open, `several` where another chain of rules comes to an end too.

    An end is a property that no rule goes on from and no sentence states.
    """
    if tree.answer == "unknown":
        return "none"
    theory = Theory(tree.premises)
    started = {one.property for said in tree.premises if said.body for one in said.body.literals}
    stated = {one.property for said in tree.premises if not said.body for one in said.literals()}
    ends = {one for said in tree.premises for one in said.properties}
    ends -= started | stated | tree.asked.properties
    for end in sorted(ends):
        for sign in (True, False):
            literal = Literal(end, sign)
            claim = fact(tree.asked.name, literal) if tree.asked.name else rule(_kind(tree), literal)
            if theory.follows(claim):
                return "several"
    return "one"


def _kind(tree: ProofTree) -> Literal:
    body = tree.asked.body
    assert body is not None and body.only is not None
    return body.only


def _item(
    tree: ProofTree, version: str, words: Words, proof: str, conclusions: str, rng: random.Random
) -> ProbeItem:
    told = told_as(version, tree, words, rng)
    asked = words.tell(tree.asked)
    steps = [sentence(words.tell(each.conclusion)) for each in tree.inferences]
    if tree.answer == "unknown":
        steps.append(unknown_whether(asked))
    return ProbeItem(
        id=f"{proof}-{version}",
        proof=proof,
        version=version,
        form="statement",
        depth=tree.depth,
        conclusions=conclusions,
        rules=tree.rules,
        premises=told.sentences,
        question=question_about(told.sentences, sentence(asked)),
        answer=tree.answer,
        choices=ANSWERS,
        steps=tuple(steps),
        world="" if version == "invented" else world_on(tree.asked, words),
        added=told.added,
    )
