"""Whether formulas entail another: decided by Z3, in a worker process that can be killed.

Without arithmetic the individuals are an unknown domain that is not empty; with it they are the real
numbers, so `x < y -> exists z. x < z & z < y` holds and `x < y -> x + 1 <= y` does not. Z3 either proves that
the premises and the negated conclusion cannot hold together, or shows that they can, or gives up within its
time. Nothing is entailed unless it is proved.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ponder.verify.kernels.logic import Node, negation
from ponder.verify.workers import WorkerFailure, WorkerPool

PROVED, REFUTED, UNDECIDED = "proved", "refuted", "undecided"
SECONDS = 3.0
"""Of one proof with all its steps."""
STEP_MILLISECONDS = 700
MEMORY_MB = 512
Signature = Mapping[str, tuple[str, int]]
"""Each symbol's kind (`apply` or `atom`) and how many arguments it takes."""

_pool = WorkerPool("ponder.verify.kernels.entailment:decide_all", seconds=SECONDS, memory_mb=MEMORY_MB)


def ask(proofs: Sequence[Sequence[str]]) -> list[list[str]]:
    """The decisions on each proof's problems, in their order; a proof that runs out of time is undecided."""
    wanted = [place for place, problems in enumerate(proofs) if problems]
    answers = _pool.map([list(proofs[place]) for place in wanted])
    decided: list[list[str]] = [[] for _ in proofs]
    for place, answer in zip(wanted, answers, strict=True):
        decided[place] = [UNDECIDED] * len(proofs[place]) if isinstance(answer, WorkerFailure) else answer
    return decided


def problem(premises: Sequence[Node], conclusion: Node, signature: Signature, arithmetic: bool) -> str:
    """The question in SMT-LIB: are the premises and the negated conclusion impossible together?"""
    individual = "Real" if arithmetic else "Thing"
    lines = [] if arithmetic else ["(declare-sort Thing 0)"]
    for name, (kind, count) in signature.items():
        result = "Bool" if kind == "atom" else individual
        lines.append(f"(declare-fun |s.{name}| ({' '.join([individual] * count)}) {result})")
    lines += [f"(assert {_smt(formula, 0, individual)})" for formula in (*premises, negation(conclusion))]
    return "\n".join(lines)


def decide_all(problems: Sequence[str]) -> list[str]:
    """In a worker: the decision on each problem."""
    return [_decide(text) for text in problems]


def warm_up() -> None:
    """Before the first fork."""
    _decide("(declare-fun p () Bool)(assert p)(assert (not p))")


def _decide(text: str) -> str:
    z3: Any = importlib.import_module("z3")  # slow, and typed only in part
    solver = z3.Solver(ctx=z3.Context())
    solver.set("timeout", STEP_MILLISECONDS)
    try:
        solver.from_string(text)
        found = str(solver.check())
    except z3.Z3Exception:
        return UNDECIDED
    return {"unsat": PROVED, "sat": REFUTED}.get(found, UNDECIDED)


_SIGNS = {"not": "not", "and": "and", "or": "or", "implies": "=>", "iff": "=", "equal": "=", "less": "<",
          "at_most": "<=", "add": "+"}  # fmt: skip


def _smt(node: Node, depth: int, individual: str) -> str:
    match node.kind:
        case "true" | "false":
            return node.kind
        case "number":
            return _number(node.value)
        case "bound":
            return f"b!{depth - 1 - int(node.value)}"
        case "forall" | "exists":
            return f"({node.kind} ((b!{depth} {individual})) {_smt(node.parts[0], depth + 1, individual)})"
        case "scale":
            return f"(* {_number(node.value)} {_smt(node.parts[0], depth, individual)})"
        case "apply" | "atom":
            head = f"|s.{node.name}|"  # a name of ours, whatever Z3 knows by that name
        case kind:
            head = _SIGNS[kind]
    if not node.parts:
        return head
    return f"({head} {' '.join(_smt(part, depth, individual) for part in node.parts)})"


def _number(value: Fraction) -> str:
    size = f"(/ {abs(value.numerator)}.0 {value.denominator}.0)"
    return f"(- {size})" if value < 0 else size
