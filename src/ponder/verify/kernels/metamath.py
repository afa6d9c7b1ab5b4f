"""Judges a Metamath proof of a stated theorem: a proof is data, nothing is run.

After "Metamath: A Computer Language for Mathematical Proofs" (Megill and Wheeler). The gold is the label of
a theorem in the database, or a new statement; the answer is its proof and nothing else: it declares nothing.
Only statements before the theorem may be used. Does not ask which axioms a proof rests on: any statement
before the theorem will do. Knows neither tactics nor the packed format of the `metamath` program.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ponder.records import Judgement, Verdict
from ponder.verify.kernels.metamath_database import Database
from ponder.verify.kernels.metamath_frame import (
    Assertion,
    Disjoint,
    Hypothesis,
    expression,
    mandatory_hypotheses,
)
from ponder.verify.kernels.metamath_proof import Fault, Limits, Refused

BUILT_IN = Path(__file__).parent / "databases"
INSTALLED = Path("/usr/share/metamath/databases")
"""Where Debian's `metamath-databases` puts set.mm and others."""
_SHOWN = 400  # characters of a proof in a judgement
_VERDICTS = {
    Fault.EMPTY: Verdict.NO_ANSWER,
    Fault.MALFORMED: Verdict.UNPARSABLE,
    Fault.WORK: Verdict.TIMED_OUT,
}


def read_database(path: Path | str) -> Database:
    """The database in a file, kept in memory once read; a bare name such as `set.mm` is also looked for among
    the built-in and the installed ones. Raises `DataError`."""
    found = [Path(path)]
    if len(found[0].parts) == 1:
        found += [folder / found[0] for folder in (BUILT_IN, INSTALLED)]
    return _read(next((file for file in found if file.is_file()), found[0]))


def built_in_database() -> Database:
    """Our own: propositional calculus and the arithmetic of natural numbers."""
    return _read(BUILT_IN / "arithmetic.mm")


@lru_cache(maxsize=4)
def _read(path: Path) -> Database:
    return Database.read(path)


class Metamath:
    """Judges proofs against one database, which is read once and only looked at.

    >>> Metamath(built_in_database())("wp wp keep", gold="identity").reason
    'step 3 (keep) proves `|- ( p -> ( p -> p ) )`, not `|- ( p -> p )`'
    """

    def __init__(self, database: Database, limits: Limits | None = None) -> None:
        self.database = database
        self.limits = limits or Limits()

    def __call__(self, answer: str, gold: str) -> Judgement:
        """Judge `answer`, a normal or compressed proof, with or without `$.` at its end.

        `gold` is the label of a `$p` statement, or a statement of its own: lines `$e |- ph` or `min $e |- ph`
        (without a label they are h.1, h.2, …), lines `$d x y`, and last the statement, `|- ps`. Such a
        statement stands after the whole database. A gold that is neither gives `ERROR`.
        """
        proof = answer.strip().removesuffix("$.").rstrip()
        try:
            goal = self.goal(gold)
        except ValueError as error:
            return Judgement(Verdict.ERROR, None, str(error))
        shown = proof if len(proof) <= _SHOWN else proof[:_SHOWN] + "…"
        try:
            self.database.check(goal, proof, self.limits)
        except Refused as refused:
            verdict = _VERDICTS.get(refused.fault, Verdict.WRONG)
            return Judgement(verdict, shown or None, refused.reason, refused.fault.value)
        return Judgement(Verdict.CORRECT, shown, f"proves {goal.label}", "proved")

    def goal(self, gold: str) -> Assertion:
        """What is to be proved; `ValueError` for a gold that says nothing provable."""
        lines = [line.split() for line in gold.splitlines() if line.strip()]
        if len(lines) != 1 or len(lines[0]) != 1:
            return _new_statement(self.database, lines)
        theorem = self.database.theorem(lines[0][0])
        if theorem is None:
            raise ValueError(f"{lines[0][0]} is not the label of a $p statement of {self.database.name}")
        return theorem


def _new_statement(database: Database, lines: list[list[str]]) -> Assertion:
    """A statement that stands after the whole database, from the words of its lines."""
    essentials = list[Hypothesis]()
    disjoint: Disjoint | None = None
    variables = set[str]()
    first = len(database.statements)
    for words in lines[:-1]:
        if words[0] == "$d":
            if (
                len(words) < 3
                or len(set(words)) < len(words)
                or not database.floating.keys() >= set(words[1:])
            ):
                raise ValueError("a $d line lists two or more different variables")
            disjoint = Disjoint(tuple(words[1:]), disjoint)
            continue
        label, words = (f"h.{len(essentials) + 1}", words) if words[0] == "$e" else (words[0], words[1:])
        if words[:1] != ["$e"]:
            raise ValueError("the lines before the statement begin with $e, a label and $e, or $d")
        if label in database.statements or any(label == other.label for other in essentials):
            raise ValueError(f"the label {label} is taken: name the $e line, as in `min $e |- ph`")
        variables |= _variables(database, words[1:])
        essentials.append(Hypothesis(label, first + len(essentials), expression(words[1:])))
    statement = lines[-1] if lines else []
    variables |= _variables(database, statement)
    return Assertion(
        label="the statement",
        index=first + len(essentials),
        expression=expression(statement),
        hypotheses=mandatory_hypotheses(variables, database.floating, essentials),
        disjoint=disjoint,
    )


def _variables(database: Database, symbols: list[str]) -> set[str]:
    if not symbols or symbols[0] not in database.constants:
        raise ValueError(f"a statement begins with a constant of {database.name}")
    found = {symbol for symbol in symbols if symbol not in database.constants}
    if unknown := found.difference(database.floating):
        raise ValueError(f"{min(unknown)} is no symbol of {database.name}")
    return found
