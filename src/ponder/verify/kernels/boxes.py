"""Which steps a step may cite: the subproofs of a proof as Fitch's boxes (Symbolic Logic, 1952).

A step sees the steps before it in the subproofs that are still open, and, as a whole, the subproofs that have
closed inside those. With each step is kept which names are fixed there: those in the premises, in open
assumptions, in `let` and in what witnesses were chosen for. A name that is not among them is arbitrary. Does
not know formulas beyond their names, or rules.

An assumption stands inside its subproof (all its steps in one column) or before it (the others deeper); the
first assumption of a proof decides for all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ponder.verify.kernels.formula import Formula, symbols
from ponder.verify.kernels.justification import ASSUME, LET, Citation, Label, show_label
from ponder.verify.kernels.proof_text import Layout, ProofText, Step
from ponder.verify.kernels.refusal import Fault, Refused


@dataclass(frozen=True, slots=True)
class Line:
    """A step that holds where it stands, and the names that are fixed there."""

    formula: Formula
    fixed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Subproof:
    """A closed subproof: from `assumption`, about new `names`, to `conclusion`. `fixed` is as around it."""

    names: tuple[str, ...]
    assumption: Formula | None
    conclusion: Formula
    fixed: frozenset[str]


@dataclass(slots=True)
class _Box:
    """An open or closed subproof; the outermost one is the proof itself."""

    parent: _Box | None
    first: Label
    around: frozenset[str]
    """Names fixed where it opens."""
    fixed: frozenset[str]
    prefix: Label | None = None
    """What the numbers of its steps begin with, in a numbered proof."""
    names: tuple[str, ...] = ()
    assumption: Formula | None = None
    witnesses: set[str] = field(default_factory=set[str])
    last: Label = ()
    last_inside: Formula | None = None
    """The last step, unless that lies in a subproof further in."""
    is_open: bool = True


class Boxes:
    """The subproofs while a proof is read from top to bottom."""

    def __init__(self, proof: ProofText, premises: Sequence[Formula]) -> None:
        fixed = frozenset[str]().union(*map(symbols, premises))
        self._open = [_Box(None, (), fixed, fixed)]
        self._numbered = proof.layout is Layout.NUMBERED
        openings = [step for step in proof.steps if step.opens]
        self._before = proof.layout is not Layout.FLAT and bool(openings) and openings[0].depth == 0
        self._labels = frozenset(step.label for step in proof.steps)
        self._lines = dict[Label, tuple[Line, _Box]]()
        self._boxes = dict[Label, _Box]()
        self._lets = set[Label]()

    @property
    def fixed(self) -> frozenset[str]:
        """Names that are not arbitrary at the place that has been reached."""
        return self._open[-1].fixed

    @property
    def depth(self) -> int:
        return len(self._open) - 1

    def enter(self, step: Step) -> None:
        """Close and open subproofs so that `step` stands where its depth says. Raises `Refused`."""
        inside = step.depth + (step.opens and self._before)
        if not step.opens:
            self._close(inside)
            if inside > self.depth:
                raise Refused(Fault.MALFORMED, "it is deeper than the step before, but nothing is assumed")
        elif inside == 0:
            raise Refused(
                Fault.ASSUMPTION, "an assumption opens a subproof: indent it, or number it like 1.1"
            )
        elif self._joins(step, inside):
            return
        else:
            self._close(inside - 1)
            if inside > self.depth + 1:
                raise Refused(Fault.MALFORMED, "it is two subproofs deeper than the step before")
        self._check_prefix(step)
        if step.rule == LET:
            self._declare(step)
        if step.opens:
            prefix = step.label if self._before else step.label[:-1]
            self._open.append(_Box(self._open[-1], step.label, self.fixed, self.fixed, prefix))
            self._boxes[step.label] = self._open[-1]

    def _declare(self, step: Step) -> None:
        """The names of a `let`, before it opens anything. Raises `Refused` where one is not arbitrary."""
        names = step.names
        self._lets.add(step.label)
        if old := sorted(self.fixed.intersection(names)):
            raise Refused(
                Fault.NOT_FRESH, f"`{old[0]}` is not new: a premise or an open assumption speaks of it"
            )
        if len(set(names)) < len(names):
            raise Refused(Fault.NOT_FRESH, "it names one thing twice")

    def open_with(self, step: Step, assumption: Formula | None) -> None:
        """Give the subproof that `step` has opened its names and its assumption."""
        box = self._open[-1]
        box.names += step.names
        box.fixed |= set(step.names)
        if assumption is not None:
            box.assumption = assumption
            box.fixed |= symbols(assumption)
            self.add(step, assumption)
        else:
            self._touch(step.label)

    def add(self, step: Step, formula: Formula, witnesses: Sequence[str] = ()) -> None:
        """A step that holds here. Its `witnesses` are new names for things that exist, fixed from here on."""
        box = self._open[-1]
        if witnesses:
            box.fixed |= symbols(formula)
            box.witnesses.update(witnesses)
        self._lines[step.label] = Line(formula, box.fixed), box
        self._touch(step.label)
        box.last_inside = formula

    def cited(self, step: Step) -> list[Line | Subproof]:
        """What `step` cites: lines by their number, subproofs by the range of theirs. Raises `Refused`."""
        return [self._subproof(one) if one.last else self._line(step, one) for one in step.citations]

    def _line(self, step: Step, citation: Citation) -> Line:
        label = citation.first
        if label == step.label:
            raise Refused(Fault.CITATION, "it cites itself")
        if label not in self._lines:
            what = "which comes later" if label in self._labels else "and there is no such step"
            what = "which states nothing" if label in self._lets else what
            raise Refused(Fault.CITATION, f"it cites {citation}, {what}")
        line, box = self._lines[label]
        if not box.is_open:
            raise Refused(Fault.CITATION, f"it cites {citation}, which lies in a subproof that has ended")
        return line

    def _subproof(self, citation: Citation) -> Subproof:
        box = self._boxes.get(citation.first)
        if box is None or box.is_open or citation.last != box.last:
            raise Refused(Fault.CITATION, f"it cites {citation}, which is no subproof that has ended")
        if box.parent is None or not box.parent.is_open:
            raise Refused(Fault.CITATION, f"it cites {citation}, which lies in a subproof that has ended")
        if box.last_inside is None:
            raise Refused(Fault.CITATION, f"it cites {citation}, which ends without a conclusion of its own")
        if chosen := sorted(box.witnesses & symbols(box.last_inside)):
            raise Refused(
                Fault.NOT_FRESH, f"the conclusion of {citation} speaks of `{chosen[0]}`, chosen in it"
            )
        return Subproof(box.names, box.assumption, box.last_inside, box.around)

    def _joins(self, step: Step, inside: int) -> bool:
        """Whether an assumption belongs to the `let` right before it, in the same column."""
        box = self._open[-1]
        header = box.parent is not None and box.assumption is None and box.last == box.first
        same_column = inside == self.depth and not self._before
        return step.rule == ASSUME and header and same_column and self._prefix_fits(step, box)

    def _prefix_fits(self, step: Step, box: _Box) -> bool:
        return not self._numbered or box.prefix == step.label[:-1]

    def _check_prefix(self, step: Step) -> None:
        """In a numbered proof a step belongs to the subproof whose number it begins with."""
        if not self._numbered or self.depth == 0:
            return
        own = step.label[:-1] if self._before or not step.opens else step.label[:-2]
        if own != self._open[-1].prefix:
            raise Refused(Fault.MALFORMED, f"its number does not continue {show_label(self._open[-1].first)}")

    def _close(self, depth: int) -> None:
        while self.depth > depth:
            self._open.pop().is_open = False

    def _touch(self, label: Label) -> None:
        """`label` is the last step so far of all open subproofs, and the conclusion of none yet."""
        for box in self._open:
            box.last = label
            box.last_inside = None
