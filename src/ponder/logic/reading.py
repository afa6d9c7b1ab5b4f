"""Reads English sentences back into statements: the inverse of `sentences.py`, and as strict.

A sentence is read whole or not at all. Nouns are known by their article, plural nouns by their s; an
adjective ends in s only as -ous or -ss. `read_step` is for steps that a model wrote: it takes `so`,
`therefore`, numbering and missing articles, where the words are those of the premises. Knows no truth and no
proofs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from ponder.logic.statements import (
    Literal,
    Part,
    Property,
    Statement,
    conditional,
    fact,
    part,
    rule,
    some,
)

MOST_CHARS = 500
"""Of a sentence."""
_NAME = r"(?P<name>[A-Z][a-z]+)"
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_KEPT = frozenset(
    (
        "a", "all", "also", "an", "and", "any", "anything", "are", "at", "each", "either", "every",
        "everything", "if", "is", "it", "least", "no", "not", "nothing", "one", "or", "some", "something",
        "that", "the", "then", "there", "true", "unknown", "what", "whenever", "whether",
    )
)  # fmt: skip
"""Words of the language itself: neither names nor properties."""
_QUESTION = re.compile(
    r"(?P<facts>.*?)\s*Judge by these sentences alone: is it true that (?P<asked>.+?)\?"
    r" Answer yes, no or unknown\.\s*",
    re.DOTALL,
)
_COLOUR = re.compile(r"(?P<facts>.*?)\s*What colour is (?P<name>[A-Z][a-z]+)\?\s*", re.DOTALL)
_LEAD = re.compile(
    r"^(?:[-*•>]\s+|\(?\d+[.):]\s+|step \d+[.:]\s*)*"
    r"(?:(?:so|therefore|thus|hence|then|and|but|also|since|because|finally|next|first|we know(?: that)?"
    r"|we have(?: that)?|it follows that|this means(?: that)?|that means(?: that)?|which means(?: that)?)"
    r"\b[,:]?\s+)*",
    re.IGNORECASE,
)


class UnreadableError(ValueError):
    """The text is no statement of the language."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a question's text says. Either a statement is asked about, or somebody's colour."""

    premises: tuple[Statement, ...]
    asked: Statement | None = None
    name: str = ""


def read(text: str) -> Statement:
    """The statement that a sentence makes; raises `UnreadableError`."""
    words = " ".join(text.split()).removesuffix(".")
    if len(words) > MOST_CHARS:
        raise UnreadableError(f"a sentence of {len(words)} characters")
    for begins in ("It is true that ", "it is true that "):
        words = words.removeprefix(begins)
    if (found := re.fullmatch(rf"[Ii]t is not the case that {_NAME} is (?P<head>.+)", words)) is not None:
        denied = _part(found["head"])
        if denied.only is None:
            raise UnreadableError(text)
        return fact(found["name"], denied.negated())
    for pattern, build in _SENTENCES:
        if (found := pattern.fullmatch(words)) is not None and not _kept(found):
            return build(found)
    raise UnreadableError(f"not a sentence of the language: {text[:80]!r}")


@dataclass(frozen=True, slots=True)
class Open:
    """It is said that neither the statement nor its negation follows."""

    statement: Statement


def read_step(text: str, nouns: Collection[str]) -> Statement | Open:
    """A step as a model writes it: `so Tom is raven`, `so raven is bird`, `Therefore, Tom is red.`

    `nouns` are those of the premises: a bare word among them is a noun, and one that opens the sentence is
    every such thing.
    """
    words = _LEAD.sub("", " ".join(text.split())).rstrip(".;, ")
    if (found := re.fullmatch(r"[Ii]t is unknown whether (?P<said>.+)", words)) is not None:
        return Open(_read_loosely(found["said"], nouns))
    return _read_loosely(words, nouns)


def _read_loosely(words: str, nouns: Collection[str]) -> Statement:
    bare = re.fullmatch(r"(?:an? )?(?P<noun>[a-z-]+) is (?P<head>.+)", words, re.IGNORECASE)
    if bare is not None and bare["noun"].lower() in nouns:
        words = f"Every {bare['noun'].lower()} is {bare['head']}"
    if not words:
        raise UnreadableError("nothing is said")
    statement = read(words[0].upper() + words[1:])

    def known(each: Property) -> Property:
        return Property(each.word, noun=True) if each.word in nouns else each

    return statement.mapped(known, str)


def read_question(text: str) -> Question:
    """The premises of a question and what it asks."""
    if (found := _QUESTION.fullmatch(text)) is not None:
        asked = found["asked"]
        return Question(read_all(found["facts"]), read(asked[0].upper() + asked[1:]))
    if (found := _COLOUR.fullmatch(text)) is not None:
        return Question(read_all(found["facts"]), name=found["name"])
    raise UnreadableError(f"neither a statement nor a colour is asked for: {text[-80:]!r}")


def read_all(text: str) -> tuple[Statement, ...]:
    """Sentences one after the other."""
    return tuple(read(each) for each in re.split(r"(?<=\.)\s+", text.strip()) if each)


def singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-2] if noun.endswith(("sses", "uses", "xes", "ches", "shes")) else noun[:-1]


def _literal(text: str, *, many: bool = False) -> Literal:
    words = text.split()
    positive = words[:1] != ["not"]
    words = words if positive else words[1:]
    noun = words[:1] in (["a"], ["an"])
    words = words[1:] if noun else words
    if len(words) != 1 or not _WORD.fullmatch(words[0]) or words[0] in _KEPT:
        raise UnreadableError(f"not a property: {text[:80]!r}")
    word = words[0]
    if many and word.endswith("s") and not word.endswith(("ous", "ss")):
        return Literal(Property(singular(word)), positive)
    return Literal(Property(word, noun), positive)


def _part(text: str, *, many: bool = False) -> Part:
    both, either = re.split(r" and ", text), re.split(r" or ", text)
    if len(both) > 1 and len(either) > 1:
        raise UnreadableError(f"and with or: {text[:80]!r}")
    members = both if len(both) > 1 else either
    return part(*(_literal(each, many=many) for each in members), either=len(either) > 1)


def _kept(found: re.Match[str]) -> bool:
    told = found.groupdict()
    return any(told.get(which, "").lower() in _KEPT for which in ("name", "again", "noun", "nouns"))


def _body(found: re.Match[str]) -> Part:
    """Of a rule: `raven`, `ravens`, or what follows `something is`."""
    told = found.groupdict()
    if "noun" in told:
        return part(Literal(Property(told["noun"])))
    if "nouns" in told:
        return part(Literal(Property(singular(told["nouns"]))))
    return _part(found["body"])


def _head(found: re.Match[str]) -> Part:
    return _part(found["head"], many="nouns" in found.groupdict())


def _every(found: re.Match[str]) -> Statement:
    return rule(_body(found), _head(found))


def _no(found: re.Match[str]) -> Statement:
    head = _head(found)
    if head.only is None or not head.only.positive:
        raise UnreadableError("`no` and `nothing` go with one property")
    return rule(_body(found), head.negated())


def _some(found: re.Match[str]) -> Statement:
    return some(_body(found), _head(found))


def _if_named(found: re.Match[str]) -> Statement:
    if found["again"] != found["name"]:
        raise UnreadableError("a conditional about two names")
    return conditional(found["name"], _body(found), _head(found))


def _named(found: re.Match[str]) -> Statement:
    return fact(found["name"], _head(found))


_B, _H, _A = r"(?P<body>.+?)", r"(?P<head>.+)", r"(?P<again>[A-Z][a-z]+)"
_ONE, _MANY = r"(?P<noun>[a-z-]+)", r"(?P<nouns>[a-z-]+)"
_Builder = Callable[[re.Match[str]], Statement]
_PATTERNS: tuple[tuple[str, _Builder], ...] = (
    (rf"If something is {_B}, then it is {_H}", _every),
    (rf"Something is (?P<head>.+?) if it is {_B}", _every),
    (rf"Whenever something is {_B}, it is {_H}", _every),
    (rf"If {_NAME} is {_B}, then {_A} is {_H}", _if_named),
    (rf"Whenever {_NAME} is {_B}, {_A} is {_H}", _if_named),
    (rf"{_NAME} is (?P<head>.+?) if {_A} is {_B}", _if_named),
    (rf"(?:Every|Each|Any) {_ONE} is {_H}", _every),
    (rf"All {_MANY} are {_H}", _every),
    (rf"No {_ONE} is {_H}", _no),
    (rf"No {_MANY} are {_H}", _no),
    (rf"(?:Anything|Everything) that is {_B} is (?:also )?{_H}", _every),
    (rf"Nothing that is {_B} is {_H}", _no),
    (rf"Some {_MANY} are {_H}", _some),
    (rf"At least one {_ONE} is {_H}", _some),
    (rf"There is an? {_ONE} that is {_H}", _some),
    (rf"Something that is {_B} is {_H}", _some),
    (rf"{_NAME} is (?:either )?{_H}", _named),
)
_SENTENCES = [(re.compile(pattern), build) for pattern, build in _PATTERNS]
