"""How a step says why it holds: the end of its line, `modus ponens 1, 2`, `by 1, 2`, `→I 2-5` or `(given)`.

Read from the right: citations, connecting words, then the longest known name of a rule; what is left of it is
the formula. So `p & q and introduction 1, 2` is `p & q` by `and introduction`. A range is a subproof by its
first and last number. Knows the names of rules, not what they allow (`rules.py`, `first_order_rules.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Label = tuple[int, ...]
"""The number of a step: `3.1` is (3, 1)."""

GIVEN, ASSUME, LET, BY = "given", "assume", "let", "by"

_WORDS: Mapping[str, tuple[str, ...]] = {
    GIVEN: ("premise", "hypothesis", "hyp", "axiom"),
    ASSUME: ("assumption", "assumed", "suppose", "supposition"),
    BY: ("logic", "first-order logic", "entailment"),
    "tautology": ("propositional logic", "truth table"),
    "arithmetic": ("linear arithmetic", "algebra"),
    "reiteration": ("reiterate", "reit", "repetition", "repeat", "copy"),
    "modus ponens": ("mp", "detachment"),
    "modus tollens": ("mt",),
    "hypothetical syllogism": ("hs", "chain rule"),
    "disjunctive syllogism": ("ds",),
    "and introduction": ("conjunction", "adjunction"),
    "and elimination": ("simplification",),
    "or introduction": ("addition",),
    "or elimination": ("cases", "by cases", "proof by cases", "case analysis"),
    "implication introduction": ("conditional proof", "cp", "deduction theorem"),
    "not introduction": (),
    "not elimination": (
        "contradiction",
        "contradiction introduction",
        "false introduction",
        "⊥ introduction",
        "⊥i",
    ),
    "proof by contradiction": (
        "by contradiction",
        "indirect proof",
        "ip",
        "reductio ad absurdum",
        "reductio",
        "raa",
    ),
    "ex falso": ("ex falso quodlibet", "efq", "explosion", "false elimination", "⊥ elimination", "⊥e"),
    "double negation": (
        "double negation elimination",
        "double negation introduction",
        *("dn", "dne", "dni", "~~e", "~~i", "¬¬e", "¬¬i"),
    ),
    "excluded middle": ("law of excluded middle", "law of the excluded middle", "lem"),
    "iff introduction": (),
    "iff elimination": (),
    "de morgan": ("demorgan", "de morgan's law", "de morgan's laws", "dm"),
    "contraposition": ("contrapositive", "transposition"),
    "material implication": ("material conditional",),
    "quantifier negation": ("qn",),
    "forall elimination": ("universal instantiation", "ui"),
    "forall introduction": ("universal generalization", "universal generalisation", "ug"),
    "exists introduction": ("existential generalization", "existential generalisation", "eg"),
    "exists elimination": ("existential instantiation", "ei", "ee"),
    "reflexivity": ("refl", "identity", "equality introduction", "identity introduction", "=i"),
    "symmetry": ("sym", "symmetry of equality"),
    "transitivity": ("trans", "transitivity of equality"),
    "substitution": (
        "equality substitution",
        "equality elimination",
        "identity elimination",
        "leibniz",
        "rewriting",
        "=e",
    ),
    "congruence": (),
}
_CONNECTIVES = {
    "and": ("conjunction", "∧", "&"),
    "or": ("disjunction", "∨", "|"),
    "implication": ("implies", "conditional", "arrow", "→", "->"),
    "not": ("negation", "¬", "~"),
    "iff": ("biconditional", "↔", "<->"),
    "forall": ("universal", "∀"),
    "exists": ("existential", "∃"),
}
_BETWEEN = frozenset((" ", ",", "&", ";", ":", "(", ")", "[", "]", "and", "step", "steps", "line", "lines"))
_RANGE = frozenset(("-", "–", "—", "to", "through"))
_JOINING = ("by", "from", "using", "via", "of", "on", "to", "with", "applied", "the")
_PIECE = re.compile(r"[0-9]+(?:\.[0-9]+)*|[^\W\d_]+|.", re.DOTALL)
_OPENERS = " ([,;:—–"
_MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Citation:
    """A step, or the closed subproof that begins with `first` and ends with `last`."""

    first: Label
    last: Label | None = None

    def __str__(self) -> str:
        return show_label(self.first) + (f"-{show_label(self.last)}" if self.last else "")


@dataclass(frozen=True, slots=True)
class Justified:
    """A line in its parts: the text of the formula, the rule, and what it cites."""

    formula: str
    rule: str
    citations: tuple[Citation, ...]


def rule_names() -> tuple[str, ...]:
    """Every rule that can be named, by the one name that reasons and tables use."""
    return tuple(_WORDS)


def spellings(rule: str) -> tuple[str, ...]:
    """All that a rule is called, in lower case."""
    return tuple(spelled for spelled, name in _SPELLED.items() if name == rule)


def show_label(label: Label) -> str:
    return ".".join(map(str, label))


def read_label(text: str) -> Label | None:
    """`3.1` as (3, 1); None when a part has too many digits."""
    parts = text.split(".")
    return None if any(len(part) > _MOST_DIGITS for part in parts) else tuple(map(int, parts))


def split(line: str) -> Justified | None:
    """The parts of a line without its number, or None where it ends neither in a rule nor in `by`."""
    pieces = _PIECE.findall(" ".join(line.split()))
    end = len(pieces)
    while end and pieces[end - 1] in (" ", ")", "]", ".", ";"):
        end -= 1
    start = end
    while start and (pieces[start - 1][0] in "0123456789" or _is_filling(pieces[start - 1])):
        start -= 1
    citations = _citations(pieces[start:end])
    if citations is None:
        return None
    rest, joining = _without_joining("".join(pieces[:start]))
    named = None if "by" in joining else _named(rest)  # before `by` stands the formula, whatever its name
    if named is not None and named[0].strip():
        rest, rule = named
    elif {"by", "from", "using", "via"} & joining:
        rule = BY
    else:
        return None
    return Justified(_without_joining(rest)[0], rule, citations)


def _is_filling(piece: str) -> bool:
    return piece.lower() in _BETWEEN or piece.lower() in _RANGE


def _citations(pieces: list[str]) -> tuple[Citation, ...] | None:
    """None for numbers that are no list of steps and ranges."""
    found = list[Citation]()
    in_range = False
    for piece in pieces:
        if piece.lower() in _RANGE:
            if in_range or not found or found[-1].last:
                return None
            in_range = True
        elif piece[0] in "0123456789":
            label = read_label(piece)
            if label is None:
                return None
            found = [*found[:-1], Citation(found[-1].first, label)] if in_range else [*found, Citation(label)]
            in_range = False
    return None if in_range else tuple(found)


def _without_joining(text: str) -> tuple[str, set[str]]:
    """`text` without brackets, commas and connecting words at its end, and those words."""
    joining = set[str]()
    while True:
        text = text.rstrip(_OPENERS)
        before, _, last = text.rpartition(" ")
        if last.lower() not in _JOINING:
            return text, joining
        joining.add(last.lower())
        text = before


def _named(text: str) -> tuple[str, str] | None:
    """What stands before the longest name of a rule at the end of `text`, and that rule."""
    for length in _LENGTHS:
        rule = _SPELLED.get(text[-length:].lower())
        if rule and len(text) >= length and (len(text) == length or text[-length - 1] in _OPENERS):
            return text[:-length], rule
    return None


def _all_spellings() -> Iterator[tuple[str, str]]:
    for rule, others in _WORDS.items():
        for spelled in (rule, *others):
            yield spelled, rule
            yield spelled.replace(" ", "-"), rule
    for connective, others in _CONNECTIVES.items():
        for word in (connective, *others):
            for kind in ("introduction", "elimination"):
                rule = f"{connective} {kind}"
                if rule == "implication elimination":
                    rule = "modus ponens"
                short = "intro" if kind == "introduction" else "elim"
                for ending in (kind, short):
                    yield f"{word} {ending}", rule
                    yield f"{word}-{ending}", rule
                if not word.isalpha():
                    yield word + kind[0], rule


_SPELLED = dict(_all_spellings())
_LENGTHS = sorted({len(spelled) for spelled in _SPELLED}, reverse=True)
