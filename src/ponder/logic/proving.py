"""Proves an item before it is given out: its words are read back, and Z3 says what follows from them.

Nothing of how the item was built is used, only its text. An item on which the two disagree is a fault of ours
and raises `PonderError`.
"""

from __future__ import annotations

from ponder.errors import PonderError
from ponder.logic.items import ProbeItem
from ponder.logic.number_swaps import read_story
from ponder.logic.proof_hash import proof_hash
from ponder.logic.reading import Question, UnreadableError, read_question
from ponder.logic.statements import Literal, Property, Statement, fact
from ponder.logic.truth import Standing, Theory
from ponder.tasks.deduction import COLOURS

ANSWER_OF = {Standing.FOLLOWS: "yes", Standing.CONTRADICTED: "no", Standing.OPEN: "unknown"}


def proved(item: ProbeItem) -> ProbeItem:
    """The item itself, once its answer, its consistency and its proof's hash are confirmed."""
    answer = answer_to(item)
    if answer != item.answer:
        raise PonderError(f"item {item.id} is labelled {item.answer!r}, but its words prove {answer!r}")
    if item.form != "word-problem" and hash_of(item) != item.proof.split("-")[0]:
        raise PonderError(f"item {item.id} does not tell the proof that it is named after")
    return item


def answer_to(item: ProbeItem) -> str:
    """The answer that the item's question has, by its text."""
    if item.form == "word-problem":
        story = read_story(item.question)
        if story is None:
            raise PonderError(f"item {item.id} cannot be read back as a story")
        return str(story.total)
    try:
        question = read_question(item.question)
    except UnreadableError as error:
        raise PonderError(f"item {item.id} cannot be read back: {error}") from error
    theory = Theory(question.premises)
    if not theory.consistent():
        raise PonderError(f"item {item.id}: its premises cannot all hold")
    if question.asked is not None:
        return ANSWER_OF[theory.standing(question.asked)]
    return " and ".join(colours_of(question.name, theory)) or "none"


def colours_of(name: str, theory: Theory) -> list[str]:
    """Every colour that somebody is proved to have."""
    return [colour for colour in COLOURS if theory.follows(has_colour(name, colour))]


def colour_chain(question: Question) -> tuple[str, ...]:
    """From a name through plain rules as far as they go: the links of the task's `Proof`."""
    facts = {said.name: said.head.only for said in question.premises if said.name and not said.body}
    rules = {
        said.body.only: said.head.only
        for said in question.premises
        if said.quantity == "every" and said.body is not None and said.body.only is not None
    }
    links, at = [question.name], facts.get(question.name)
    while at is not None and at.property.word not in links:
        links.append(at.property.word)
        at = rules.get(at)
    return tuple(links)


def has_colour(name: str, colour: str) -> Statement:
    return fact(name, Literal(Property(colour, noun=False)))


def conclusion_of(question: Question, answer: str) -> Statement | None:
    """The statement that an answer claims to be proved; None where it claims that there is none."""
    if question.asked is None:
        return has_colour(question.name, answer)
    if answer == "no":
        return question.asked.negated()
    return question.asked if answer == "yes" else None


def hash_of(item: ProbeItem) -> str:
    """The hash of the proof, from the words, without the distractors."""
    question = read_question(item.question)
    kept = [each for place, each in enumerate(question.premises) if place not in item.added]
    asked = question.asked or has_colour(question.name, item.answer)
    return proof_hash(kept, asked)
