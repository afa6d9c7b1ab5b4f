"""Damaged Metamath proofs and statements for tests, and what the `metamath` program says of them.

Most mutants prove nothing, some still do: which is which is for the two checkers to say. A mutant is a proof
in its place in a database, or a new statement with its proof at the end. All mutants of a run go into one
file, so `metamath` reads and verifies it once.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ponder.verify.kernels.metamath_database import Database
from ponder.verify.kernels.metamath_frame import Assertion, Hypothesis

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ?"
LONGEST_NORMAL = 400  # labels of a compressed proof that is written out


@dataclass(frozen=True)
class Mutant:
    """One damaged proof. `gold` is its label, or the text of a new statement, which `block` declares."""

    label: str
    kind: str
    gold: str
    proof: str
    block: str = ""


def split_compressed(proof: str) -> tuple[list[str], list[str]]:
    """The listed labels and the letters."""
    listed, letters = proof.strip().removeprefix("(").split(")")
    return listed.split(), list("".join(letters.split()))


def join_compressed(listed: Sequence[str], letters: Sequence[str]) -> str:
    return f"( {' '.join(listed)} ) {''.join(letters)}"


def expand(database: Database, goal: Assertion) -> list[str] | None:
    """The compressed proof of a theorem as labels; None if there are more than `LONGEST_NORMAL`."""
    listed, letters = split_compressed(goal.proof or "")
    labels = [*(hypothesis.label for hypothesis in goal.hypotheses), *listed]
    saved = list[list[str]]()
    stack = list[list[str]]()
    for chunk in re.findall(r"[U-Y]*[A-T]|Z", "".join(letters)):
        number = 0
        for letter in chunk[:-1]:
            number = 5 * number + LETTERS.index(letter) - 19
        number = 20 * number + LETTERS.index(chunk[-1])
        if chunk == "Z":
            saved.append(stack[-1])
        elif number >= len(labels):
            stack.append(saved[number - len(labels)])
        else:
            statement = database.statements[labels[number]]
            kept = len(stack) - (0 if isinstance(statement, Hypothesis) else len(statement.hypotheses))
            parts = [label for part in stack[kept:] for label in part]
            stack[kept:] = [[*parts, labels[number]]]
            if len(parts) >= LONGEST_NORMAL:
                return None
    return stack[-1]


Row = list[str]
Edit = Callable[[random.Random, Row, Callable[[str], str]], Row]


def _swap(rng: random.Random, row: Row, first: int, second: int) -> Row:
    changed = list(row)
    changed[first], changed[second] = changed[second], changed[first]
    return changed


def _at(edit: Callable[[Row, int, Callable[[str], str]], Row]) -> Edit:
    """An edit at a random place."""
    return lambda rng, row, pool: edit(row, rng.randrange(len(row)), pool)


EDITS: dict[str, Edit] = {
    "drop": _at(lambda row, at, pool: [*row[:at], *row[at + 1 :]]),
    "duplicate": _at(lambda row, at, pool: [*row[:at], row[at], *row[at:]]),
    "replace": _at(lambda row, at, pool: [*row[:at], pool(row[at]), *row[at + 1 :]]),
    "insert": _at(lambda row, at, pool: [*row[:at], pool(row[at]), *row[at:]]),
    "append": _at(lambda row, at, pool: [*row, row[at]]),
    "truncate": _at(lambda row, at, pool: row[:at]),
    "swap": lambda rng, row, pool: _swap(rng, row, rng.randrange(len(row)), rng.randrange(len(row))),
    "swap neighbours": lambda rng, row, pool: _swap(rng, row, (at := rng.randrange(len(row))), at - 1),
    "shuffle": lambda rng, row, pool: rng.sample(row, len(row)),
}


class Mutator:
    """Draws mutants of the theorems of one database."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.rng = database, random.Random(seed)
        self.labels = list(database.statements)

    def of_proof(self, label: str) -> Mutant:
        """A theorem with its proof damaged: the list, the letters, or the proof written out."""
        goal = self.database.theorem(label)
        assert goal is not None
        edit = self.rng.choice(list(EDITS))
        part = self.rng.choice(["list", "letters", "letters", "labels"])
        written_out = expand(self.database, goal) if part == "labels" else None
        listed, letters = split_compressed(goal.proof or "")
        if written_out is not None:
            changed = EDITS[edit](self.rng, written_out, lambda old: self.label_for(goal, old))
            return Mutant(label, f"{edit} in the labels", label, " ".join(changed))
        if part == "list" and listed:
            listed = EDITS[edit](self.rng, listed, lambda old: self.label_for(goal, old))
        else:
            part = "letters"
            letters = EDITS[edit](self.rng, letters, lambda old: self.rng.choice(LETTERS))
        return Mutant(label, f"{edit} in the {part}", label, join_compressed(listed, letters))

    def label_for(self, goal: Assertion, old: str) -> str:
        """What a careless or a cheating prover might write instead of `old`."""
        rng, index = self.rng, goal.index
        kind = rng.choice(["earlier", "near", "own", "hypothesis", "none", "twin", "twin", "twin"])
        if kind == "twin":
            return self.twin(old)
        if kind == "near":  # also statements that follow, and hypotheses of other blocks
            return self.labels[max(0, min(len(self.labels) - 1, index + rng.randint(-30, 6)))]
        if kind == "hypothesis" and goal.hypotheses:
            return rng.choice(goal.hypotheses).label
        if kind == "none":
            return rng.choice(["?", "no-such-label", "ax"])
        return self.labels[rng.randrange(index)] if kind == "earlier" else goal.label

    def twin(self, label: str) -> str:
        """Another earlier statement that takes and gives the same kinds of expressions, if one is found."""
        statement = self.database.statements[label]
        for _ in range(200):
            other = self.labels[self.rng.randrange(statement.index + 1)]
            if other != label and shape(self.database.statements[other]) == shape(statement):
                return other
        return label

    def of_statement(self, label: str, name: str) -> Mutant:
        """A new statement `name` at the end of the database: a theorem with its frame damaged, proof kept."""
        rng, theorem = self.rng, self.database.theorem(label)
        assert theorem is not None
        apart = [list(group) for group in theorem.disjoint_groups()]
        essentials = [h.expression.split() for h in theorem.hypotheses if h.variable is None]
        statement = theorem.expression.split()
        kind = rng.choice(
            ["keep", "drop $d", "drop $d", "thin $d", "thin $d", "add $d", "swap", "drop $e", "rename"]
        )
        if kind == "drop $d" and apart:
            apart.pop(rng.randrange(len(apart)))
        elif kind == "thin $d" and apart:
            group = rng.choice(apart)
            group.pop(rng.randrange(len(group)))
        elif kind == "add $d":
            apart.append(rng.sample(sorted(self.database.floating), 3))
        elif kind == "swap" and essentials:
            rng.shuffle(essentials)
        elif kind == "drop $e" and essentials:
            essentials.pop(rng.randrange(len(essentials)))
        elif kind == "rename":
            self.rename_in(rng.choice([statement, *essentials]))
        lines = [["$d", *group] for group in apart if len(group) > 1]
        lines += [[f"{name}.{number}", "$e", *words] for number, words in enumerate(essentials, 1)]
        proof = join_compressed(*split_compressed(theorem.proof or ""))
        block = "".join(f"  {' '.join(words)} $.\n" for words in lines)
        block = f"${{\n{block}  {name} $p {' '.join(statement)} $= {proof} $.\n$}}\n"
        gold = "\n".join(" ".join(words) for words in [*lines, statement])
        return Mutant(name, f"{kind} in the frame", gold, proof, block)

    def rename_in(self, words: list[str]) -> None:
        """Put another variable of the same sort in one place."""
        places = [at for at, word in enumerate(words) if word in self.database.floating]
        if places:
            at = self.rng.choice(places)
            sort = self.database.floating[words[at]].expression.split()[0]
            same = [v for v, f in self.database.floating.items() if f.expression.split()[0] == sort]
            words[at] = self.rng.choice(same)


def shape(statement: Hypothesis | Assertion) -> object:
    taken = () if isinstance(statement, Hypothesis) else statement.hypotheses
    return [part.expression.split(None, 1)[0] for part in (*taken, statement)]


def without_comments(source: str) -> str:
    return re.sub(r"\$\(.*?\$\)", "", source, flags=re.DOTALL)


def refused_by_metamath(source: str, mutants: Iterable[Mutant], folder: Path) -> set[str]:
    """Labels that `metamath` finds wrong or incomplete in the database `source` with the mutants put in."""
    mutants = list(mutants)
    proofs = {mutant.label: mutant.proof for mutant in mutants if not mutant.block}
    assert len({mutant.label for mutant in mutants}) == len(mutants)

    def put_in(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]} {proofs[found[1]]} $." if found[1] in proofs else found[0]

    changed = re.sub(r"(?<!\S)(\S++)(\s++\$p\s[^$]*+\$=)\s[^$]*+\$\.", put_in, without_comments(source))
    blocks = "".join(mutant.block for mutant in mutants)
    (folder / "mutants.mm").write_text(f"{changed}\n{blocks}")
    command = ["metamath", "read mutants.mm", "verify proof *", "exit"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    said = " ".join(done.stdout.split())
    assert "No errors were found" in said and said.endswith("MM> exit"), said[-2000:]
    refused = set(re.findall(r'\?Error on line \d+ of file "[^"]+" at statement \d+, label "([^"]+)"', said))
    if unproved := re.search(r"The following \$p statement\(s\) were not proved: (.*?) MM>", said):
        refused.update(unproved[1].split(", "))
    return refused
