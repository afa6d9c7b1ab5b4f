"""The rules of quantifiers and equality. A name that should be arbitrary may be fixed by nothing that holds.

An instance is recognised by matching it with the body of the quantified formula, for one quantifier or for
several of the same kind at once; a term is put in only for a variable of its sort, and trees are locally
nameless, so nothing is captured. Does not search, and knows no arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from ponder.verify.kernels.boxes import Line, Subproof
from ponder.verify.kernels.formula import (
    TERMS,
    Apply,
    AtMost,
    Bound,
    Equal,
    Exists,
    ForAll,
    Formula,
    Implies,
    Less,
    Node,
    Not,
    Sort,
    Term,
    children,
    head,
    is_closed,
    sort_of,
    symbols,
)
from ponder.verify.kernels.rules import MANY, Rule, exactly, on_steps


@dataclass(slots=True)
class _Holes:
    """The terms found for the variables of `sorts`, outermost first; None where one does not occur."""

    sorts: tuple[Sort | None, ...]
    terms: list[Term | None] = field(init=False)

    def __post_init__(self) -> None:
        self.terms = [None] * len(self.sorts)

    def fill(self, pattern: Node, instance: Node, level: int = 0) -> bool:
        """Whether `instance` is `pattern` with terms for its variables, `level` quantifiers further in."""
        if isinstance(pattern, Bound) and pattern.index >= level:
            place = len(self.sorts) - 1 - (pattern.index - level)
            if not isinstance(instance, TERMS) or not is_closed(instance):
                return False
            if self.terms[place] is None and sort_of(instance) is self.sorts[place]:
                self.terms[place] = instance
            return self.terms[place] == instance
        if head(pattern) != head(instance):
            return False
        inner = level + isinstance(pattern, ForAll | Exists)
        return all(map(self.fill, children(pattern), children(instance), (inner,) * len(children(pattern))))


def instances(
    quantified: Formula, instance: Formula, kind: type[ForAll | Exists]
) -> Iterator[tuple[Term | None, ...]]:
    """The terms that make `instance` of the outermost quantifiers of `kind`: of one, of two, and so on."""
    sorts, body = tuple[Sort | None, ...](), quantified
    while isinstance(body, kind):
        sorts, body = (*sorts, body.sort), body.body
        holes = _Holes(sorts)
        if holes.fill(body, instance):
            yield tuple(holes.terms)


def arbitrary(terms: tuple[Term | None, ...], *fixed: frozenset[str]) -> tuple[str, ...] | None:
    """The names of the terms where they are different constants and none of them is fixed, or None."""
    names = tuple(term.name for term in terms if isinstance(term, Apply) and not term.args)
    distinct = len(set(names)) == len(names) == sum(term is not None for term in terms)
    return names if distinct and not any(known.intersection(names) for known in fixed) else None


def witnesses(claim: Formula, exists: Formula, fixed: frozenset[str]) -> tuple[str, ...] | None:
    """The new names by which `claim` calls what `exists` says there is, or None where it does not."""
    for terms in instances(exists, claim, Exists):
        if (names := arbitrary(terms, fixed, symbols(exists))) is not None:
            return names
    return None


def _forall_elimination(claim: Formula, line: Formula) -> bool:
    return any(True for _ in instances(line, claim, ForAll))


def _forall_introduction(claim: Formula, lines: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    """From a step about an arbitrary name, or from a subproof that begins with `let`."""
    if lines:
        shown, fixed = lines[0].formula, lines[0].fixed
    elif subproofs[0].names:
        (subproof,), fixed = subproofs, subproofs[0].fixed
        shown = subproof.conclusion
        if subproof.assumption is not None:
            shown = Implies(subproof.assumption, shown)
        if symbols(claim).intersection(subproof.names):
            return False
    else:
        return False
    found = (arbitrary(terms, fixed, symbols(claim)) for terms in instances(claim, shown, ForAll))
    return any(names is not None for names in found)


def _exists_introduction(claim: Formula, line: Formula) -> bool:
    return any(True for _ in instances(claim, line, Exists))


def _exists_elimination(claim: Formula, lines: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    """From a subproof that assumes an instance with new names to a conclusion that does not mention them."""
    (line,), (subproof,) = lines, subproofs
    if subproof.assumption is None or claim != subproof.conclusion:
        return False
    if symbols(claim).intersection(subproof.names):
        return False
    found = instances(line.formula, subproof.assumption, Exists)
    fixed = (subproof.fixed, symbols(line.formula), symbols(claim))
    return any(arbitrary(terms, *fixed) is not None for terms in found)


def _quantifier_negation(claim: Formula, line: Formula) -> bool:
    """`~forall x. p` and `exists x. ~p`; `~exists x. p` and `forall x. ~p`."""
    for one, other in ((claim, line), (line, claim)):
        if isinstance(one, Not) and isinstance(one.body, ForAll | Exists):
            dual = Exists if isinstance(one.body, ForAll) else ForAll
            if other == dual(Not(one.body.body), one.body.sort):
                return True
    return False


def _reflexivity(claim: Formula, _lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    return isinstance(claim, Equal) and claim.left == claim.right


def _symmetry(claim: Formula, line: Formula) -> bool:
    if isinstance(claim, Not) and isinstance(line, Not):
        claim, line = claim.body, line.body
    return isinstance(line, Equal) and claim == Equal(line.right, line.left)


def _transitivity(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    """A chain of `=`, `<=` and `<` in the order cited, or two steps in any order."""
    orders = permutations(lines) if len(lines) == 2 else [lines]
    return any(claim == _chained([line.formula for line in order]) for order in orders)


def _chained(formulas: Sequence[Formula]) -> Formula | None:
    chain = [formula for formula in formulas if isinstance(formula, Equal | AtMost | Less)]
    links = all(one.right == other.left for one, other in pairwise(chain))
    if len(chain) < len(formulas) or not links:
        return None
    kinds = {type(formula) for formula in chain}
    relation = Less if Less in kinds else AtMost if AtMost in kinds else Equal
    return relation(chain[0].left, chain[-1].right)


def _substitution(claim: Formula, lines: Sequence[Line], subproofs: Sequence[Subproof]) -> bool:
    """Some occurrences of one side of an equation become the other. An equation alone rewrites `t = t`."""
    if len(lines) == 1:
        return _congruence(claim, lines, subproofs)
    orders = permutations([line.formula for line in lines])
    return any(isinstance(one, Equal) and _rewritten(other, claim, [one]) for one, other in orders)


def _congruence(claim: Formula, lines: Sequence[Line], _: Sequence[Subproof]) -> bool:
    equations = [line.formula for line in lines if isinstance(line.formula, Equal)]
    if len(equations) < len(lines) or not isinstance(claim, Equal):
        return False
    return _rewritten(claim.left, claim.right, equations)


def _rewritten(old: Node, new: Node, equations: Sequence[Equal]) -> bool:
    for equation in equations:
        if (old, new) in ((equation.left, equation.right), (equation.right, equation.left)):
            return True
    if head(old) != head(new):
        return False
    return all(_rewritten(*pair, equations) for pair in zip(children(old), children(new), strict=True))


FIRST_ORDER: dict[str, Rule] = {
    "forall elimination": on_steps(_forall_elimination, 1),
    "forall introduction": Rule(_forall_introduction, (exactly(1), exactly(0, 1))),
    "exists introduction": on_steps(_exists_introduction, 1),
    "exists elimination": Rule(_exists_elimination, (exactly(1, 1),)),
    "quantifier negation": on_steps(_quantifier_negation, 1),
    "reflexivity": Rule(_reflexivity, (exactly(0),)),
    "symmetry": on_steps(_symmetry, 1),
    "transitivity": Rule(_transitivity, ((range(2, MANY), range(1)),)),
    "substitution": Rule(_substitution, (exactly(1), exactly(2))),
    "congruence": Rule(_congruence, ((range(1, MANY), range(1)),)),
}
