"""The numbered lines of a proof: a formula, and why it should hold.

    3. q   modus ponens 1, 2      3. q [MP, 1 and 2]      3. q, by 1, 2      3) assume p      3. p given

The reason stands at the end of the line, with or without brackets; citations are step numbers, dotted ones
too, and `4-6` for a subproof. Lines without a number are remarks. Does not know whether a step follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ponder.records import Verdict
from ponder.verify.kernels.inference_rules import ALIASES, RULES
from ponder.verify.kernels.logic import Node
from ponder.verify.kernels.logic_parser import Unreadable, parse_formula

MOST_CHARS = 100_000
MOST_STEPS = 1_000
MOST_LINE = 5_000
_NAMES = {alias: rule for rule, aliases in ALIASES.items() for alias in aliases} | {
    rule: rule for rule in RULES
}
_GIVEN = ("given", "premise", "hypothesis", "hyp", "axiom")
_ASSUMED = ("assumption", "assume", "suppose", "assumed")
_DECIDED = ("by", "from", "arithmetic", "logic", "algebra", "entailment")
_SIGNED = {"→": "->", "⇒": "->", "∧": "&", "∨": "|", "¬": "~", "↔": "<->", "∀": "forall", "∃": "exists"}
_LINE = re.compile(r"^[\s|│]*(?:step\s+)?(\d+(?:\.\d+)*)[.):]?\s+(\S.*)$", re.IGNORECASE)
_WORDS = "|".join(sorted(map(re.escape, (*_NAMES, *_GIVEN, *_ASSUMED, *_DECIDED)), key=len, reverse=True))
_LABEL = r"\d+(?:\.\d+)*"
_CITED = re.compile(rf"({_LABEL})(?:\s?[-–]\s?({_LABEL}))?")
_BEFORE = r"(?:^|[\s,;:(\[—–-])[\[(]?\s?(?:(?:by|from|using)\s+)?"
_LINKS = r"\s?[:,]?\s?(?:(?:on|from|with|using|of|to|applied to)\s+)?(?:(?:steps?|lines?)\s+)?\(?"
_CITES = rf"(?P<cites>{_LABEL}(?:\s?(?:[-–,;&]|and|,\s?and)?\s?{_LABEL})*)?"
_REASON = re.compile(rf"{_BEFORE}(?P<rule>{_WORDS}){_LINKS}{_CITES}\)?\s?[\])]?\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered line."""

    label: str
    formula: Node
    rule: str
    cites: tuple[str, ...] = ()
    subproofs: tuple[tuple[str, str], ...] = ()


class BadStep(Exception):
    """The first step that does not hold."""

    def __init__(self, label: str, reason: str, verdict: Verdict = Verdict.WRONG) -> None:
        super().__init__(f"step {label}: {reason}" if label else reason)
        self.verdict = verdict


def read_steps(proof: str) -> Iterator[Step]:
    """The steps in their order. Raises `BadStep` at the first that cannot be read."""
    if len(proof) > MOST_CHARS:
        raise BadStep("", f"longer than {MOST_CHARS} characters", Verdict.UNPARSABLE)
    lines = [found for line in proof.splitlines() if (found := _LINE.match(line))]
    if not lines:
        raise BadStep("", "there are no numbered steps", Verdict.NO_ANSWER)
    if len(lines) > MOST_STEPS:
        raise BadStep("", f"more than {MOST_STEPS} steps", Verdict.UNPARSABLE)
    for line in lines:
        if len(line[2]) > MOST_LINE:
            raise BadStep(line[1], f"longer than {MOST_LINE} characters", Verdict.UNPARSABLE)
        yield _read_step(line[1], " ".join(line[2].split()))


def _read_step(label: str, text: str) -> Step:
    body = text
    for sign, plain in _SIGNED.items():
        body = re.sub(rf"{sign}\s?(?=[IiEe]\b|-?[Ii]ntro|-?[Ee]lim)", plain, body)
    opening = re.match(rf"(?:{'|'.join(_ASSUMED)})\s*:?\s+(.+)$", body, re.IGNORECASE)
    if opening and not ((reason := _REASON.search(opening[1])) and reason["cites"]):
        return Step(label, _formula(label, opening[1].rstrip(".")), "assume")
    found = next((match for match in _REASON.finditer(body) if body[: match.start()].strip()), None)
    if found is None:
        raise BadStep(label, "it gives no reason that is known", Verdict.UNPARSABLE)
    formula = _formula(label, body[: found.start()].rstrip(" ,;:—–[(").rstrip("."))
    word = found["rule"].lower()
    cites, subproofs = list[str](), list[tuple[str, str]]()
    for part in _CITED.finditer(found["cites"] or ""):
        if part[2]:
            subproofs.append((part[1], part[2]))
        else:
            cites.append(part[1])
    if word in _GIVEN or word in _ASSUMED:
        if cites or subproofs:
            raise BadStep(label, f"{word} cites nothing", Verdict.UNPARSABLE)
        return Step(label, formula, "given" if word in _GIVEN else "assume")
    if word in _DECIDED:
        return Step(label, formula, "by", tuple(cites), tuple(subproofs))
    return Step(label, formula, _NAMES[word], tuple(cites), tuple(subproofs))


def _formula(label: str, text: str) -> Node:
    try:
        return parse_formula(text)
    except Unreadable as error:
        raise BadStep(label, f"cannot be read: {error}", Verdict.UNPARSABLE) from None
