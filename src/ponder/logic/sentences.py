"""Statements as English sentences: one plain wording of each, and others that mean the same.

The plain wording is that of `ponder/tasks/deduction.py` where that has one (`Every raven is a bird.`). The
other wordings follow the usual English of the categorical forms (`All ravens are birds.`, `Nothing that is a
raven is a fish.`). Whatever is written here, `reading.py` reads back as the same statement.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from ponder.logic.statements import Literal, Part, Property, Statement
from ponder.tasks.deduction import article


def sentence(statement: Statement) -> str:
    """In the plain wording."""
    return ways_to_say(statement)[0]


def reworded(statement: Statement, rng: random.Random) -> str:
    """In another wording, where there is one."""
    plain, *others = ways_to_say(statement)
    return rng.choice(others) if others else plain


def question_about(premises: tuple[str, ...] | list[str], asked: str) -> str:
    """Premises and a statement that is to be proved or refuted."""
    return (
        f"{' '.join(premises)} Judge by these sentences alone: is it true that {within(asked)}? "
        "Answer yes, no or unknown."
    )


def plural(noun: str) -> str:
    """Regular plurals only; the vocabulary holds no others."""
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def unknown_whether(statement: Statement) -> str:
    """That it is open: neither it nor its negation follows."""
    return f"It is unknown whether {within(sentence(statement))}."


def within(text: str) -> str:
    """As a part of another sentence; names keep their capital."""
    first = text.split(" ")[0]
    opens = first in ("Every", "No", "Some", "All", "If", "Something", "Nothing", "Everything")
    return (first.lower() if opens else first) + text[len(first) :].rstrip(".")


def ways_to_say(statement: Statement) -> list[str]:
    """Every wording, the plain one first."""
    match statement.quantity:
        case "every":
            return _rules(statement)
        case "some":
            return _existentials(statement)
        case "name":
            return _facts(statement)


def _facts(statement: Statement) -> list[str]:
    name, head = statement.name, _told(statement.head)
    if statement.body is not None:
        body = _told(statement.body)
        return [
            f"If {name} is {body}, then {name} is {head}.",
            f"{name} is {head} if {name} is {body}.",
            f"Whenever {name} is {body}, {name} is {head}.",
        ]
    plain = f"{name} is {head}."
    if statement.head.either:
        return [plain, f"{name} is either {head}.", f"It is true that {name} is {head}."]
    denied = statement.head.only
    if denied is not None and not denied.positive:
        return [plain, f"It is not the case that {name} is {_literal(denied.negated())}."]
    return [plain, f"It is true that {name} is {head}."]


def _rules(statement: Statement) -> list[str]:
    assert statement.body is not None
    body, head = statement.body.only, statement.head.only
    told, follows = _told(statement.body), _told(statement.head)
    general = [
        f"If something is {told}, then it is {follows}.",
        f"Something is {follows} if it is {told}.",
        f"Whenever something is {told}, it is {follows}.",
    ]
    if body is None or not body.positive:
        return general
    if head is not None and not head.positive:
        denied = head.negated()
        relative = f"Nothing that is {told} is {_literal(denied)}."
        if not body.property.noun:
            return [relative, *general]
        noun = body.property.word
        plurals = f"No {plural(noun)} are {_many(denied)}."
        return [f"No {noun} is {_literal(denied)}.", plurals, relative, *general]
    relatives = [f"Everything that is {told} is {follows}.", f"Anything that is {told} is also {follows}."]
    if not body.property.noun:
        return [*relatives, *general]
    noun = body.property.word
    plurals = f"All {plural(noun)} are {_told(statement.head, _many)}."
    return [f"Every {noun} is {follows}.", plurals, f"Each {noun} is {follows}.", relatives[1], *general]


def _existentials(statement: Statement) -> list[str]:
    assert statement.body is not None
    body = statement.body.only
    if body is None or not body.positive or not body.property.noun:
        return [f"Something that is {_told(statement.body)} is {_told(statement.head)}."]
    noun = body.property.word
    return [
        f"Some {plural(noun)} are {_told(statement.head, _many)}.",
        f"At least one {noun} is {_told(statement.head)}.",
        f"There is {article(noun)} that is {_told(statement.head)}.",
    ]


def _literal(literal: Literal) -> str:
    return ("" if literal.positive else "not ") + _property(literal.property)


def _property(each: Property) -> str:
    return article(each.word) if each.noun else each.word


def _many(literal: Literal) -> str:
    word = literal.property.word
    return ("" if literal.positive else "not ") + (plural(word) if literal.property.noun else word)


def _told(each: Part, tell: Callable[[Literal], str] = _literal) -> str:
    # What is absent comes last: `not a raven or red` could be read as neither.
    ordered = sorted(each.literals, key=lambda literal: (not literal.positive, literal))
    return (" or " if each.either else " and ").join(map(tell, ordered))
