"""The part of Coq's language that an answer may use.

Three kinds of command are refused by their words. Some reach outside the proof: files, plugins, the loader.
Some switch a check off; `Print Assumptions` reports most of these, but not those that go through a functor
(rocq-prover/rocq issues 12155, 16646, 22366). And some lead to known holes of the kernel itself, which coqchk
has too and which give a proof of False without an axiom: functors (21051, 21685), primitives in module types
(18503), SProp and cumulative inductive types (21690, 22376), and recursion that the guard condition should
have refused (20413, 20455, 20555, 21839). A `Fixpoint` is let pass here and looked at once Coq has read it,
see `coq_recursion.py`.

The words are looked for in the very text that Coq reads, comments already gone, so there is nothing to hide
them in; a string that holds one is refused with it. Statements are trusted and may use all of Coq.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ponder.verify.kernels.coq_source import NAME

_OUTSIDE = "it reaches outside the proof"
_REFUSED: dict[str, tuple[str, ...]] = {
    _OUTSIDE: (
        "Load", "Drop", "Cd", "Redirect", "Extraction", "Extract", "ML", "LoadPath",
        r"Print\s+(?:Sorted\s+)?Universes", r"(?:Write|Restore)\s+State",
    ),
    "it goes round the checks": (
        "bypass_check", "Checking", r"[a-z_]*_no_check", "Ltac2", "Elpi", "MetaCoq", "MetaRocq",
    ),
    "Coq's kernel has known faults there": (
        "Module", "Include", "Primitive", "primitive", "Register", "SProp", "StrictProp", "Definitional",
        "Polymorphic", "Polymorphism", "polymorphic", "Cumulative", "Cumulativity", "cumulative",
        "cofix", "CoFixpoint", "fix", "Function", "Equations",
    ),
}  # fmt: skip
# A digit before a word need not make it another word for Coq; what follows must not continue a name.
_WORDS = {
    why: re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(words)})(?![A-Za-z0-9_'])")
    for why, words in _REFUSED.items()
}
_RECURSION = re.compile(r"(?<![A-Za-z_])Fixpoint(?![A-Za-z0-9_'])")
_FIXPOINT = re.compile(rf"(?:#\[[^\]]*\]\s*)*(?:(?:Local|Global)\s+)*Fixpoint\s+({NAME})")
# `Theorem a : A with b : B.` is a recursive function, too.
_PAIR = ("with", "match")
_STRING = re.compile(r'"[^"]*"')
_THEOREM = re.compile(r"(?<![A-Za-z_])(?:Theorem|Lemma|Fact|Remark|Corollary|Proposition|Property|Example)\s")


def refusal(answer: Sequence[str], statement: Sequence[str] = ()) -> str | None:
    """Why these sentences may not be read by Coq, or None. `statement` is the trusted text before them.

    A word that only reaches outside, where the jail holds anyway, may be a name of the statement's.
    """
    text, trusted = "\n".join(answer), "\n".join(statement)
    for why, words in _WORDS.items():
        names = set(words.findall(trusted)) if why == _OUTSIDE else set[str]()
        if found := next((word for word in words.findall(text) if word not in names), None):
            return f"`{' '.join(found.split())}` is not allowed in an answer: {why}"
    if len(_RECURSION.findall(text)) != len(recursive_functions(answer)):
        return "`Fixpoint` is allowed only at the beginning of a sentence"
    for sentence in answer:
        if _THEOREM.search(sentence) and not _with_belongs_to_match(sentence, text):
            return f"mutually recursive theorems are not allowed: {' '.join(sentence.split())[:80]}"
    return None


def _with_belongs_to_match(sentence: str, text: str) -> bool:
    bare = _STRING.sub(" ", sentence)
    withs, matches = (len(re.findall(rf"(?<![A-Za-z_]){word}(?![A-Za-z0-9_'])", bare)) for word in _PAIR)
    return not withs or (withs <= matches and "Notation" not in text)  # one could hold a `match` of its own


def recursive_functions(answer: Sequence[str]) -> list[str]:
    """The names of the functions that are defined by `Fixpoint`."""
    return [named[1] for sentence in answer if (named := _FIXPOINT.match(sentence))]
