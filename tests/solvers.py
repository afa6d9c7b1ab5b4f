"""Solutions recomputed from a question's words alone, sharing no code with the families they check."""

from __future__ import annotations

import re

LOSSES = re.compile(r"\b(loses|sells|breaks)\b|\bgives \d+ to\b")
COLOURS = {"red", "blue", "green", "black", "white", "brown", "pink", "gold"}


def terms_of(expression: str) -> list[int]:
    """`12+7-5` as 12, 7, -5."""
    assert re.fullmatch(r"\d+([+-]\d+)*", expression), expression
    return [int(term) for term in re.findall(r"[+-]?\d+", expression)]


def chain_of(question: str) -> list[int]:
    """The start and the signed terms of a problem from any of the three numeric families."""
    if question.startswith("What does this program print?"):
        return traced(question)
    if found := re.search(r"\d+(?:[+-]\d+)+", question):
        return terms_of(found[0])
    first, *events = question.split(". ")
    start = int(re.findall(r"\d+", first)[0])
    changes = [(event, int(number)) for event in events for number in re.findall(r"\d+", event)]
    return [start, *(-number if LOSSES.search(event) else number for event, number in changes)]


def traced(question: str) -> list[int]:
    """A program's first value and the change that each later statement makes."""
    _, *statements, last = question.split("\n")
    values, changes, variable = dict[str, int](), list[int](), ""
    for statement in statements:
        target, expression = statement.split("=")
        if found := re.fullmatch(r"([a-z])([+-]\d+)", expression):
            assert found[1] == variable, "a statement uses the variable assigned just before"
            values[target] = values[found[1]] + int(found[2])
            changes.append(int(found[2]))
        else:
            values[target] = int(expression)
            changes.append(values[target])
        variable = target
    assert last == f"print({variable})"
    assert values[variable] == sum(changes)
    return changes


def facts_of(question: str) -> dict[str, str]:
    """What each subject is: `Every poodle is a dog. Mia is a poodle.` as poodle: dog, Mia: poodle."""
    found = re.findall(r"(?:Every )?(\w+) is (?:an? )?(\w+)\.", question)
    facts = dict(found)
    assert len(facts) == len(found), "no subject is said to be two things"
    return facts


def deduced(question: str) -> list[str]:
    """From the name asked about to its colour."""
    facts = facts_of(question)
    asked = re.search(r"What colour is (\w+)\?", question)
    assert asked
    path = [asked[1]]
    while path[-1] in facts:
        path.append(facts[path[-1]])
    assert path[-1] in COLOURS
    return path


def ordered(question: str) -> list[int]:
    return sorted(int(number) for number in re.findall(r"\d+", question))


def solution(question: str) -> str:
    """The answer to a problem of any family."""
    if "What colour is" in question:
        return deduced(question)[-1]
    if "smallest" in question:
        return " ".join(map(str, ordered(question)))
    return str(sum(chain_of(question)))


def content(question: str) -> str:
    """What decides a question's split, written down anew."""
    if "What colour is" in question:
        return "proof " + ">".join(deduced(question))
    if "smallest" in question:
        return f"sort {ordered(question)}"
    start, *terms = chain_of(question)
    return f"chain {start}" + "".join(f"{term:+d}" for term in terms)
