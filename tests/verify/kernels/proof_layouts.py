"""Writes generated proofs as text, in every layout and notation that the format allows."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verify.kernels.countermodels import Formula, Linear
from verify.kernels.proof_builder import Box, Proof, Step

LAYOUTS = ("inside", "before", "numbered inside", "numbered before", "flat")
_PLAIN = {"not": "~", "and": "&", "or": "|", "implies": "->", "iff": "<->", "all": "forall", "some": "exists"}
_PLAIN |= {"false": "false", "less": "<", "most": "<=", "equal": "=", "same": "="}
_SIGNS = {"not": "¬", "and": "∧", "or": chr(0x2228), "implies": "→", "iff": "↔", "all": "∀", "some": "∃"}
_WORDS = {"not": "not", "and": "and", "or": "or", "implies": "implies", "iff": "iff"}
_LATEX = {"not": r"\lnot", "and": r"\land", "or": r"\lor", "implies": r"\to", "iff": r"\leftrightarrow"}
_LATEX |= {"all": r"\forall", "some": r"\exists", "most": r"\le", "false": r"\bot"}
NOTATIONS: tuple[Mapping[str, str], ...] = ({}, {}, _SIGNS, _WORDS, _LATEX)


@dataclass(frozen=True)
class Written:
    """A proof and its theorem as text; `labels` maps the id of a step to its number."""

    proof: str
    theorem: str
    labels: Mapping[int, str] = field(repr=False)


def write(proof: Proof, draw: random.Random) -> Written:
    notation = _PLAIN | dict(draw.choice(NOTATIONS))
    layout = draw.choice([name for name in LAYOUTS if not (name.endswith("before") and _joined(proof.items))])
    premises = ", ".join(show(premise, notation) for premise in proof.premises)
    writer = _Writer(layout, notation)
    text = writer.text(proof.items)
    return Written(text, f"{premises} |- {show(proof.goal, notation)}", writer.labels)


def _joined(items: list[Any]) -> bool:
    """Whether a `let` and an assumption open one subproof, which only stands inside it."""
    boxes = [item for item in items if isinstance(item, Box)]
    return any((box.names and box.assumption) or _joined(box.items) for box in boxes)


class _Writer:
    def __init__(self, layout: str, notation: Mapping[str, str]) -> None:
        self.numbered = layout.startswith("numbered")
        self.before, self.flat = layout.endswith("before"), layout == "flat"
        self.notation = notation
        self.labels = dict[int, str]()
        self.ranges = dict[int, str]()
        self.count = 0

    def text(self, items: list[Any]) -> str:
        return "\n".join(self.lines(items, 0, ""))

    def label(self, prefix: str, place: int) -> str:
        self.count += 1
        return f"{prefix}{place}" if self.numbered else str(self.count)

    def lines(self, items: list[Any], depth: int, prefix: str, place: int = 1) -> Iterator[str]:
        for item in items:
            if isinstance(item, Step):
                self.labels[id(item)] = label = self.label(prefix, place)
                yield self.line(depth, label, f"{self.show(item.formula)}   {item.rule} {self.cited(item)}")
            else:
                yield from self.box(item, depth, prefix, place)
            place += 1

    def box(self, box: Box, depth: int, prefix: str, place: int) -> Iterator[str]:
        heads = [f"let {', '.join(box.names)}"] if box.names else []
        heads += [f"assume {self.show(box.assumption.formula)}"] if box.assumption else []
        inner = f"{prefix}{place}."
        first, start = "", 1
        for head in heads:
            last = self.label(prefix, place) if self.before else self.label(inner, start)
            start += not self.before
            first = first or last
            yield self.line(depth + (not self.before), last, head)
        if box.assumption:
            self.labels[id(box.assumption)] = last
        yield from self.lines(box.items, depth + 1, inner, start)
        if box.items and isinstance(box.items[-1], Step):
            last = self.labels[id(box.items[-1])]
        self.ranges[id(box)] = f"{first}-{last}"

    def line(self, depth: int, label: str, text: str) -> str:
        return f"{'' if self.flat or self.numbered else depth * '    '}{label}. {text}".rstrip()

    def cited(self, step: Step) -> str:
        """A step that comes later, or is not there, has no number yet."""
        known = self.ranges | self.labels
        return ", ".join(known.get(id(cited), "999") for cited in step.cites)

    def show(self, formula: Formula) -> str:
        return show(formula, self.notation)


def show(formula: Formula, notation: Mapping[str, str] = _PLAIN) -> str:
    match formula:
        case ("atom", name, *terms):
            return f"{name}({', '.join(map(_term, terms))})" if terms else name
        case ("same", one, other):
            return f"{_term(one)} = {_term(other)}"
        case ("less" | "most" | "equal" as kind, one, other):
            return f"{_linear(one)} {notation[kind]} {_linear(other)}"
        case ("false",):
            return notation["false"]
        case ("not", part):
            return f"{notation['not']} {_bracketed(part, notation)}"
        case ("all" | "some" as kind, variable, part):
            return f"{notation[kind]} {variable}. {show(part, notation)}"
        case (kind, *parts):
            return f" {notation[kind]} ".join(_bracketed(part, notation) for part in parts)
    raise ValueError(formula)


def _bracketed(formula: Formula, notation: Mapping[str, str]) -> str:
    text = show(formula, notation)
    return text if formula[0] in ("atom", "false", "not") else f"({text})"


def _term(term: Any) -> str:
    return term[1] if term[0] == "name" else f"{term[1]}({_term(term[2])})"


def _linear(linear: Linear) -> str:
    constant, terms = linear
    parts = [name if factor == 1 else f"{factor}*{name}" for name, factor in terms]
    return " + ".join([*parts, *([str(constant)] if constant or not parts else [])])
