r"""Whether two mathematical answers are equal: read here, compared in processes that can be killed.

An answer is read into a tree (`latex/`), strictly: what is unknown, ambiguous or too large is refused before
anything is computed. Equal trees, plain numbers and kinds that never agree are judged at once. The rest goes
to a worker, which has one second and 256 MB. An answer that needs more is TIMED_OUT, with the outcome
`memory` where that was the reason; a worker that dies twice is our ERROR. A gold answer that cannot be read
is compared as text, and another text is WRONG: left out, such pairs would lift every accuracy.

Does not find the answer in a completion, and does not know units or which form was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ponder.records import Judgement, Verdict
from ponder.verify.latex.equality import same
from ponder.verify.latex.grammar import read, read_mathematics
from ponder.verify.latex.size import check_size
from ponder.verify.latex.tokens import MOST_CHARS
from ponder.verify.latex.tree import Node, Unreadable, as_fraction
from ponder.verify.workers import WorkerDied, WorkerFailure, WorkerOutOfMemory, WorkerPool, WorkerTimeout

SECONDS = 0.9
"""Of a worker, so that the verdict is there within a second."""
MEMORY_MB = 256
_POOL = WorkerPool("ponder.verify.symbolic:judge_pair", seconds=SECONDS, memory_mb=MEMORY_MB)
_APART = frozenset(("words", "numeral", "percent", "ratio", "matrix"))
"""Kinds that equal only their own."""


def equivalent(given: str, gold: str) -> Judgement:
    r"""Judge the bare answer `given` against the bare `gold`.

    >>> equivalent(r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}").verdict
    <Verdict.CORRECT: 'correct'>
    """
    return equivalent_many([(given, gold)])[0]


def equivalent_many(pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
    """Judge (given, gold) pairs over all workers; order kept."""
    judgements = [_judge_at_once(given, gold) for given, gold in pairs]
    open_ones = [index for index, judgement in enumerate(judgements) if judgement is None]
    outcomes = _ask_workers([pairs[index] for index in open_ones])
    for index, outcome in zip(open_ones, outcomes, strict=True):
        judgements[index] = _judgement(pairs[index][0], outcome)
    return [judgement for judgement in judgements if judgement is not None]


def _ask_workers(pairs: Sequence[tuple[str, str]]) -> list[Any]:
    outcomes = _POOL.map(pairs)
    lost = [index for index, outcome in enumerate(outcomes) if isinstance(outcome, WorkerDied)]
    for index, outcome in zip(lost, _POOL.map([pairs[index] for index in lost]), strict=True):
        outcomes[index] = outcome
    return outcomes


def _judgement(given: str, outcome: Any) -> Judgement:
    match outcome:
        case WorkerTimeout():
            return Judgement(Verdict.TIMED_OUT, given, f"not compared within {SECONDS:g} s")
        case WorkerOutOfMemory():
            return Judgement(
                Verdict.TIMED_OUT, given, f"not compared within {MEMORY_MB} MB", outcome="memory"
            )
        case WorkerFailure():
            return Judgement(Verdict.ERROR, given, str(outcome))
        case {"same": True}:
            return Judgement(Verdict.CORRECT, given, "proved equal")
        case _:
            return Judgement(Verdict.WRONG, given, f"not shown to be equal{outcome['reason']}")


def judge_pair(pair: Sequence[str]) -> dict[str, Any]:
    """In a worker: whether the two answers of (given, gold) are the same, and if not, why not."""
    given, gold = pair
    try:
        return {"same": same(*_in_one_language(given, gold, read(given), read(gold))), "reason": ""}
    except MemoryError:
        raise
    except Exception as error:  # sympy raises errors of every kind on expressions it cannot treat
        return {"same": False, "reason": f" ({type(error).__name__})"}


def warm_up() -> None:
    """Before the first fork: what every worker would otherwise import and compute for itself."""
    for given, gold in _EXERCISES:
        judge_pair((given, gold))


def _judge_at_once(given: str, gold: str) -> Judgement | None:
    """What needs no algebra; None for what does."""
    if not gold.strip():
        return Judgement(Verdict.ERROR, given, "the gold answer is empty")
    if not given.strip():
        return Judgement(Verdict.NO_ANSWER, None, "empty answer")
    shown = given[:MOST_CHARS]
    if given.split() == gold.split():
        return Judgement(Verdict.CORRECT, shown, "same text")
    try:
        wanted = _read_checked(gold)
    except Unreadable as error:
        return Judgement(Verdict.WRONG, shown, f"not the gold's text, and that cannot be read: {error}")
    try:
        found = _read_checked(given)
    except Unreadable as error:
        return Judgement(Verdict.UNPARSABLE, shown, f"cannot be read: {error}")
    found, wanted = _in_one_language(given, gold, found, wanted)
    if found == wanted:
        return Judgement(Verdict.CORRECT, shown, "same answer")
    if _never_same(found, wanted):
        return Judgement(Verdict.WRONG, shown, f"{_name(found)} is not {_name(wanted)}")
    return None


def _read_checked(text: str) -> Node:
    node = read(text)
    check_size(node)
    return node


def _in_one_language(given: str, gold: str, found: Node, wanted: Node) -> tuple[Node, Node]:
    """Both trees; letters that could be a word are a product next to what is no word."""
    words = [node.text for node in (found, wanted) if node.kind == "words"]
    if len(words) == 1 and words != ["no"]:
        try:
            return read_mathematics(given), read_mathematics(gold)
        except Unreadable:
            pass
    return found, wanted


def _never_same(found: Node, wanted: Node) -> bool:
    if (one := as_fraction(found)) is not None and (other := as_fraction(wanted)) is not None:
        return one != other
    kinds = {found.kind, wanted.kind}
    if kinds <= {"words"} or kinds <= {"numeral"}:
        return True
    if kinds & {"relation", "list"}:
        return False
    return len(kinds) == 2 and bool(kinds & _APART)


def _name(node: Node) -> str:
    if (number := as_fraction(node)) is not None:
        return str(number)
    return f"a {'value' if node.is_scalar else node.kind}"


_EXERCISES = (
    (r"\frac{1}{1+\sqrt{2}}", r"\sqrt{2} - 1"),
    (r"\sqrt{3+2\sqrt{2}}", r"1+\sqrt{2}"),
    (r"\cos\frac{2\pi}{7}+\cos\frac{4\pi}{7}+\cos\frac{6\pi}{7}", r"-\frac{1}{2}"),
    (r"(x+1)^2(x-y)", r"(x^2+2x+1)(x-y)"),
    (r"\frac{x^2-1}{x-1}", "x+1"),
    (r"\sin^2 x + \cos^2 x", "1"),
    (r"\frac{e^x-e^{-x}}{2}", r"\sinh x"),
    (r"\tan x", r"\frac{\sin x}{\cos x} + 0x"),
    (r"\ln 6 + \ln x^2", r"\ln 2 + \ln 3 + 2\ln x"),
    (r"\binom{n}{2}", r"\frac{n(n-1)}{2}"),
    (r"\sqrt{2}+e^2", r"\sqrt{2}+e^2+\tanh 90 - 1"),
    ("2x+3y=5", "4x+6y-10=0"),
    (r"x<-1 \text{ or } x \ge \sqrt{2}", r"(-\infty,-1)\cup[\sqrt{2},\infty)"),
    (r"\begin{pmatrix} 1 & 2x \\ 3 & 4 \end{pmatrix}", r"\begin{pmatrix} 1 & x+x \\ 3 & 4 \end{pmatrix}"),
    (r"1 \pm \sqrt{5}", r"\{1-\sqrt{5}, 1+\sqrt{5}\}"),
)
