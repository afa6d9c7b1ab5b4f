"""The named rules: what a step may conclude from the formulas and subproofs that it cites.

A rule says by shape alone whether the step follows; it never searches. Rules that need a fresh constant are
told which names are taken. Names are those of the textbooks (Gentzen 1935; Fitch 1952; Lemmon 1965). Does not
know step numbers, or what rests on what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

from ponder.verify.kernels.logic import (
    FALSE,
    Node,
    generalise,
    instance_term,
    instantiate,
    is_closed,
    members,
    negation,
    replaceable,
    symbols,
    walk,
)


@dataclass(frozen=True, slots=True)
class Subproof:
    """An assumption, what was concluded under it, and the names that other open assumptions use."""

    assumption: Node
    conclusion: Node
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cited:
    """What a step rests on."""

    formulas: tuple[Node, ...]
    subproofs: tuple[Subproof, ...] = ()
    taken: frozenset[str] = frozenset()
    """Names in the premises and assumptions that the cited formulas rest on."""


Rule = Callable[[Node, Cited], bool]


def _any_order(check: Callable[..., bool], count: int) -> Rule:
    """A rule of `count` formulas and no subproof, whichever way round they are cited."""

    def rule(step: Node, cited: Cited) -> bool:
        if cited.subproofs or len(cited.formulas) != count:
            return False
        return any(check(step, *order) for order in permutations(cited.formulas))

    return rule


def _modus_ponens(step: Node, first: Node, second: Node) -> bool:
    return first.kind == "implies" and first.parts == (second, step)


def _modus_tollens(step: Node, first: Node, second: Node) -> bool:
    return first.kind == "implies" and _opposite(second, first.parts[1]) and _opposite(step, first.parts[0])


def _chain(step: Node, first: Node, second: Node) -> bool:
    implications = first.kind == second.kind == step.kind == "implies"
    return (
        implications and first.parts[1] == second.parts[0] and step.parts == (first.parts[0], second.parts[1])
    )


def _disjunctive_syllogism(step: Node, first: Node, second: Node) -> bool:
    if first.kind != "or":
        return False
    left = [part for part in first.parts if not _opposite(part, second)]
    return len(left) == len(first.parts) - 1 and members("or", step) == tuple(left)


def _and_introduction(step: Node, cited: Cited) -> bool:
    if cited.subproofs or step.kind != "and" or not cited.formulas:
        return False
    held = [part for formula in cited.formulas for part in members("and", formula)]
    return set(step.parts) <= set(held) and len(cited.formulas) > 1


def _and_elimination(step: Node, first: Node) -> bool:
    return first.kind == "and" and set(members("and", step)) <= set(first.parts)


def _or_introduction(step: Node, first: Node) -> bool:
    return step.kind == "or" and set(members("or", first)) <= set(step.parts)


def _or_elimination(step: Node, cited: Cited) -> bool:
    if len(cited.formulas) != 1 or cited.formulas[0].kind != "or":
        return False
    cases = {subproof.assumption for subproof in cited.subproofs if subproof.conclusion == step}
    covered = {part for case in cases for part in members("or", case)}
    return len(cases) == len(cited.subproofs) and covered == set(cited.formulas[0].parts)


def _implies_introduction(step: Node, cited: Cited) -> bool:
    if cited.formulas or len(cited.subproofs) != 1:
        return False
    return step == Node("implies", (cited.subproofs[0].assumption, cited.subproofs[0].conclusion))


def _not_introduction(step: Node, cited: Cited) -> bool:
    """From an assumption to an absurdity: its opposite."""
    if len(cited.subproofs) != 1 or len(cited.formulas) > 1:
        return False
    (subproof,) = cited.subproofs
    absurd = _is_absurd(subproof.conclusion) or any(_opposite(subproof.conclusion, f) for f in cited.formulas)
    return absurd and _opposite(step, subproof.assumption)


def _contradiction(step: Node, first: Node, second: Node) -> bool:
    return step == FALSE and _opposite(first, second)


def _ex_falso(step: Node, cited: Cited) -> bool:
    if cited.subproofs:
        return False
    match cited.formulas:
        case (only,):
            return _is_absurd(only)
        case (one, other):
            return _opposite(one, other)
        case _:
            return False


def _double_negation(step: Node, first: Node) -> bool:
    return first == negation(negation(step)) or step == negation(negation(first))


def _excluded_middle(step: Node, cited: Cited) -> bool:
    return (
        not cited.formulas
        and not cited.subproofs
        and step.kind == "or"
        and len(step.parts) == 2
        and _opposite(*step.parts)
    )


def _iff_introduction(step: Node, cited: Cited) -> bool:
    if step.kind != "iff":
        return False
    wanted = {Node("implies", step.parts), Node("implies", step.parts[::-1])}
    shown = {Node("implies", (sub.assumption, sub.conclusion)) for sub in cited.subproofs}
    return wanted == {*cited.formulas, *shown}


def _iff_elimination(step: Node, cited: Cited) -> bool:
    if cited.subproofs:
        return False
    for iff in (formula for formula in cited.formulas if formula.kind == "iff"):
        one, other = iff.parts
        rest = [formula for formula in cited.formulas if formula != iff]
        if not rest and step in (Node("implies", (one, other)), Node("implies", (other, one))):
            return True
        if rest in ([one], [other]) and step == (other if rest == [one] else one):
            return True
    return False


def _forall_elimination(step: Node, first: Node) -> bool:
    """One or several quantifiers at once."""
    while first.kind == "forall":
        if instance_term(first, step) is not None:
            return True
        if (inner := _first_instance(first, step)) is None:
            return False
        first = inner
    return False


def _first_instance(quantified: Node, step: Node) -> Node | None:
    """The body of the outer of two quantifiers with the one term that can lead to `step`."""
    for term in dict.fromkeys(node for node in walk(step) if is_closed(node)):
        inner = instantiate(quantified, term)
        if inner.kind == "forall" and _forall_elimination(step, inner):
            return inner
    return None


def _forall_introduction(step: Node, cited: Cited) -> bool:
    """From a formula about a constant that nothing is assumed of, to all."""
    if step.kind != "forall" or cited.subproofs or len(cited.formulas) != 1:
        return False
    (formula,) = cited.formulas
    fresh = symbols(formula) - cited.taken - symbols(step)
    return any(generalise("forall", formula, name) == step for name in fresh) or formula == step.parts[0]


def _exists_introduction(step: Node, first: Node) -> bool:
    return step.kind == "exists" and instance_term(step, first) is not None


def _exists_elimination(step: Node, cited: Cited) -> bool:
    """From something with a property, called by a fresh name, to what does not mention that name."""
    if len(cited.formulas) != 1 or len(cited.subproofs) != 1 or cited.formulas[0].kind != "exists":
        return False
    (exists,), (subproof,) = cited.formulas, cited.subproofs
    term = instance_term(exists, subproof.assumption)
    if term is None or term.kind != "apply" or term.parts or subproof.conclusion != step:
        return False
    return term.name not in symbols(exists) | symbols(step) | subproof.taken


def _equality_introduction(step: Node, cited: Cited) -> bool:
    return (
        not cited.formulas and not cited.subproofs and step.kind == "equal" and step.parts[0] == step.parts[1]
    )


def _symmetry(step: Node, first: Node) -> bool:
    if first.kind == "not" and step.kind == "not":
        first, step = first.parts[0], step.parts[0]
    return first.kind == step.kind == "equal" and first.parts == step.parts[::-1]


def _transitivity(step: Node, first: Node, second: Node) -> bool:
    order = {"equal": 0, "at_most": 1, "less": 2}
    if not {first.kind, second.kind, step.kind} <= set(order):
        return False
    strongest = max(order[first.kind], order[second.kind])
    chained = first.parts[1] == second.parts[0] and step.parts == (first.parts[0], second.parts[1])
    return chained and order[step.kind] == strongest


def _substitution(step: Node, first: Node, second: Node) -> bool:
    if first.kind != "equal":
        return False
    left, right = first.parts
    return replaceable(second, step, left, right) or replaceable(second, step, right, left)


def _same(step: Node, first: Node) -> bool:
    return step == first


def _opposite(one: Node, other: Node) -> bool:
    return one == negation(other) or other == negation(one)


def _is_absurd(formula: Node) -> bool:
    if formula == FALSE:
        return True
    parts = members("and", formula)
    return any(_opposite(one, other) for one, other in permutations(parts, 2)) if len(parts) > 1 else False


def _one(check: Callable[[Node, Node], bool]) -> Rule:
    return _any_order(check, 1)


def _two(check: Callable[[Node, Node, Node], bool]) -> Rule:
    return _any_order(check, 2)


RULES: dict[str, Rule] = {
    "modus ponens": _two(_modus_ponens),
    "modus tollens": _two(_modus_tollens),
    "hypothetical syllogism": _two(_chain),
    "disjunctive syllogism": _two(_disjunctive_syllogism),
    "and introduction": _and_introduction,
    "and elimination": _one(_and_elimination),
    "or introduction": _one(_or_introduction),
    "or elimination": _or_elimination,
    "implication introduction": _implies_introduction,
    "not introduction": _not_introduction,
    "not elimination": _two(_contradiction),
    "ex falso": _ex_falso,
    "double negation": _one(_double_negation),
    "excluded middle": _excluded_middle,
    "iff introduction": _iff_introduction,
    "iff elimination": _iff_elimination,
    "universal instantiation": _one(_forall_elimination),
    "universal generalization": _forall_introduction,
    "existential introduction": _one(_exists_introduction),
    "existential elimination": _exists_elimination,
    "reflexivity": _equality_introduction,
    "symmetry": _one(_symmetry),
    "transitivity": _two(_transitivity),
    "substitution": _two(_substitution),
    "reiteration": _one(_same),
}
ALIASES: dict[str, tuple[str, ...]] = {
    "modus ponens": ("mp", "->e", "->-e", "implication elimination", "implies elimination",
        "arrow elimination", "detachment"),
    "modus tollens": ("mt",),
    "hypothetical syllogism": ("hs", "chain rule"),
    "disjunctive syllogism": ("ds",),
    "and introduction": ("&i", "conjunction", "conjunction introduction", "adjunction"),
    "and elimination": ("&e", "simplification", "conjunction elimination"),
    "or introduction": ("|i", "addition", "disjunction introduction"),
    "or elimination": ("|e", "cases", "proof by cases", "case analysis", "disjunction elimination"),
    "implication introduction": ("->i", "conditional proof", "cp", "deduction theorem",
        "implies introduction", "arrow introduction"),
    "not introduction": ("~i", "raa", "reductio", "reductio ad absurdum", "proof by contradiction",
        "negation introduction", "indirect proof", "ip"),
    "not elimination": ("~e", "contradiction", "negation elimination", "contradiction introduction"),
    "ex falso": ("efq", "explosion", "ex falso quodlibet", "contradiction elimination",
        "false elimination"),
    "double negation": ("dn", "dne", "double negation elimination", "double negation introduction"),
    "excluded middle": ("lem", "law of excluded middle", "law of the excluded middle"),
    "iff introduction": ("<->i", "biconditional introduction"),
    "iff elimination": ("<->e", "biconditional elimination"),
    "universal instantiation": ("ui", "foralle", "forall elimination", "universal elimination"),
    "universal generalization": ("ug", "foralli", "forall introduction", "universal introduction",
        "universal generalisation"),
    "existential introduction": ("ei", "eg", "existsi", "exists introduction",
        "existential generalization", "existential generalisation"),
    "existential elimination": ("ee", "existse", "exists elimination", "existential instantiation"),
    "reflexivity": ("refl", "=i", "identity", "equality introduction"),
    "symmetry": ("sym",),
    "transitivity": ("trans",),
    "substitution": ("=e", "leibniz", "equality elimination", "equality substitution", "rewriting"),
    "reiteration": ("r", "reit", "repetition", "copy"),
}  # fmt: skip
