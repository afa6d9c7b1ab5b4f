"""Symbolic equality: the table of verdicts, hostile answers, and laws that hold for any text."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.verify.symbolic import equivalent, equivalent_many
from ponder.verify.workers import WorkerOutOfMemory, WorkerPool

TABLE = Path(__file__).parent / "data" / "symbolic_pairs.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").split("\n") if line]
JUDGED = [
    row
    for row in ROWS
    if row["verdict"] in ("correct", "wrong") and "gold answer that cannot be read" not in row["note"]
]
ORDINARY = (r"\frac{\sqrt{3}}{3} + x", r"x + \frac{1}{\sqrt{3}}")

HOSTILE = {
    "tower": r"9^{9^{9^9}}",
    "digits": "7" * 100_000,
    "braces": "{" * 10_000 + "1" + "}" * 10_000,
    "factorial": "1000000000!",
    "binomial": r"\binom{10^7}{5\cdot10^6}",
    "sum": r"\sum_{n=1}^{10^8} n",
    "power of a sum": r"(1+\sqrt2)^{100000}",
    "parentheses": "(" * 2_000 + "1" + ")" * 2_000,
    "fractions": r"\frac{1}{" * 300 + "2" + "}" * 300,
    "roots": r"\sqrt" * 150 + "2",
    "signs": "-" * 390 + "1",
    "exponents": "x^" * 150 + "x",
    "factorials": "5" + "!" * 390,
    "degrees": "5" + "°" * 390,
    "strokes": "1/" * 190 + "1",
    "bars": "|" * 390,
    "functions": r"\sin" * 190 + "x",
    "unions": r"(1,2)\cup" * 60 + "(1,2)",
    "braces in a matrix": r"\begin{pmatrix}" * 40,
    "infinite loop of text": r"\text{" * 150,
    "spaces": "1" + " " * 5_000_000 + "2",
    "nothing but NUL": "\0" * 500,
    "lone surrogate": "\ud800",
}
HANGING = {
    "expansion": (r"(x+y+z)^{100}", r"(x^2+y^2+z^2+2xy+2yz+2xz)^{50}"),
    "radicals": (r"(1+\sqrt2+\sqrt3)^{300}", r"(6+2\sqrt2+2\sqrt3+2\sqrt6)^{150}"),
    "undefined everywhere": (r"\arcsin(2+x^2)(a+b+c+d+x)^{90}", "x"),
    "nested radicals": (
        r"((\sqrt2+\sqrt3+\sqrt5+\sqrt7)^2)^{25}+1",
        r"(17+2\sqrt6+2\sqrt{10}+2\sqrt{14}+2\sqrt{15}+2\sqrt{21}+2\sqrt{35})^{25}+1",
    ),
}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['answer'][:30]} vs {row['gold'][:30]}" for row in ROWS])
def test_the_table(row: dict[str, str]) -> None:
    judgement = equivalent(row["answer"], row["gold"])
    assert judgement.verdict == row["verdict"], judgement.reason


def test_the_table_is_large_and_says_where_its_rows_come_from() -> None:
    count = Counter(row["verdict"] for row in ROWS)
    assert count["correct"] >= 120 and count["wrong"] + count["unparsable"] >= 120
    assert all(set(row) == {"answer", "gold", "verdict", "note"} and row["note"] for row in ROWS)


def test_equality_is_symmetric_and_every_gold_accepts_itself() -> None:
    swapped = equivalent_many([(row["gold"], row["answer"]) for row in JUDGED])
    assert [judgement.verdict for judgement in swapped] == [row["verdict"] for row in JUDGED]
    texts = sorted({row[side] for row in ROWS for side in ("answer", "gold")})
    assert all(judgement.correct for judgement in equivalent_many([(text, text) for text in texts]))


def test_a_batch_keeps_its_order() -> None:
    pairs = [("x+x", "2x"), ("y", ""), ("", "y"), ("x+x", "3x"), ("!", "1"), ("1", "1.0"), ("x y", "y x")]
    verdicts = [judgement.verdict for judgement in equivalent_many(pairs)]
    assert verdicts == [
        Verdict.CORRECT,
        Verdict.ERROR,
        Verdict.NO_ANSWER,
        Verdict.WRONG,
        Verdict.UNPARSABLE,
        Verdict.CORRECT,
        Verdict.CORRECT,
    ]
    assert equivalent_many([]) == []


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_answer_is_judged_and_the_next_is_served_at_once(answer: str) -> None:
    equivalent(*ORDINARY)
    began = time.monotonic()
    judgement = equivalent(answer, "3")
    assert time.monotonic() - began < 2
    assert judgement.verdict in (Verdict.UNPARSABLE, Verdict.WRONG, Verdict.TIMED_OUT)
    assert len(judgement.extracted or "") <= 1_000
    began = time.monotonic()
    assert equivalent(*ORDINARY).correct
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("pair", HANGING.values(), ids=list(HANGING))
def test_a_proof_that_hangs_is_killed_and_the_next_is_served_at_once(pair: tuple[str, str]) -> None:
    equivalent(*ORDINARY)
    began = time.monotonic()
    assert equivalent(*pair).verdict is Verdict.TIMED_OUT
    assert time.monotonic() - began < 2
    began = time.monotonic()
    assert equivalent(*ORDINARY).correct
    assert time.monotonic() - began < 1


def test_hanging_answers_do_not_hold_up_a_batch() -> None:
    pairs = [HANGING["expansion"], ORDINARY, ("x", "y"), HANGING["radicals"], ORDINARY]
    verdicts = [judgement.verdict.value for judgement in equivalent_many(pairs)]
    assert verdicts == ["timed_out", "correct", "wrong", "timed_out", "correct"]


def test_memory_is_bounded() -> None:
    with (
        WorkerPool("ponder.verify.symbolic:judge_pair", seconds=60, memory_mb=128, size=1) as pool,
        pytest.raises(WorkerOutOfMemory),
    ):
        pool.call(HANGING["undefined everywhere"])


def test_many_threads_may_ask_at_once() -> None:
    with ThreadPoolExecutor(8) as threads:
        judgements = list(threads.map(lambda n: equivalent(f"x + {n}", f"{n} + x"), range(64)))
    assert all(judgement.correct for judgement in judgements)


def test_the_caller_never_imports_sympy() -> None:
    code = (
        "import sys; from ponder.verify.symbolic import equivalent\n"
        "assert equivalent('(x+1)^2', 'x^2+2x+1').correct\n"
        "sys.exit('sympy' in sys.modules or 'mpmath' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WHOLE = st.integers(-50, 50)


@settings(max_examples=40)
@given(WHOLE, WHOLE, WHOLE, WHOLE, st.integers(1, 9))
def test_expanded_products_are_equal_and_nothing_near_them(a: int, b: int, c: int, d: int, by: int) -> None:
    product = rf"({a}x {b:+d}y)({c}x {d:+d}y)"
    expanded = rf"{a * c}x^2 {a * d + b * c:+d}xy {b * d:+d}y^{{2}}"
    assert equivalent(product, expanded).correct
    assert equivalent(rf"\frac{{{by}({expanded})}}{{{by}}}", product).correct
    assert equivalent(product, f"{expanded} {by:+d}").verdict is Verdict.WRONG


@settings(max_examples=40)
@given(WHOLE, st.integers(1, 50), st.integers(1, 30), st.integers(1, 12))
def test_radicals_are_equal_to_their_multiples_only(a: int, b: int, root: int, times: int) -> None:
    value = rf"\frac{{{a}+\sqrt{{{root}}}}}{{{b}}}"
    scaled = rf"\frac{{{a * times}+\sqrt{{{root * times**2}}}}}{{{b * times}}}"
    assert equivalent(scaled, value).correct
    assert equivalent(scaled, value.replace("+", "-", 1)).verdict is Verdict.WRONG


NOTATION = r"""
\frac \sqrt \pi \{ \} { } ( ) [ ] | ^ _ , = < > \le \cup \pm \text \sin \log \infty ! % + - * / .
x y e i f 0 1 2 10 or \begin{pmatrix} \end{pmatrix} & \\ $
"""
PIECES = st.sampled_from([*NOTATION.split(), " "])


@settings(max_examples=150)
@given(
    st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=14).map("".join)), st.lists(PIECES).map("".join)
)
def test_no_text_crashes_and_every_text_equals_itself(answer: str, gold: str) -> None:
    assert equivalent(answer, gold).verdict in Verdict
    assert "worker" not in equivalent(answer, "x+1").reason
    assume(answer.strip())
    assert equivalent(answer, answer).correct
