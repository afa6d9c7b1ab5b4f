"""Reads a Metamath database: its symbols, hypotheses and assertions, and the proofs as raw text.

After the Metamath book, sections 4.1 and 4.2. Everything that the language asks of statements is checked
while reading, and the line of the first fault is named. Proofs are kept as text: `Database.verify_all` checks
them, reading does not. File inclusion (`$[`) is refused. Does not know the typesetting marks in comments.
"""

from __future__ import annotations

import re
from pathlib import Path

from ponder.errors import DataError
from ponder.verify.kernels.metamath_frame import (
    Assertion,
    Disjoint,
    Hypothesis,
    expression,
    mandatory_hypotheses,
)
from ponder.verify.kernels.metamath_proof import Limits, Refused, check_proof

_ALLOWED = bytes([9, 10, 12, 13, *range(32, 127)])
_STATEMENT = re.compile(
    r"""(?:(?P<label>[A-Za-z0-9._-]++)\s++)?+
    \$(?:(?P<brace>[{}])
      |(?P<kind>[cvdfeap])(?P<body>\s[^$]*+)(?<=\s)(?:\$=(?P<proof>\s[^$]*+)(?<=\s))?+\$\.)
    (?:\s++|\Z)""",
    re.VERBOSE,
)
_LABELLED = "feap"


class Database:
    """The statements of one database, in order, by label."""

    def __init__(self, name: str = "database") -> None:
        self.name = name
        self.constants = set[str]()
        self.variables = set[str]()
        """All that were ever declared; a symbol that was a variable once is never a constant."""
        self.statements = dict[str, Hypothesis | Assertion]()
        self.floating = dict[str, Hypothesis]()
        """The `$f` statement of each variable that is active after the last statement."""

    @classmethod
    def read(cls, path: Path | str, *, upto: str | None = None) -> Database:
        """The database in a file, or its part up to and with the statement `upto`.

        Raises `DataError` with the line of the first fault. A large database takes seconds: keep the result.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        return cls.parse(content, name=str(path), upto=upto)

    @classmethod
    def parse(cls, content: bytes | str, *, name: str = "database", upto: str | None = None) -> Database:
        """As `read`, from the content of a file; `name` stands in messages."""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        if strange := raw.translate(None, _ALLOWED):
            line = 1 + raw.count(b"\n", 0, raw.index(strange[:1]))
            raise DataError(f"{name}, line {line}: byte {strange[0]} is no character of a Metamath database")
        database = cls(name)
        _Reader(database, _without_comments(name, raw.decode("ascii"))).read(upto)
        return database

    @property
    def theorems(self) -> list[str]:
        """The labels of all `$p` statements, in order."""
        return [label for label in self.statements if self.theorem(label) is not None]

    def theorem(self, label: str) -> Assertion | None:
        """The `$p` statement with this label."""
        found = self.statements.get(label)
        return found if isinstance(found, Assertion) and found.proof is not None else None

    def proof(self, label: str) -> str:
        """The proof of a theorem as the database has it. Raises `KeyError`."""
        theorem = self.theorem(label)
        if theorem is None or theorem.proof is None:
            raise KeyError(label)
        return theorem.proof.strip()

    def check(self, goal: Assertion, proof: str, limits: Limits) -> None:
        """Return if `proof` proves `goal` from the statements before it; raise `Refused` otherwise."""
        check_proof(goal, proof, self.statements, self.variables, limits)

    def verify_all(self, limits: Limits | None = None) -> dict[str, str]:
        """Check every proof in the database: the reasons of those that fail by label; empty if all hold."""
        failed = dict[str, str]()
        for statement in self.statements.values():
            if isinstance(statement, Assertion) and statement.proof is not None:
                try:
                    self.check(statement, statement.proof, limits or Limits())
                except Refused as refused:
                    failed[statement.label] = refused.reason
        return failed


def _without_comments(name: str, text: str) -> str:
    """The text with each comment replaced by its line breaks."""
    parts = list[str]()
    position = 0
    while (opened := text.find("$(", position)) >= 0:
        parts.append(text[position:opened])
        closed = text.find("$)", opened)
        inner = text[opened + 2 : closed]
        around = text[max(opened - 1, 0) : opened] + text[closed + 2 : closed + 3]
        proper = not around.strip() and inner[:1].isspace() and inner[-1:].isspace() and "$(" not in inner
        if closed < 0 or not proper:
            line = 1 + text.count("\n", 0, opened)
            fault = "a comment is not closed, holds another, or its $( or $) does not stand alone"
            raise DataError(f"{name}, line {line}: {fault}")
        parts.append("\n" * inner.count("\n"))
        position = closed + 2
    parts.append(text[position:])
    return "".join(parts)


class _Block:
    """What ends at `$}`: all that was declared since `${`."""

    def __init__(self, disjoint: Disjoint | None) -> None:
        self.disjoint = disjoint
        """The `$d` statements that were active before the block."""
        self.variables = list[str]()
        self.hypotheses = list[Hypothesis]()


class _Reader:
    """Fills a database statement by statement. `text` holds no comments."""

    def __init__(self, database: Database, text: str) -> None:
        self.database, self.text = database, text
        self.position = len(text) - len(text.lstrip())
        self.active = set[str]()
        """Constants and active variables."""
        self.active_variables = set[str]()
        self.essentials = dict[str, tuple[Hypothesis, set[str]]]()
        """Active `$e` statements with their variables, by label."""
        self.disjoint: Disjoint | None = None
        self.blocks = [_Block(None)]

    def read(self, upto: str | None) -> None:
        text = self.text
        while self.position < len(text):
            found = _STATEMENT.match(text, self.position)
            if found is None:
                raise self.error(
                    f"no whole statement begins at `{text[self.position :][:40].split(None, 1)[0]}`"
                )
            label, brace, kind, body, proof = found.groups()
            if brace:
                self.brace(brace, label)
            else:
                self.statement(kind, label, body.split(), proof)
            self.position = found.end()
            if upto is not None and label == upto:
                break
        else:
            if len(self.blocks) > 1:
                raise self.error("a block is not closed with $}")
            if upto is not None:
                raise DataError(f"{self.database.name}: there is no statement {upto}")
        while len(self.blocks) > 1:
            self.close()

    def error(self, message: str) -> DataError:
        line = 1 + self.text.count("\n", 0, self.position)
        return DataError(f"{self.database.name}, line {line}: {message}")

    def brace(self, brace: str, label: str | None) -> None:
        if label is not None:
            raise self.error(f"{label}: a block has no label")
        if brace == "{":
            self.blocks.append(_Block(self.disjoint))
        elif len(self.blocks) == 1:
            raise self.error("$} without ${")
        else:
            self.close()

    def close(self) -> None:
        block = self.blocks.pop()
        self.disjoint = block.disjoint
        self.active.difference_update(block.variables)
        self.active_variables.difference_update(block.variables)
        for hypothesis in block.hypotheses:
            hypothesis.end = len(self.database.statements)
            if hypothesis.variable is None:
                del self.essentials[hypothesis.label]
            else:
                del self.database.floating[hypothesis.variable]

    def statement(self, kind: str, label: str | None, symbols: list[str], proof: str | None) -> None:
        if (label is not None) is not (kind in _LABELLED):
            raise self.error(f"a ${kind} statement {'needs a' if kind in _LABELLED else 'has no'} label")
        if (proof is not None) is not (kind == "p"):
            raise self.error("a $p statement, and no other, has a proof after $=")
        if label is not None:
            self.labelled(kind, label, symbols, proof)
        elif kind == "d":
            if (
                len(symbols) < 2
                or len(set(symbols)) < len(symbols)
                or not self.active_variables.issuperset(symbols)
            ):
                raise self.error("a $d statement lists two or more different active variables")
            self.disjoint = Disjoint(tuple(symbols), self.disjoint)
        else:
            self.declare(kind, symbols)

    def declare(self, kind: str, symbols: list[str]) -> None:
        database = self.database
        if kind == "c" and len(self.blocks) > 1:
            raise self.error("constants are declared outside of all blocks")
        if not symbols:
            raise self.error(f"a ${kind} statement declares at least one symbol")
        for symbol in symbols:
            was_variable = kind == "c" and symbol in database.variables
            if symbol in self.active or symbol in database.statements or was_variable:
                raise self.error(f"{symbol} already has a meaning")
            self.active.add(symbol)
            if kind == "c":
                database.constants.add(symbol)
            else:
                database.variables.add(symbol)
                self.active_variables.add(symbol)
                self.blocks[-1].variables.append(symbol)

    def labelled(self, kind: str, label: str, symbols: list[str], proof: str | None) -> None:
        database = self.database
        if label in database.statements or label in database.constants or label in database.variables:
            raise self.error(f"{label} already has a meaning")
        if not symbols or symbols[0] not in database.constants:
            raise self.error(f"{label}: an expression begins with a constant")
        found = set(symbols)
        if not found <= self.active:
            raise self.error(f"{label}: {min(found - self.active)} is not declared here")
        found &= self.active_variables
        index, text = len(database.statements), expression(symbols)
        if kind == "f":
            if len(symbols) != 2 or not found or symbols[1] in database.floating:
                raise self.error(f"{label}: a $f statement gives one variable its one typecode")
            statement = database.floating[symbols[1]] = Hypothesis(label, index, text, symbols[1])
        else:
            if untyped := found.difference(database.floating):
                raise self.error(f"{label}: the variable {min(untyped)} has no $f statement here")
            if kind == "e":
                statement = Hypothesis(label, index, text)
                self.essentials[label] = statement, found
            else:
                frame = self.frame(found)
                statement = Assertion(label, index, text, frame, self.disjoint, proof)
        if isinstance(statement, Hypothesis):
            self.blocks[-1].hypotheses.append(statement)
        database.statements[label] = statement

    def frame(self, variables: set[str]) -> tuple[Hypothesis, ...]:
        """The mandatory hypotheses of an assertion in which these variables occur."""
        for _, found in self.essentials.values():
            variables |= found
        essentials = (hypothesis for hypothesis, _ in self.essentials.values())
        return mandatory_hypotheses(variables, self.database.floating, essentials)
