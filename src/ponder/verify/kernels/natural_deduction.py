"""Natural deduction: numbered steps, each by a named rule or `by` the steps that it follows from.

    given: p -> q, p            theorem: p -> q, p |- q, or this form
    prove: q
    1. p -> q    given
    2. p         given
    3. q         modus ponens 1, 2

A step is given, assumed, follows by a rule of `inference_rules.py` from what it cites, or `by 1, 2`, which Z3
decides (`entailment.py`) from the cited formulas alone. `4-6` cites the subproof from assumption 4 to
conclusion 6. What each step rests on is kept in Lemmon's way (1965): a rule that discharges an assumption
removes it, so nothing under an assumption counts outside it, however the lines are laid out. The proof holds
if every step follows, the last is the goal, and it rests on the premises only. The first bad step is named.
Does not know induction, higher order, or which proof is elegant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ponder.records import Judgement, Verdict
from ponder.verify.kernels import entailment
from ponder.verify.kernels.deduction_steps import BadStep, Step, read_steps
from ponder.verify.kernels.inference_rules import RULES, Cited, Subproof
from ponder.verify.kernels.logic import Node, symbols, uses_arithmetic, walk
from ponder.verify.kernels.logic_parser import Unreadable, parse_formula, parse_formulas, split_sequent


@dataclass(frozen=True, slots=True)
class Theorem:
    """What is given and what is to be proved."""

    premises: tuple[Node, ...]
    goal: Node

    @property
    def arithmetic(self) -> bool:
        return any(uses_arithmetic(formula) for formula in (*self.premises, self.goal))


@dataclass(slots=True)
class _Proved:
    """A step that has been looked at, and the labels of the premises and assumptions that it rests on."""

    formula: Node
    rests_on: frozenset[str]
    is_assumption: bool = False


@dataclass(slots=True)
class _Check:
    """A proof that has been checked but for what Z3 has to decide."""

    judgement: Judgement
    problems: list[str] = field(default_factory=list[str])
    asked_by: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Each problem's step, and what is said if it does not follow."""


class NaturalDeduction:
    """A `Verifier`: the answer is a proof, the gold its theorem."""

    name = "natural-deduction"

    def __call__(self, answer: str, gold: str) -> Judgement:
        return self.check_many([(answer, gold)])[0]

    def check_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Every (proof, theorem); Z3's part of all of them is shared among the workers."""
        checks = [_check(proof, theorem) for proof, theorem in pairs]
        decided = entailment.ask([check.problems for check in checks])
        return [_conclude(check, decisions) for check, decisions in zip(checks, decided, strict=True)]


def read_theorem(text: str) -> Theorem:
    """`p, q |- r`, or lines `given:` and `prove:`. Raises `Unreadable`."""
    if (sequent := split_sequent(text)) is not None:
        premises = sequent[0].strip().removeprefix("theorem:")
        return Theorem(tuple(parse_formulas(premises)), parse_formula(sequent[1]))
    given, prove = list[str](), list[str]()
    for line in text.splitlines():
        heading, colon, rest = line.partition(":")
        match heading.strip().lower() if colon else "":
            case "given" | "premises" | "premise":
                given.append(rest)
            case "prove" | "goal" | "theorem":
                prove.append(rest)
            case _:
                if line.strip():
                    raise Unreadable(f"{line.strip()[:60]!r} is neither `given:` nor `prove:`")
    if len(prove) != 1:
        raise Unreadable("there should be one thing to prove: `p, q |- r`, or `given:` and `prove:` lines")
    return Theorem(tuple(parse_formulas("\n".join(given))), parse_formula(prove[0]))


def _check(proof: str, theorem: str) -> _Check:
    try:
        stated = read_theorem(theorem)
    except Unreadable as error:
        return _Check(Judgement(Verdict.ERROR, None, f"the theorem cannot be read: {error}"))
    check = _Check(Judgement(Verdict.CORRECT, None, f"proves {stated.goal}"))
    try:
        _walk_through(proof, stated, check)
    except BadStep as bad:
        check.judgement = Judgement(bad.verdict, None, str(bad))
    return check


def _conclude(check: _Check, decisions: Sequence[str]) -> Judgement:
    """The earliest bad step wins: one that Z3 refuses lies before the one at which checking stopped."""
    for (label, reason), decision in zip(check.asked_by, decisions, strict=True):
        if decision == entailment.REFUTED:
            return Judgement(Verdict.WRONG, None, f"step {label}: {reason}")
        if decision != entailment.PROVED:
            return Judgement(Verdict.TIMED_OUT, None, f"step {label}: not decided in time whether it follows")
    return check.judgement


def _walk_through(proof: str, theorem: Theorem, check: _Check) -> None:
    """Check every step in order. Raises `BadStep` at the first that does not hold by shape."""
    signature = dict[str, tuple[str, int]]()
    for formula in (*theorem.premises, theorem.goal):
        _note_symbols(formula, signature, "")
    proved = dict[str, _Proved]()
    last = ""
    for step in read_steps(proof):
        if step.label in proved:
            raise BadStep(step.label, "this number has been used before")
        if uses_arithmetic(step.formula) and not theorem.arithmetic:
            raise BadStep(step.label, "arithmetic, where the theorem has none")
        _note_symbols(step.formula, signature, step.label)
        proved[step.label] = _take(step, proved, theorem, check, signature)
        last = step.label
    _check_end(last, proved[last], proved, theorem)


def _take(
    step: Step, proved: dict[str, _Proved], theorem: Theorem, check: _Check, signature: entailment.Signature
) -> _Proved:
    if step.rule == "given":
        if step.formula not in theorem.premises:
            raise BadStep(step.label, f"{step.formula} is not given")
        return _Proved(step.formula, frozenset((step.label,)))
    if step.rule == "assume":
        return _Proved(step.formula, frozenset((step.label,)), is_assumption=True)
    cited, rests_on = _gather(step, proved)
    if step.rule == "by":
        if cited.subproofs:
            raise BadStep(step.label, "`by` cites steps, not subproofs: name the rule")
        check.problems.append(entailment.problem(cited.formulas, step.formula, signature, theorem.arithmetic))
        check.asked_by.append((step.label, f"{step.formula} does not follow from {_list(step.cites)}"))
    elif not RULES[step.rule](step.formula, cited):
        labels = _list((*step.cites, *(f"{first}-{last}" for first, last in step.subproofs)))
        raise BadStep(step.label, f"{step.formula} does not follow from {labels} by {step.rule}")
    return _Proved(step.formula, rests_on)


def _gather(step: Step, proved: dict[str, _Proved]) -> tuple[Cited, frozenset[str]]:
    """What a step cites, and what it then rests on: assumptions of cited subproofs are discharged."""
    for label in (*step.cites, *(label for pair in step.subproofs for label in pair)):
        if label not in proved:
            raise BadStep(step.label, f"it cites step {label}, which is not before it")
    formulas = tuple(proved[label].formula for label in step.cites)
    rests_on = frozenset[str]().union(*(proved[label].rests_on for label in step.cites))
    taken = _names(rests_on, proved)
    subproofs = list[Subproof]()
    for first, last in step.subproofs:
        if not proved[first].is_assumption:
            raise BadStep(step.label, f"step {first} is not an assumption, so {first}-{last} is no subproof")
        others = proved[last].rests_on - {first}
        subproofs.append(Subproof(proved[first].formula, proved[last].formula, _names(others, proved)))
        rests_on |= others
    return Cited(formulas, tuple(subproofs), taken), rests_on


def _check_end(label: str, last: _Proved, proved: dict[str, _Proved], theorem: Theorem) -> None:
    open_ones = sorted((mark for mark in last.rests_on if proved[mark].is_assumption), key=list(proved).index)
    if open_ones:
        raise BadStep(label, f"it rests on the assumption of step {open_ones[0]}, which is not given")
    if last.formula != theorem.goal:
        raise BadStep(label, f"the last step is {last.formula}, not the goal {theorem.goal}")


def _names(labels: frozenset[str], proved: dict[str, _Proved]) -> frozenset[str]:
    return frozenset[str]().union(*(symbols(proved[label].formula) for label in labels))


def _note_symbols(formula: Node, signature: dict[str, tuple[str, int]], label: str) -> None:
    """Every symbol keeps one kind and one number of arguments throughout."""
    for node in walk(formula):
        if node.kind in ("apply", "atom"):
            use = (node.kind, len(node.parts))
            if signature.setdefault(node.name, use) != use:
                raise BadStep(label, f"{node.name} is used in two ways", Verdict.UNPARSABLE)


def _list(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "nothing"
