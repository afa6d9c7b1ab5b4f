"""Metamath statements as the proof checker sees them: hypotheses, assertions and their frames.

After "Metamath: A Computer Language for Mathematical Proofs" (Megill and Wheeler), section 4.2. An expression
is one string in which every symbol is followed by one space, `|- ( ph -> ps ) `. Symbols hold no spaces, so
two expressions are equal exactly when their strings are, and substitution is one `str.format`.
Does not know where statements come from (`metamath_database.py`) or what a proof is (`metamath_proof.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from operator import attrgetter
from typing import NamedTuple


def expression(symbols: Iterable[str]) -> str:
    """The symbols as one string, each followed by a space."""
    return "".join(f"{symbol} " for symbol in symbols)


@dataclass(slots=True)
class Hypothesis:
    """A `$f` (its `variable` is set) or a `$e` statement."""

    label: str
    index: int
    """Place among the labelled statements of the database."""
    expression: str
    variable: str | None = None
    end: int = sys.maxsize
    """Active for statements with `index < statement.index < end`: until its block closes."""


def mandatory_hypotheses(
    variables: Iterable[str], floating: Mapping[str, Hypothesis], essentials: Iterable[Hypothesis]
) -> tuple[Hypothesis, ...]:
    """The `$f` statements of `variables` and the `$e` statements, in the order in which they were stated."""
    mandatory = [floating[variable] for variable in variables]
    mandatory.extend(essentials)
    mandatory.sort(key=attrgetter("index"))
    return tuple(mandatory)


class Disjoint(NamedTuple):
    """A `$d` statement and the one that was active before it: a list that blocks share."""

    variables: tuple[str, ...]
    before: Disjoint | None


@dataclass(frozen=True, slots=True)
class Rule:
    """An assertion made ready to be applied: what it takes off the stack and what it puts there."""

    label: str
    size: int
    """Number of mandatory hypotheses."""
    floating: tuple[tuple[int, str, int], ...]
    """Per variable: its place among the hypotheses, its typecode with a space, and the length of that."""
    essential: tuple[tuple[int, str], ...]
    """Per `$e`: its place among the hypotheses, and its template."""
    template: str
    disjoint: tuple[tuple[int, int], ...]
    """Pairs of variables, by number, whose substitutions may share no variable."""


@dataclass(slots=True)
class Assertion:
    """A `$a` or `$p` statement with its frame."""

    label: str
    index: int
    expression: str
    hypotheses: tuple[Hypothesis, ...]
    """The mandatory ones, in the order in which they were stated."""
    disjoint: Disjoint | None
    """All `$d` statements active here, also those about variables that only the proof uses."""
    proof: str | None = None
    """What stands between `$=` and `$.`; None for an axiom."""
    _rule: Rule | None = field(default=None, repr=False)

    @property
    def rule(self) -> Rule:
        """Made when first used: most statements of a large database are not."""
        if self._rule is None:
            self._rule = self._make_rule()
        return self._rule

    def disjoint_groups(self) -> Iterator[tuple[str, ...]]:
        """The variables of each active `$d` statement, the innermost first."""
        group = self.disjoint
        while group is not None:
            yield group.variables
            group = group.before

    def _make_rule(self) -> Rule:
        slots = dict[str, int]()
        floating = list[tuple[int, str, int]]()
        for place, hypothesis in enumerate(self.hypotheses):
            if hypothesis.variable is not None:
                typecode = hypothesis.expression.split(" ", 1)[0] + " "
                slots[hypothesis.variable] = len(floating)
                floating.append((place, typecode, len(typecode)))
        essential = tuple(
            (place, _template(hypothesis.expression, slots))
            for place, hypothesis in enumerate(self.hypotheses)
            if hypothesis.variable is None
        )
        pairs = set[tuple[int, int]]()
        for group in self.disjoint_groups():
            pairs.update(combinations(sorted(slots[variable] for variable in group if variable in slots), 2))
        return Rule(
            label=self.label,
            size=len(self.hypotheses),
            floating=tuple(floating),
            essential=essential,
            template=_template(self.expression, slots),
            disjoint=tuple(sorted(pairs)),
        )


def _template(text: str, slots: dict[str, int]) -> str:
    """A format string; what is put in for a variable ends in a space itself, or is empty."""
    parts = list[str]()
    for symbol in text.split():
        slot = slots.get(symbol)
        parts.append(
            f"{{{slot}}}" if slot is not None else symbol.replace("{", "{{").replace("}", "}}") + " "
        )
    return "".join(parts)
