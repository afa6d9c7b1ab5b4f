"""Reads Coq source as far as a judge needs: comments, sentences, and which theorem a text states.

A sentence ends at a full stop before white space (Coq's reference manual, "Lexical conventions"); comments
nest, and strings in them count. What is cut out here is cut out of the very text that Coq then reads, so a
text that this module and Coq would read differently gains nothing. Knows no grammar beyond that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ponder.errors import DataError
from ponder.verify.kernels.code_block import code_of

NAME = r"[^\W\d][\w']*"
_ATTRIBUTES = r"(?:#\[[^\]]*\]\s*)*(?:(?:Local|Global|Program|Polymorphic|Monomorphic)\s+)*"
_THEOREM = re.compile(
    rf"{_ATTRIBUTES}(?:Theorem|Lemma|Fact|Remark|Corollary|Proposition|Property)\s+({NAME})(?=[\s:({{\[]|$)"
)
_DECLARATION = re.compile(
    rf"{_ATTRIBUTES}(?:Theorem|Lemma|Fact|Remark|Corollary|Proposition|Property|Definition|Example|Fixpoint|"
    rf"Instance|Notation|Axiom|Parameter|Conjecture|Hypothesis|Variable|Let)\s+({NAME})"
)
_REQUIRE = re.compile(r"(?:From\s|Require\s)")
_OF_THE_FILE = re.compile(
    r"(?:Import|Export|Open|Close|Set|Unset|Local|Delimit|Generalizable)\b|#\[\s*local\b"
)
_ENDINGS = ("Qed.", "Defined.", "Admitted.", "Abort.", "Save.")


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem to be proved: what precedes it, its sentence, and its name."""

    preamble: tuple[str, ...]
    sentence: str
    name: str

    @property
    def requires(self) -> list[str]:
        return [sentence for sentence in self.preamble if _REQUIRE.match(sentence)]

    @property
    def settings(self) -> list[str]:
        """The sentences whose effect ends with their file, so that a second file has to repeat them."""
        return [sentence for sentence in self.preamble if _OF_THE_FILE.match(sentence)]


def read_statement(gold: str) -> Statement:
    """The last theorem in `gold`; a proof after it is ignored. Raises `DataError` where there is none."""
    found = sentences(strip_comments(code_of(gold)))
    for place in range(len(found) - 1, -1, -1):
        if named := _THEOREM.match(found[place]):
            return Statement(tuple(found[:place]), found[place], named[1])
    raise DataError("the Coq statement holds no sentence like `Theorem name : statement.`")


def strip_comments(source: str) -> str:
    """The text with a space for each comment. Raises `DataError` where one is never closed."""
    kept, at, depth, start = list[str](), 0, 0, 0
    while at < len(source):
        if source.startswith("(*", at):
            if depth == 0:
                kept.append(source[start:at])
            depth, at = depth + 1, at + 2
        elif depth and source.startswith("*)", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                kept.append(" ")
                start = at
        elif source[at] == '"':
            closing = source.find('"', at + 1)  # a doubled quote is two strings side by side
            if closing < 0:
                raise DataError("a string is never closed")
            at = closing + 1
        else:
            at += 1
    if depth:
        raise DataError("a comment is never closed")
    return "".join([*kept, source[start:]])


def sentences(source: str) -> list[str]:
    """The sentences of a text without comments, each with its full stop; a rest without one comes last."""
    found, start, at = list[str](), 0, 0
    while at < len(source):
        if source[at] == '"':
            at = source.find('"', at + 1) % (len(source) + 1) + 1
        elif source[at] == ".":
            dots = at
            while at < len(source) and source[at] == ".":
                at += 1
            ends = at == len(source) or source[at].isspace()
            if ends and at - dots != 2:  # `x .. y` belongs to a notation
                found.append(source[start:at].strip())
                start = at
        else:
            at += 1
    if source[start:].strip():
        found.append(source[start:].strip())
    return found


def restate(answer: Sequence[str], statement: Statement) -> list[str]:
    """The answer's own sentences: without those that repeat what `statement` has already said.

    An answer that does not declare the theorem is taken as its proof, `Proof.` and `Qed.` optional; what it
    requires or sets first stays in front of the theorem.
    """
    said = {folded(sentence) for sentence in statement.preamble}
    own = [sentence for sentence in answer if folded(sentence) not in said]
    if any(named[1] == statement.name for sentence in own if (named := _DECLARATION.match(sentence))):
        return own
    begin = next(
        (n for n, each in enumerate(own) if not _REQUIRE.match(each) and not _OF_THE_FILE.match(each)), 0
    )
    head, proof = own[:begin], own[begin:]
    opening = [] if proof and proof[0].startswith("Proof") else ["Proof."]
    closing = [] if proof and proof[-1] in _ENDINGS else ["Qed."]
    return [*head, statement.sentence, *opening, *proof, *closing]


def last_theorem(found: Sequence[str]) -> str | None:
    """The name of the last theorem that is stated."""
    names = [named[1] for sentence in found if (named := _THEOREM.match(sentence))]
    return names[-1] if names else None


def folded(sentence: str) -> str:
    """A sentence as it is compared: with single spaces."""
    return " ".join(sentence.split())
