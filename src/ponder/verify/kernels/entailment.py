"""Whether formulas entail another: asked of Z3 in SMT-LIB 2.6, in a worker process that can be killed.

Objects are a sort of their own that is not empty and of unknown size, numbers are the reals, and functions
and predicates mean nothing in particular. Z3 proves that the premises and the negated claim cannot hold
together, or shows that they can, or gives up after so much work; work is counted, not timed, so that a
verdict does not depend on how busy the machine is. Nothing is entailed unless it is proved. Only the workers
import Z3.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any, cast

from ponder.verify.kernels.formula import (
    And,
    Apply,
    AtMost,
    Atom,
    Bound,
    Equal,
    Exists,
    ForAll,
    Formula,
    Iff,
    Implies,
    Less,
    Node,
    Not,
    Number,
    Or,
    Scaled,
    Sort,
    Sum,
    Truth,
    children,
    sort_of,
    with_children,
)

FUNCTION = "ponder.verify.kernels.entailment:decide"
"""What a `WorkerPool` calls with `{"questions", "work", "seconds"}`."""


class Answer(StrEnum):
    """What Z3 made of one question."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


_SORTS = {Sort.OBJECT: "Object", Sort.NUMBER: "Real", None: "Bool"}
_OPERATORS: dict[type[Node], str] = {
    Equal: "=",
    Iff: "=",
    Less: "<",
    AtMost: "<=",
    Not: "not",
    And: "and",
    Or: "or",
    Implies: "=>",
    Sum: "+",
}


def question(premises: Sequence[Formula], claim: Formula) -> str:
    """The SMT-LIB script that is unsatisfiable just when `premises` entail `claim`."""
    script = _Script()
    asserted = [f"(assert {script.text(formula)})" for formula in (*premises, Not(claim))]
    return "\n".join(["(declare-sort Object 0)", *script.declarations.values(), *asserted])


def propositional(formulas: Sequence[Formula]) -> list[Formula]:
    """The formulas with a proposition for each part that is no connective, the same for equal parts."""
    names = dict[Formula, Atom]()

    def skeleton(formula: Formula) -> Formula:
        if isinstance(formula, Truth | Not | And | Or | Implies | Iff):
            parts = cast(tuple[Formula, ...], children(formula))
            return with_children(formula, [skeleton(part) for part in parts])
        return names.setdefault(formula, Atom(f"{len(names)}"))

    return [skeleton(formula) for formula in formulas]


def is_arithmetic(formula: Formula) -> bool:
    """Whether it is made of comparisons of numbers, without quantifiers, predicates and objects."""
    match formula:
        case Less() | AtMost() | Truth():
            return True
        case Equal(left=left):
            return sort_of(left) is Sort.NUMBER
        case Not() | And() | Or() | Implies() | Iff():
            return all(is_arithmetic(part) for part in cast(tuple[Formula, ...], children(formula)))
        case _:
            return False


class _Script:
    """Terms and formulas in SMT-LIB, with symbols under names of our own, whatever Z3 knows by theirs."""

    def __init__(self) -> None:
        self.declarations = dict[str, str]()
        self._names = dict[str, str]()

    def text(self, node: Node, scope: tuple[tuple[str, Sort | None], ...] = ()) -> str:
        """`scope` holds the variables around the node, outermost first."""
        match node:
            case Bound(index=index):
                return scope[-1 - index][0]
            case Number(value=value):
                return _number(value)
            case Truth(value=value):
                return "true" if value else "false"
            case ForAll(body=body, sort=sort) | Exists(body=body, sort=sort):
                variable = f"v{len(scope)}"
                word = "forall" if isinstance(node, ForAll) else "exists"
                return f"({word} (({variable} {_SORTS[sort]})) {self.text(body, (*scope, (variable, sort)))})"
            case Scaled(factor=factor, term=term):
                return f"(* {_number(factor)} {self.text(term, scope)})"
            case Apply() | Atom():
                operator = self._symbol(node, scope)
            case _:
                operator = _OPERATORS[type(node)]
        parts = [self.text(part, scope) for part in children(node)]
        return f"({operator} {' '.join(parts)})" if parts else operator

    def _symbol(self, node: Apply | Atom, scope: tuple[tuple[str, Sort | None], ...]) -> str:
        if node.name not in self._names:
            name = self._names[node.name] = f"s{len(self._names)}"
            sorts = [
                scope[-1 - arg.index][1] if isinstance(arg, Bound) else sort_of(arg) for arg in node.args
            ]
            taken = " ".join(_SORTS[sort] for sort in sorts)
            given = _SORTS[node.sort if isinstance(node, Apply) else None]
            self.declarations[name] = f"(declare-fun {name} ({taken}) {given})"
        return self._names[node.name]


def _number(value: Fraction) -> str:
    size = f"{abs(value.numerator)}.0"
    if value.denominator != 1:
        size = f"(/ {size} {value.denominator}.0)"
    return f"(- {size})" if value < 0 else size


def warm_up() -> None:
    """Import Z3 and use it once before the first worker is forked. Sets no timer: those are threads."""
    z3: Any = importlib.import_module("z3")  # slow to import, and without types

    solver = z3.Solver(ctx=z3.Context())
    solver.from_string("(declare-fun p () Bool)(assert p)(assert (not p))")
    solver.check()


def decide(job: dict[str, Any]) -> list[str]:
    """In a worker: the answer to each question of one proof, up to the first that is not proved."""
    z3: Any = importlib.import_module("z3")  # slow to import, and without types

    answers = list[str]()
    deadline = time.monotonic() + job["seconds"]
    context = z3.Context()
    for asked in job["questions"]:
        left = deadline - time.monotonic()
        found = _answer(z3, context, asked, job["work"], left) if left > 0 else Answer.UNDECIDED
        answers.append(found.value)
        if found is not Answer.PROVED:
            break
    return answers


def _answer(z3: Any, context: Any, asked: str, work: int, seconds: float) -> Answer:
    solver = z3.Solver(ctx=context)
    try:
        solver.set("rlimit", work)
        solver.set("timeout", max(1, int(seconds * 1000)))
        solver.from_string(asked)
        found = str(solver.check())
    except z3.Z3Exception:  # out of memory, or cancelled while reading
        return Answer.UNDECIDED
    return {"unsat": Answer.PROVED, "sat": Answer.REFUTED}.get(found, Answer.UNDECIDED)
