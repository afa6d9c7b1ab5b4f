"""What Z3 is asked, what it answers, and that it stops."""

from __future__ import annotations

import time

import pytest

from ponder.verify.kernels.entailment import FUNCTION, Answer, decide, is_arithmetic, propositional, question
from ponder.verify.kernels.formula import Atom, Formula, Implies, Or
from ponder.verify.kernels.formula_parser import parse_formula
from ponder.verify.kernels.sorts import Signature
from ponder.verify.workers import WorkerPool, WorkerTimeout

ENDLESS = (
    "forall x. exists y. r(x, y)",
    "forall x, y, z. r(x, y) & r(y, z) -> r(x, z)",
    "forall x. ~r(x, x)",
    "false",
)
"""True of no finite domain and of some infinite ones: Z3 neither refutes it nor finds a model."""


def sorted_formulas(*texts: str) -> list[Formula]:
    signature = Signature()
    noted = [signature.note(parse_formula(text)) for text in texts]
    return [signature.settle(each) for each in noted]


def asked(*texts: str) -> str:
    """The last text from those before it."""
    *premises, claim = sorted_formulas(*texts)
    return question(premises, claim)


def answers(*questions: str, work: int = 300_000, seconds: float = 5.0) -> list[str]:
    return decide({"questions": list(questions), "work": work, "seconds": seconds})


@pytest.mark.parametrize(
    "texts",
    [
        ("p | ~p",),
        ("p -> q", "p", "q"),
        ("forall x. p(x) -> q(x)", "p(a)", "q(a)"),
        ("forall x. p(x)", "exists x. p(x)"),
        ("exists x. x = x",),
        ("exists y. forall x. r(x, y)", "forall x. exists y. r(x, y)"),
        ("a = b", "b = f(a)", "f(f(b)) = a"),
        ("x < y", "x + 1/2 < y + 1/2"),
        ("x < y", "exists z. x < z & z < y"),
        ("x <= 0.1 + 0.2", "x <= 3/10"),
        ("forall x. student(x) -> age(x) < 30", "student(bob)", "age(bob) <= 30"),
        ("forall x. x < a -> p(x)", "p(a - 1)"),
        ("false", "x < 0"),
        ("true <-> ~false",),
        ("and1 & select", "select"),
        ("φ → ψ", "φ", "ψ"),
    ],
)
def test_what_follows_is_proved(texts: tuple[str, ...]) -> None:
    assert answers(asked(*texts)) == [Answer.PROVED]


@pytest.mark.parametrize(
    "texts",
    [
        ("p | q",),
        ("p -> q", "q", "p"),
        ("exists x. p(x)", "forall x. p(x)"),
        ("exists x. exists y. x != y",),
        ("forall x. forall y. x = y",),
        ("x < y", "x + 1 <= y"),
        ("x <= 1/3", "x <= 0.333"),
        ("f(a) = f(b)", "a = b"),
        ("true", "false"),
        ("x < 0", "y < 0"),
    ],
)
def test_what_does_not_is_refuted(texts: tuple[str, ...]) -> None:
    assert answers(asked(*texts)) == [Answer.REFUTED]


def test_answers_end_at_the_first_that_is_not_proved() -> None:
    good, bad = asked("p", "p"), asked("p", "q")
    assert answers(good, bad, good) == [Answer.PROVED, Answer.REFUTED]
    assert answers(good, good) == [Answer.PROVED, Answer.PROVED]


def test_what_takes_too_much_work_is_undecided_the_same_every_time() -> None:
    found = {tuple(answers(asked("p", "p"), asked(*ENDLESS), work=100_000)) for _ in range(3)}
    assert found == {(Answer.PROVED, Answer.UNDECIDED)}


def test_time_runs_out_by_itself_and_a_worker_is_killed_if_it_does_not() -> None:
    hard = {"questions": [asked(*ENDLESS)] * 2, "work": 0, "seconds": 0.3}
    began = time.monotonic()
    assert decide(hard) == [Answer.UNDECIDED]
    assert time.monotonic() - began < 3
    with WorkerPool(FUNCTION, seconds=0.5, memory_mb=512, size=1) as pool:
        pool.call({"questions": [], "work": 1, "seconds": 1.0}, seconds=20)
        with pytest.raises(WorkerTimeout):
            pool.call({**hard, "seconds": 60.0})
        assert pool.call({"questions": [asked("p", "p")], "work": 300_000, "seconds": 5.0}, seconds=20) == [
            "proved"
        ]


def test_propositional_skeletons() -> None:
    formulas = sorted_formulas("forall x. p(x)", "(forall y. p(y)) & a = b -> q", "~(a = b) | q")
    skeleton = propositional(formulas)
    assert {type(formula) for formula in skeleton} == {Atom, Implies, Or}
    assert answers(question(skeleton[:2], skeleton[2])) == [Answer.PROVED]
    every, one = propositional(sorted_formulas("forall x. p(x)", "p(a)"))
    assert answers(question([every], one)) == [Answer.REFUTED]


def test_what_is_arithmetic() -> None:
    for text in ("x < 1 & ~(y = 2) -> x <= y", "f(a) + 1 = 2", "false"):
        assert is_arithmetic(*sorted_formulas(text)), text
    for text in ("p", "x < 1 & p", "a = b", "forall x. x < 1", "p(1)"):
        assert not is_arithmetic(*sorted_formulas(text)), text
