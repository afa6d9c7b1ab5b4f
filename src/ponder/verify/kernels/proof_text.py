"""Proofs as text: numbered lines, each a formula and why it holds; any other line is a remark.

    1. p -> q                 given
    2. assume p
       3. q                   modus ponens 1, 2
    4. p -> q                 implication introduction 2-3

Which subproof a step stands in is said in one of three ways. `NUMBERED`: some number has a dot, and `3.1` is
in one. `INDENTED`: by the column of the number, two columns to the right being one deeper. `FLAT`, where all
stand in one column: a subproof reaches from its assumption to the end of the range that cites it. Sizes are
bounded before anything is read. Does not know what a step may cite (`boxes.py`) or whether it follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from ponder.verify.kernels.formula import Formula
from ponder.verify.kernels.formula_lexer import Unreadable
from ponder.verify.kernels.formula_parser import parse_formula, parse_formulas, parse_sequent
from ponder.verify.kernels.justification import (
    ASSUME,
    GIVEN,
    LET,
    Citation,
    Label,
    read_label,
    show_label,
    split,
)
from ponder.verify.kernels.refusal import Fault, Refused

MOST_CHARS = 100_000
MOST_STEPS = 1_000
MOST_LINE_CHARS = 4_000
DEEPEST = 20
"""Subproofs inside each other."""

_STEP = re.compile(r"([\s|│]*)\(?(?:step\s+)?([0-9]+(?:\.[0-9]+)*)(?:[.):]+\s*|\s+)(\S.*)", re.IGNORECASE)
_STATED = re.compile(r"(given|premise|assume|assumption|suppose)(?:\s+that\b|\s*:|\s)\s*(.+)", re.IGNORECASE)
_LET = re.compile(r"(?:let|fix|take)\s+(.+?)(?:\s+be\s+(?:an?\s+)?arbitrary\b.*)?[.;]?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d]\w*'*")
_HEADING = re.compile(r"\s*(given|premises?|prove|goal|theorem)\s*:(.*)", re.IGNORECASE)


class Layout(StrEnum):
    """What says which subproof a step stands in."""

    NUMBERED = "numbered"
    INDENTED = "indented"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `formula` is None for `let`, which names arbitrary things instead."""

    label: Label
    depth: int
    rule: str
    formula: Formula | None
    citations: tuple[Citation, ...] = ()
    names: tuple[str, ...] = ()
    opens: bool = False
    """Whether it is an assumption or a `let` of a subproof."""


@dataclass(frozen=True, slots=True)
class ProofText:
    steps: tuple[Step, ...]
    layout: Layout


def read_theorem(text: str) -> tuple[tuple[Formula, ...], Formula]:
    """The premises and the goal of `p -> q, p |- q`, or of lines `given: p -> q`, `given: p` and `prove: q`.

    Raises `Unreadable`. Sorts are not known yet.
    """
    sections = dict[str, list[str]]()
    here: list[str] | None = None
    for line in text.strip().splitlines():
        if heading := _HEADING.fullmatch(line):
            here = sections.setdefault(heading[1].lower().rstrip("s"), [])
            line = heading[2]
        elif here is None:
            return parse_sequent(text)
        if line.strip():
            here.append(line)
    stated = [line for name in ("given", "premise") for line in sections.get(name, [])]
    goals = [line for name in ("prove", "goal", "theorem") for line in sections.get(name, [])]
    if not goals:
        raise Unreadable("nothing is to be proved")
    goal = " ".join(goals)
    if not stated and "theorem" in sections and len(sections) == 1:
        return parse_sequent(goal) if re.search(r"\|-|⊢|\\vdash", goal) else ((), parse_formula(goal))
    return tuple(formula for line in stated for formula in parse_formulas(line)), parse_formula(goal)


def read_proof(text: str) -> ProofText:
    """The steps of a proof. Raises `Refused`."""
    if len(text) > MOST_CHARS:
        raise Refused(Fault.SIZE, f"the proof is longer than {MOST_CHARS} characters")
    lines = list[_Line]()
    for line in text.expandtabs(4).splitlines():
        if found := _STEP.fullmatch(line.partition("#")[0].rstrip()):
            lines.append(_Line(len(found[1]), found[2], found[3]))
    if not lines:
        raise Refused(Fault.EMPTY, "the proof has no numbered step")
    if len(lines) > MOST_STEPS:
        raise Refused(Fault.SIZE, f"the proof has more than {MOST_STEPS} steps")
    layout = Layout.NUMBERED if any("." in line.number for line in lines) else Layout.INDENTED
    depths = [line.number.count(".") for line in lines] if layout is Layout.NUMBERED else _depths(lines)
    seen = set[Label]()
    steps = list[Step]()
    for depth, line in zip(depths, lines, strict=True):
        try:
            steps.append(_read_step(line, depth, seen))
        except Refused as refused:
            raise refused.at(line.number[:20]) from None
    if layout is Layout.INDENTED and not any(depths) and any(step.opens for step in steps):
        layout, steps = Layout.FLAT, _flat_depths(steps)
    for step in steps:
        if step.depth > DEEPEST:
            raise Refused(Fault.SIZE, f"it stands in more than {DEEPEST} subproofs").at(
                show_label(step.label)
            )
    return ProofText(tuple(steps), layout)


@dataclass(frozen=True, slots=True)
class _Line:
    column: int
    number: str
    content: str


def _depths(lines: list[_Line]) -> list[int]:
    """How many subproofs each line stands in, by its column; the leftmost stands in none."""
    levels, depths = [min(line.column for line in lines)], list[int]()
    for line in lines:
        while len(levels) > 1 and line.column < levels[-1] - 1:
            levels.pop()
        if line.column > levels[-1] + 1:
            if depths and depths[-1] >= len(levels):
                raise Refused(Fault.MALFORMED, "it stands in the column of no open subproof").at(
                    line.number[:20]
                )
            levels.append(line.column)
        depths.append(len(levels) - 1)
    return depths


def _flat_depths(steps: list[Step]) -> list[Step]:
    """The steps with their depths by the ranges that are cited.

    An assumption in no range is never discharged, so its subproof reaches as far as the one around it; a
    `let` in none opens no subproof, and an assumption in none right after a `let` belongs to that.
    """
    places = {step.label: place for place, step in enumerate(steps)}
    ends = dict[Label, int]()
    for step in steps:
        for citation in step.citations:
            first, last = places.get(citation.first), places.get(citation.last or ())
            if first is not None and last is not None and first <= last:
                ends[citation.first] = max(last, ends.get(citation.first, 0))
    open_ends, found = list[int](), list[Step]()
    for place, step in enumerate(steps):
        while open_ends and open_ends[-1] < place:
            open_ends.pop()
        around = open_ends[-1] if open_ends else len(steps) - 1
        end = ends.get(step.label, around)
        opens = step.opens and (step.rule == ASSUME or step.label in ends)
        if opens and end > around:
            raise Refused(Fault.MALFORMED, "its subproof overlaps another").at(show_label(step.label))
        of_let = bool(found) and found[-1].rule == LET and found[-1].opens and step.label not in ends
        if opens and not of_let:
            open_ends.append(end)
        found.append(replace(step, depth=len(open_ends), opens=opens))
    return found


def _read_step(line: _Line, depth: int, seen: set[Label]) -> Step:
    label, content = read_label(line.number), line.content
    if label is None:
        raise Refused(Fault.SIZE, "its number has too many digits")
    if label in seen:
        raise Refused(Fault.REPEATED, f"the number {show_label(label)} is used twice")
    seen.add(label)
    if len(content) > MOST_LINE_CHARS:
        raise Refused(Fault.SIZE, f"its line is longer than {MOST_LINE_CHARS} characters")
    if opening := _LET.fullmatch(content):
        names = tuple(name for name in re.split(r"[\s,]+", opening[1]) if name.lower() != "and")
        if not names or not all(_NAME.fullmatch(name) for name in names):
            raise Refused(Fault.MALFORMED, "after `let` there should be new names and nothing else")
        return Step(label, depth, LET, None, names=names, opens=True)
    justified = split(content)
    if stated := _STATED.fullmatch(content):
        rule = GIVEN if stated[1].lower() in ("given", "premise") else ASSUME
        text = justified.formula if justified and justified.rule == rule else stated[2]
        return Step(label, depth, rule, _formula(text), opens=rule == ASSUME)
    if justified is None:
        raise Refused(
            Fault.UNJUSTIFIED, f"`{_clip(content)}` ends neither in a known rule nor in `by` and steps"
        )
    if justified.rule in (GIVEN, ASSUME) and justified.citations:
        raise Refused(Fault.SHAPE, f"`{justified.rule}` cites nothing")
    formula = _formula(justified.formula)
    return Step(label, depth, justified.rule, formula, justified.citations, opens=justified.rule == ASSUME)


def _formula(text: str) -> Formula:
    try:
        return parse_formula(text)
    except Unreadable as error:
        raise Refused(Fault.MALFORMED, f"`{_clip(text)}` is no formula: {error}") from None


def _clip(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
