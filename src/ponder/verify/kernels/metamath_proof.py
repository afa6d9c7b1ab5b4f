"""Checks one Metamath proof, normal or compressed, against the statement that it should prove.

After the Metamath book, section 4.2.4 and appendix B. A proof is a list of labels in reverse Polish order: a
hypothesis puts its expression on a stack, an assertion takes its hypotheses off and puts its conclusion on.
Nothing is executed and nothing recurses; the work is counted and bounded, so a proof whose expressions double
at every step costs milliseconds. Does not know how the statement of a proof is found (`metamath.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ponder.verify.kernels.metamath_frame import Assertion, Hypothesis, Rule

Statements = Mapping[str, Hypothesis | Assertion]

_STEP_WORK, _PAIR_WORK, _VARIABLES_WORK = 64, 32, 16  # beside one for each character that is written
_SHOWN = 160  # characters of an expression in a reason
_STRANGE = re.compile(r"[^\t\n\f\r -#%-~]")  # also $: an answer declares nothing
_COMPRESSED = re.compile(r"\s*\(([^()]*)\)([^()]*)\Z")
_NUMBER = re.compile(r"[U-Y]*+(?:.|\Z)")
_LONGEST_NUMBER = 9  # letters; there are no lists of 20 · 5⁸ labels


class Fault(StrEnum):
    """Why a proof was refused, as `Judgement.outcome`."""

    EMPTY = "empty"
    MALFORMED = "malformed"
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown_label"
    CIRCULAR = "circular"
    FORWARD = "forward_reference"
    INACTIVE = "inactive_hypothesis"
    LISTED = "listed_hypothesis"
    RANGE = "number_out_of_range"
    MARK = "misplaced_mark"
    STACK = "stack"
    MISMATCH = "mismatch"
    DISJOINT = "disjoint"
    OTHER = "other_statement"
    WORK = "work_limit"


class Refused(Exception):
    """A proof that does not prove its statement: the fault, and a line that names the first bad step."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one proof may cost. The defaults leave every proof of set.mm a margin."""

    characters: int = 200_000
    """Length of a proof."""
    expression: int = 100_000
    """Characters of one expression."""
    work: int = 20_000_000
    """Characters written by substitution, with a surcharge per step and per pair of distinct variables."""


@dataclass(frozen=True, slots=True)
class _Recall:
    """A step that repeats one marked with Z."""

    place: int


class _Mark:
    """The Z of a compressed proof: the result of the last step may be recalled."""


_MARK = _Mark()
_Step = Hypothesis | Rule | _Recall | _Mark


def check_proof(
    goal: Assertion, proof: str, statements: Statements, variables: set[str], limits: Limits
) -> None:
    """Return if `proof` proves `goal` from `statements` that come before it; raise `Refused` otherwise.

    `variables` are the symbols of `statements` that are variables.
    """
    if len(proof) > limits.characters:
        raise Refused(Fault.MALFORMED, f"a proof has at most {limits.characters} characters")
    if not proof or proof.isspace():
        raise Refused(Fault.EMPTY, "the proof is empty")
    if strange := _STRANGE.search(proof):
        raise Refused(Fault.MALFORMED, f"a proof is labels or letters, without {strange[0]!r}")
    steps, fault = _decode(goal, proof, statements)
    stack = _run(steps, _Distinct(goal, variables), limits)
    if fault is not None:
        raise fault
    if len(stack) != 1:
        raise Refused(Fault.STACK, f"after {_last(steps)} the stack holds {len(stack)} expressions, not 1")
    if stack[0] != goal.expression:
        raise Refused(
            Fault.OTHER, f"{_last(steps)} proves `{_show(stack[0])}`, not `{_show(goal.expression)}`"
        )


def _decode(goal: Assertion, proof: str, statements: Statements) -> tuple[list[_Step], Refused | None]:
    """The steps up to the first that cannot be read, and what is wrong with that one."""
    mandatory = {hypothesis.label: hypothesis for hypothesis in goal.hypotheses}
    if "(" not in proof:
        return _decode_normal(goal, proof.split(), mandatory, statements)
    found = _COMPRESSED.match(proof)
    if found is None:
        raise Refused(Fault.MALFORMED, "a compressed proof is one list of labels in ( ), then letters")
    listed = list[_Step](goal.hypotheses)
    for place, label in enumerate(found[1].split(), 1):
        if label in mandatory:
            raise Refused(
                Fault.LISTED, f"label {place} of the list ({label}): a mandatory hypothesis, not to be listed"
            )
        try:
            listed.append(_resolve(goal, label, statements))
        except Refused as refused:
            raise Refused(refused.fault, f"label {place} of the list ({label}): {refused.reason}") from None
    return _decode_letters("".join(found[2].split()), listed)


def _decode_normal(
    goal: Assertion, labels: Sequence[str], mandatory: Mapping[str, Hypothesis], statements: Statements
) -> tuple[list[_Step], Refused | None]:
    steps = list[_Step]()
    for label in labels:
        try:
            steps.append(mandatory.get(label) or _resolve(goal, label, statements))
        except Refused as refused:
            number = len(steps) + 1
            return steps, Refused(refused.fault, f"step {number} ({label}): {refused.reason}")
    return steps, None


def _resolve(goal: Assertion, label: str, statements: Statements) -> Hypothesis | Rule:
    """What `label` means in a proof of `goal`."""
    found = statements.get(label)
    if found is not None and found.index < goal.index:
        if isinstance(found, Assertion):
            return found.rule
        if goal.index < found.end:
            return found
    if label == goal.label:
        raise Refused(Fault.CIRCULAR, "the statement that is to be proved")
    if found is None:
        if label == "?":
            raise Refused(Fault.INCOMPLETE, "the proof leaves this step open")
        raise Refused(Fault.UNKNOWN, "no such label in the database")
    if found.index > goal.index:
        raise Refused(Fault.FORWARD, f"stated after {goal.label}")
    raise Refused(Fault.INACTIVE, f"a hypothesis that is not active at {goal.label}")


def _decode_letters(letters: str, listed: Sequence[_Step]) -> tuple[list[_Step], Refused | None]:
    """Letters to steps. Marks are steps here, but they have no number of their own."""
    steps = list[_Step]()
    recalls = list[_Recall]()
    size, known = len(listed), len(listed)
    if not letters:
        return steps, Refused(Fault.EMPTY, "the compressed proof has labels and no steps")
    for chunk in _NUMBER.findall(letters):
        place = _VALUES.get(chunk)
        if place is None:
            place = _value(chunk)
        if 0 <= place < size:
            steps.append(listed[place])
        elif size <= place < known:
            steps.append(recalls[place - size])
        elif chunk == "Z" and steps and (steps[-1] is _MARK or type(steps[-1]) is Rule):
            recalls.append(_Recall(known - size))
            steps.append(_MARK)
            known += 1
        elif chunk:
            return steps, _bad_letters(chunk, 1 + sum(step is not _MARK for step in steps), known)
    return steps, None


def _bad_letters(chunk: str, number: int, known: int) -> Refused:
    shown = chunk if len(chunk) < 12 else chunk[:9] + "…"
    if chunk[-1] == "?":
        return Refused(Fault.INCOMPLETE, f"step {number} (?): the proof leaves this step open")
    if not ("A" <= chunk[-1] <= "Z"):
        return Refused(Fault.MALFORMED, f"step {number} ({shown}): compressed steps are letters A to Z")
    if chunk == "Z":
        return Refused(Fault.MARK, f"before step {number} (Z): only the result of an assertion can be marked")
    if chunk[-1] > "T":
        return Refused(Fault.MALFORMED, f"step {number} ({shown}): a number that does not end in A to T")
    return Refused(
        Fault.RANGE, f"step {number} ({shown}): a number above {known}, the largest that has a meaning"
    )


def _value(chunk: str) -> int:
    """The number, from 0, that letters stand for; -1 where they stand for none."""
    if not chunk or len(chunk) > _LONGEST_NUMBER or not "A" <= chunk[-1] <= "T":
        return -1
    high = 0
    for letter in chunk[:-1]:
        high = 5 * high + ord(letter) - ord("T")
    return 20 * high + ord(chunk[-1]) - ord("A")


_HEADS = ["", *"UVWXY", *(first + second for first in "UVWXY" for second in "UVWXY")]
_VALUES = {head + tail: _value(head + tail) for head in _HEADS for tail in "ABCDEFGHIJKLMNOPQRST"}


def _run(steps: Sequence[_Step], distinct: _Distinct, limits: Limits) -> list[str]:
    """The stack after the last step."""
    stack = list[str]()
    saved = list[str]()
    work, most, longest = 0, limits.work, limits.expression
    for position, step in enumerate(steps):
        if isinstance(step, Rule):
            base = len(stack) - step.size
            try:
                if base < 0:
                    raise Refused(Fault.STACK, f"takes {step.size} off a stack of {len(stack)}")
                values, written = _unify(step, stack, base)
                if step.disjoint:
                    work += distinct.check(step.disjoint, values)
                del stack[base:]
                result = step.template.format(*values)
                stack.append(result)
                work += written + len(result) + _STEP_WORK
                if work > most or len(result) > longest:
                    raise Refused(Fault.WORK, "the expressions grow past the limit")
            except Refused as refused:
                raise Refused(refused.fault, f"{_name(steps, position)}: {refused.reason}") from None
        elif isinstance(step, Hypothesis):
            stack.append(step.expression)
        elif isinstance(step, _Recall):
            stack.append(saved[step.place])
        else:
            saved.append(stack[-1])
    return stack


def _unify(rule: Rule, stack: Sequence[str], base: int) -> tuple[list[str], int]:
    """What stands for each variable, and the characters written to compare the hypotheses."""
    values = list[str]()
    for place, typecode, width in rule.floating:
        given = stack[base + place]
        if not given.startswith(typecode):
            raise Refused(
                Fault.MISMATCH, f"hypothesis {place + 1} is a `{typecode[:-1]}`, and `{_show(given)}` is none"
            )
        values.append(given[width:])
    written = 0
    for place, template in rule.essential:
        wanted = template.format(*values)
        written += len(wanted)
        if stack[base + place] != wanted:
            raise Refused(
                Fault.MISMATCH,
                f"hypothesis {place + 1} must be `{_show(wanted)}`, and it is `{_show(stack[base + place])}`",
            )
    return values, written


class _Distinct:
    """The distinct-variable conditions under which a statement may be proved: its active `$d`s."""

    def __init__(self, goal: Assertion, variables: set[str]) -> None:
        self.goal, self.variables = goal, variables
        self.allowed: dict[str, set[str]] | None = None
        self.found = dict[str, set[str]]()

    def check(self, pairs: Sequence[tuple[int, int]], values: Sequence[str]) -> int:
        """The work it took to see that each pair of substitutions may stand side by side."""
        if self.allowed is None:
            self.allowed = dict[str, set[str]]()
            for group in self.goal.disjoint_groups():
                for variable in group:
                    self.allowed.setdefault(variable, set()).update(group)
        work = 0
        for one, other in pairs:
            left, right = self.variables_in(values[one]), self.variables_in(values[other])
            work += _PAIR_WORK * (1 + len(left)) + len(left) * len(right)
            for variable in left:
                if variable in right:
                    raise Refused(Fault.DISJOINT, f"{variable} stands on both sides of a $d condition")
                if not right <= self.allowed.get(variable, _NO_VARIABLES):
                    missing = min(right - self.allowed.get(variable, _NO_VARIABLES))
                    raise Refused(Fault.DISJOINT, f"needs $d {variable} {missing}, which is not given")
        return work + _VARIABLES_WORK * sum(map(len, values))

    def variables_in(self, value: str) -> set[str]:
        found = self.found.get(value)
        if found is None:
            found = self.found[value] = self.variables.intersection(value.split())
        return found


_NO_VARIABLES = set[str]()


def _name(steps: Sequence[_Step], position: int) -> str:
    """`step 7 (ax-mp)`: marks are not counted."""
    number = 1 + sum(step is not _MARK for step in steps[:position])
    step = steps[position]
    return f"step {number} ({step.label if isinstance(step, Hypothesis | Rule) else 'recalled'})"


def _last(steps: Sequence[_Step]) -> str:
    return _name(steps, max(position for position, step in enumerate(steps) if step is not _MARK))


def _show(text: str) -> str:
    return text[:-1] if len(text) <= _SHOWN else text[:_SHOWN] + "…"
