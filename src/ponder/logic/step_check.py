"""Checks a written proof step by step: what Z3 says of each step, given the premises and the steps before it.

A step is valid when the premises and the earlier valid steps entail it, invalid when they entail its
negation, unsupported when they leave it open, and unreadable when it is no statement of the language, which
counts neither for nor against the proof. Saparov and He (arXiv:2210.01240) judge steps so, and tell steps
that follow at once from those that skip some; here that is `direct`. A proof holds when no step of it is bad
and the conclusion follows from its valid steps alone. Knows no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from ponder.errors import ConfigError
from ponder.logic.items import ProbeItem
from ponder.logic.proving import conclusion_of
from ponder.logic.reading import Open, Question, UnreadableError, read_question, read_step
from ponder.logic.statements import Statement
from ponder.logic.truth import Standing, Theory

MOST_STEPS = 200
"""Of a trace; what comes after them is not read, and the proof does not hold."""
RECENT = 24
"""Steps back that a step may build upon and still count as direct."""
MOST_PAIRS = 200
"""Of statements that are tried for one step."""
_BREAK = re.compile(r"\n+|;\s*|(?<=[.!?])\s+|,\s+(?=(?:and )?(?:so|therefore|thus|hence)\b)")
_MARKUP = re.compile(r"[*_`#$]+")
_NOTHING = re.compile(r"\W*(?:\d+\W*)?")
_REASONED = re.compile(
    r"(?:so |and )?(?:since|because|as) (?P<reason>.+), (?:then )?(?P<claim>.+)", re.IGNORECASE
)
_EXPLAINED = re.compile(r"(?P<claim>.+?),? (?:because|since|as) (?P<reason>.+)")
_JOINED = re.compile(r",? and (?=(?:every|each|all|no|some|if|anything|nothing|something|[A-Z][a-z]+) )")


class StepStanding(StrEnum):
    """What becomes of one step."""

    VALID = "valid"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"


BAD = (StepStanding.INVALID, StepStanding.UNSUPPORTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """One step and how it stands."""

    text: str
    standing: StepStanding
    restated: bool = False
    """It is a premise, or an earlier valid step, said again."""
    direct: bool = False
    """It follows from two statements, or from three of which one joins several properties: one inference."""

    @property
    def leap(self) -> bool:
        """Valid, but several inferences at once."""
        return self.standing is StepStanding.VALID and not self.direct and not self.restated


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCheck:
    """All steps of a trace, and whether they prove the item's answer."""

    steps: tuple[StepCheck, ...]
    reached: bool
    """The right conclusion follows from the valid steps alone."""
    complete: bool = True
    """The whole trace was read."""

    def count(self, standing: StepStanding) -> int:
        return sum(step.standing is standing for step in self.steps)

    @property
    def valid(self) -> int:
        return self.count(StepStanding.VALID)

    @property
    def invalid(self) -> int:
        return self.count(StepStanding.INVALID)

    @property
    def unsupported(self) -> int:
        return self.count(StepStanding.UNSUPPORTED)

    @property
    def unreadable(self) -> int:
        return self.count(StepStanding.UNREADABLE)

    @property
    def restated(self) -> int:
        return sum(step.restated for step in self.steps)

    @property
    def leaps(self) -> int:
        return sum(step.leap for step in self.steps)

    @property
    def first_bad(self) -> int | None:
        """The place of the first step that is invalid or unsupported."""
        return next((at for at, step in enumerate(self.steps) if step.standing in BAD), None)

    @property
    def first_leap(self) -> int | None:
        return next((at for at, step in enumerate(self.steps) if step.leap), None)

    @property
    def proof_holds(self) -> bool:
        """The conclusion is reached and no step is bad; leaps are allowed."""
        return self.reached and self.complete and self.first_bad is None

    @property
    def written_out(self) -> bool:
        """The proof holds and no inference of it is left unwritten."""
        return self.proof_holds and self.leaps == 0


def checked(item: ProbeItem, trace: str) -> TraceCheck:
    """The steps of a trace, one by one, as a proof of the item's right answer."""
    if item.form == "word-problem":
        raise ConfigError(f"item {item.id} is a word problem; the step check reads deductions")
    question = read_question(item.question)
    nouns = {one.word for said in question.premises for one in said.properties if one.noun}
    texts = split_steps(trace)
    said = [_read(text, nouns) for text in texts[:MOST_STEPS]]
    statements = [each for each in said if isinstance(each, Statement)]
    theory = Theory((*question.premises, *statements))
    known, place = list(range(len(question.premises))), len(question.premises)
    steps, opened = list[StepCheck](), set[Statement]()
    for text, each in zip(texts, said, strict=False):
        if isinstance(each, Statement):
            steps.append(_step(text, each, theory, known, len(question.premises)))
            if steps[-1].standing is StepStanding.VALID:
                known.append(place)
            place += 1
        elif each is None:
            steps.append(StepCheck(text=text, standing=StepStanding.UNREADABLE))
        else:
            still_open = theory.standing(each.statement, known) is Standing.OPEN
            standing = StepStanding.VALID if still_open else StepStanding.INVALID
            steps.append(StepCheck(text=text, standing=standing, direct=still_open))
            opened |= {each.statement} if still_open else set()
    shown = [number for number in known if number >= len(question.premises)]
    reached = _reached(question, item.answer, theory, shown, opened)
    return TraceCheck(steps=tuple(steps), reached=reached, complete=len(texts) <= MOST_STEPS)


def split_steps(trace: str) -> list[str]:
    """Lines and sentences; reasons come before what they are given for. Lone numbering is no step."""
    pieces = [piece.strip() for piece in _BREAK.split(_MARKUP.sub("", trace))]
    steps = list[str]()
    for piece in pieces:
        reasoned = _REASONED.fullmatch(piece) or _EXPLAINED.fullmatch(piece)
        if reasoned is None:
            steps.append(piece)
        else:
            steps += [*_JOINED.split(reasoned["reason"]), reasoned["claim"]]
    return [step for step in steps if not _NOTHING.fullmatch(step)]


def _read(text: str, nouns: set[str]) -> Statement | Open | None:
    try:
        return read_step(text, nouns)
    except UnreadableError:
        return None


def _step(text: str, said: Statement, theory: Theory, known: list[int], told: int) -> StepCheck:
    if any(theory.premises[number] == said for number in known):
        return StepCheck(text=text, standing=StepStanding.VALID, restated=True)
    match theory.standing(said, known):
        case Standing.FOLLOWS:
            return StepCheck(
                text=text, standing=StepStanding.VALID, direct=_direct(said, theory, known, told)
            )
        case Standing.CONTRADICTED:
            return StepCheck(text=text, standing=StepStanding.INVALID)
        case Standing.OPEN:
            return StepCheck(text=text, standing=StepStanding.UNSUPPORTED)


def _direct(said: Statement, theory: Theory, known: list[int], told: int) -> bool:
    """Whether two known statements entail it, or three of which one joins several properties.

    Of the known ones, those are looked at that are premises (`told` of them) or were concluded of late; the
    three are sought only among the later ones, each without which the rest would no longer do.
    """
    near = [*known[:told], *known[told:][-RECENT:]]
    support = [theory.premises[number] for number in theory.support(said, near)]
    joins = any(len(each.literals) > 1 for other in support for each in other.parts)
    if support and len(support) <= (3 if joins else 2):
        return True
    heads = {literal.property for literal in said.head.literals}
    latest = near[::-1]
    speaking = [number for number in latest if heads & theory.premises[number].properties]
    pairs = ({one, other} for one in speaking for other in latest)
    return any(theory.follows(said, pair) for pair in islice(pairs, MOST_PAIRS))


def _reached(
    question: Question, answer: str, theory: Theory, shown: list[int], opened: set[Statement]
) -> bool:
    conclusion = conclusion_of(question, answer)
    if conclusion is not None:
        return theory.follows(conclusion, shown)
    asked = question.asked
    return asked is not None and bool(opened & {asked, asked.negated()})
