"""Judges natural deduction proofs: every step follows by its rule from what it cites, the last is the goal.

    given: p -> q, p            theorem: p -> q, p |- q, or in this form
    prove: q
    1. p -> q    given
    2. p         given
    3. q         modus ponens 1, 2

Classical first-order logic with equality and linear arithmetic over the reals. A step is given, assumed for a
subproof, follows by a named rule, which is checked by shape (`rules.py`, `first_order_rules.py`), or `by` the
steps cited, from which alone Z3 must prove it (`entailment.py`). Each step claims that the premises, the open
assumptions and what was said of chosen witnesses entail it, and no rule allows more. Does not know induction,
non-linear arithmetic, higher order, or which proof is elegant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import TracebackType

from ponder.records import Judgement, Verdict
from ponder.verify.kernels import entailment
from ponder.verify.kernels.boxes import Boxes, Line, Subproof
from ponder.verify.kernels.entailment import Answer
from ponder.verify.kernels.first_order_rules import FIRST_ORDER, witnesses
from ponder.verify.kernels.formula import ForAll, Formula, Implies, abstract, sort_of_constant, symbols
from ponder.verify.kernels.formula_lexer import Unreadable
from ponder.verify.kernels.formula_printer import show
from ponder.verify.kernels.justification import BY, GIVEN, show_label
from ponder.verify.kernels.proof_text import ProofText, Step, read_proof, read_theorem
from ponder.verify.kernels.refusal import Fault, Refused
from ponder.verify.kernels.rules import PROPOSITIONAL
from ponder.verify.kernels.sorts import Noted, Signature, SortClash
from ponder.verify.workers import WorkerFailure, WorkerOutOfMemory, WorkerPool, WorkerTimeout

RULES = PROPOSITIONAL | FIRST_ORDER
DECIDED = (BY, "tautology", "arithmetic")
"""What Z3 decides: `by` as it is, `tautology` by the connectives alone, `arithmetic` by numbers alone."""
_GRACE = 1.0  # seconds after which a worker that has not stopped by itself is killed
_SHOWN = 120  # characters of a formula in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofLimits:
    """What Z3 may spend."""

    seconds: float = 5.0
    """On one proof."""
    work: int = 1_000_000
    """On one step, in Z3's own units: about a second of hard work. Ordinary steps take some thousands."""
    question_chars: int = 1_000_000
    """In all questions of one proof together."""
    memory_mb: int = 512
    """Of one worker."""
    workers: int | None = None
    """How many; None is the number of usable cores."""


@dataclass(frozen=True, slots=True)
class _Theorem:
    premises: tuple[Formula, ...]
    goal: Formula
    signature: Signature


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where a question comes from: a step, what it claims, and what it cites."""

    label: str
    claim: str
    cited: str


@dataclass(slots=True)
class _Plan:
    """A proof checked but for what Z3 has to decide; `judgement` holds if all of that is proved."""

    judgement: Judgement
    questions: list[str] = field(default_factory=list[str])
    asked: list[_Asked] = field(default_factory=list[_Asked])


class NaturalDeduction:
    """A `Verifier`: the answer is a proof, the gold its theorem. Starts its workers at the first `by`.

    >>> NaturalDeduction()("1. p -> q given\\n2. q given\\n3. p modus ponens 1, 2", "p -> q, q |- p").reason
    'step 3: p does not follow from 1, 2 by modus ponens'
    """

    name = "natural-deduction"

    def __init__(self, limits: ProofLimits | None = None) -> None:
        self.limits = limits or ProofLimits()
        self._pool = WorkerPool(
            entailment.FUNCTION,
            seconds=self.limits.seconds + _GRACE,
            memory_mb=self.limits.memory_mb,
            size=self.limits.workers,
        )

    def __enter__(self) -> NaturalDeduction:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the workers. A later call starts new ones."""
        self._pool.close()

    def __call__(self, answer: str, gold: str) -> Judgement:
        """Judge the proof `answer` of the theorem `gold`. A theorem that cannot be read gives `ERROR`."""
        return self.check_many([(answer, gold)])[0]

    def check_many(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Judge (proof, theorem) pairs, one call of a worker for all questions of a proof."""
        plans = [_plan(answer, gold, self.limits.question_chars) for answer, gold in pairs]
        waiting = [plan for plan in plans if plan.questions]
        outcomes = self._ask(waiting)
        for place, outcome in enumerate(outcomes):  # a worker that died of itself is worth another
            if isinstance(outcome, WorkerFailure) and not isinstance(outcome, WorkerTimeout):
                outcomes[place] = self._ask([waiting[place]])[0]
        for plan, outcome in zip(waiting, outcomes, strict=True):
            plan.judgement = _decided(plan, outcome)
        return [plan.judgement for plan in plans]

    def _ask(self, plans: Sequence[_Plan]) -> list[list[str] | WorkerFailure]:
        spend = {"work": self.limits.work, "seconds": self.limits.seconds}
        return self._pool.map([{"questions": plan.questions, **spend} for plan in plans])


def _decided(plan: _Plan, outcome: list[str] | WorkerFailure) -> Judgement:
    """The earliest bad step wins: what was asked lies before the step at which checking stopped."""
    extracted = plan.judgement.extracted
    if isinstance(outcome, WorkerTimeout | WorkerOutOfMemory):
        steps = ", ".join(asked.label for asked in plan.asked)
        return Refused(Fault.UNDECIDED, f"not all of steps {steps} were decided: {outcome}").judgement(
            extracted
        )
    if isinstance(outcome, WorkerFailure):
        return Judgement(Verdict.ERROR, extracted, f"Z3 could not be asked: {outcome}")
    for asked, answer in zip(plan.asked, outcome, strict=False):  # what is not proved ends the answers
        if answer == Answer.REFUTED:
            refused = Refused(Fault.ENTAILMENT, f"{asked.claim} does not follow from {asked.cited}")
            return refused.at(asked.label).judgement(extracted)
        if answer != Answer.PROVED:
            reason = f"not decided within the limits whether {asked.claim} follows from {asked.cited}"
            return Refused(Fault.UNDECIDED, reason).at(asked.label).judgement(extracted)
    return plan.judgement


@lru_cache(maxsize=256)
def _theorem(text: str) -> _Theorem:
    """Raises `Unreadable` or `SortClash`."""
    premises, goal = read_theorem(text)
    signature = Signature()
    noted = [signature.note(formula) for formula in (*premises, goal)]
    *premises, goal = map(signature.settle, noted)
    return _Theorem(tuple(premises), goal, signature)


def _plan(answer: str, gold: str, question_chars: int) -> _Plan:
    try:
        theorem = _theorem(gold)
    except (Unreadable, SortClash) as error:
        return _Plan(Judgement(Verdict.ERROR, None, f"the theorem cannot be read: {error}"))
    check = _Check(theorem, question_chars)
    try:
        check.run(answer)
    except Refused as refused:
        check.plan.judgement = refused.judgement(check.plan.judgement.extracted)
    return check.plan


class _Check:
    """One proof of one theorem, from top to bottom."""

    def __init__(self, theorem: _Theorem, question_chars: int) -> None:
        self.theorem = theorem
        self.plan = _Plan(Judgement(Verdict.CORRECT, None, f"proves {_shown(theorem.goal)}", "proved"))
        self._chars_left = question_chars

    def run(self, answer: str) -> None:
        """Raises `Refused` at the first step that does not hold by shape."""
        proof = read_proof(answer)
        formulas = self._with_sorts(proof)
        if (last := formulas[-1]) is not None:
            self.plan.judgement = replace(self.plan.judgement, extracted=_shown(last))
        self._boxes = Boxes(proof, self.theorem.premises)
        for step, formula in zip(proof.steps, formulas, strict=True):
            try:
                self._take(step, formula)
            except Refused as refused:
                raise refused.at(show_label(step.label)) from None
        end = show_label(proof.steps[-1].label)
        if self._boxes.depth:
            raise Refused(Fault.GOAL, "the proof ends inside a subproof, under its assumption").at(end)
        if last != self.theorem.goal:
            shown = "no formula" if last is None else _shown(last)
            raise Refused(Fault.GOAL, f"the last step is {shown}, not {_shown(self.theorem.goal)}").at(end)

    def _with_sorts(self, proof: ProofText) -> list[Formula | None]:
        signature = Signature(self.theorem.signature)
        noted = list[Noted | None]()
        for step in proof.steps:
            try:
                noted.append(signature.note(step.formula) if step.formula else None)
            except SortClash as clash:
                raise Refused(Fault.SORT, str(clash)).at(show_label(step.label)) from None
        return [formula and signature.settle(formula) for formula in noted]

    def _take(self, step: Step, formula: Formula | None) -> None:
        self._boxes.enter(step)
        if step.opens:
            self._boxes.open_with(step, formula)
        elif formula is not None:  # a `let` that opens nothing has said all by being allowed
            self._boxes.add(step, formula, self._justify(step, formula))

    def _justify(self, step: Step, claim: Formula) -> tuple[str, ...]:
        """Raises `Refused` unless the step follows. The names that it chooses for things that exist."""
        if step.rule == GIVEN:
            if claim not in self.theorem.premises:
                raise Refused(Fault.NOT_GIVEN, f"{_shown(claim)} is not given")
            return ()
        cited = self._boxes.cited(step)
        if (rule := RULES.get(step.rule)) is None:
            self._ask(step, claim, [_as_formula(one) for one in cited])
            return ()
        lines = [one for one in cited if isinstance(one, Line)]
        subproofs = [one for one in cited if isinstance(one, Subproof)]
        if step.rule == "exists elimination" and len(lines) == 1 and not subproofs:
            fixed = self._boxes.fixed | symbols(self.theorem.goal)
            if (chosen := witnesses(claim, lines[0].formula, fixed)) is not None:
                return chosen
        elif not rule.may_cite(len(lines), len(subproofs)):
            count = f"{_count(len(lines), 'step')} and {_count(len(subproofs), 'subproof')}"
            raise Refused(Fault.SHAPE, f"{step.rule} does not cite {count}")
        elif rule.check(claim, lines, subproofs):
            return ()
        reason = f"{_shown(claim)} does not follow from {_cited(step)} by {step.rule}"
        raise Refused(Fault.RULE, reason)

    def _ask(self, step: Step, claim: Formula, premises: Sequence[Formula]) -> None:
        """Put a question to Z3, which is asked when the whole proof has been read."""
        formulas = [*dict.fromkeys(premises), claim]
        if step.rule == "tautology":
            formulas = entailment.propositional(formulas)
        elif step.rule == "arithmetic" and not all(map(entailment.is_arithmetic, formulas)):
            raise Refused(Fault.RULE, "arithmetic is about comparisons of numbers, without quantifiers")
        asked = entailment.question(formulas[:-1], formulas[-1])
        self._chars_left -= len(asked)
        if self._chars_left < 0:
            raise Refused(Fault.SIZE, "up to here the steps cite more than can be decided")
        self.plan.questions.append(asked)
        self.plan.asked.append(_Asked(show_label(step.label), _shown(claim), _cited(step)))


def _as_formula(cited: Line | Subproof) -> Formula:
    """What a citation says by itself: of a subproof, that what it assumes implies what it concludes."""
    if isinstance(cited, Line):
        return cited.formula
    shown = cited.conclusion if cited.assumption is None else Implies(cited.assumption, cited.conclusion)
    for name in cited.names:
        if (sort := sort_of_constant(shown, name)) is not None:
            shown = ForAll(abstract(shown, name), sort, name)
    return shown


def _cited(step: Step) -> str:
    return ", ".join(map(str, step.citations)) or "nothing"


def _count(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _shown(formula: Formula) -> str:
    text = show(formula)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
