r"""Reading answers: what one notation is, what is refused, and how large numbers may get."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.verify.latex.grammar import read
from ponder.verify.latex.sampling import differ
from ponder.verify.latex.size import check_size
from ponder.verify.latex.tree import Node, Unreadable, as_fraction

TABLE = Path(__file__).parents[1] / "data" / "symbolic_pairs.jsonl"


@pytest.mark.parametrize(
    "spellings",
    [
        (
            r"\frac{1}{2}",
            r"\dfrac12",
            r"\tfrac 1 2",
            r"\frac1{2}",
            "½",
            "1/2",
            r"1 \div 2",
            r"\left(\frac{1}{2}\right)",
        ),
        (r"\sqrt{x}", r"\sqrt x", "sqrt(x)", "√x", r"\sqrt{\,x\,}"),
        (r"x \leq 3", "x<=3", "x ≤ 3", r"x\leqslant3", r"$x \le 3$", r"\(x\le 3\)"),
        (r"2 \cdot \pi", "2*pi", r"2\pi", "2π", r"2\,\pi", r"2 \times \pi"),
        ("1234", "1,234", r"1{,}234", r"1,\!234", r"1\,234", "1234.0", "1234."),
        (r"x^{10}", "x^10", "x**10", "x¹⁰".replace("¹⁰", "^{10}")),
        (r"\operatorname{arcsin}(x)", r"\arcsin x", r"\sin^{-1}(x)", "asin(x)"),
        (r"\{1, 2\}", r"\left\{1,2\right\}", r"\lbrace 1,2 \rbrace", r"\{1;2\}"),
        (r"\mathbf{v}", r"\boldsymbol{v}", r"\bm v"),
    ],
)
def test_spellings_of_one_answer_give_one_tree(spellings: tuple[str, ...]) -> None:
    assert len({read(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(1,2)", "bracket"),
        ("(3)", "number"),
        ("[3]", "bracket"),
        (r"\{3\}", "set"),
        ("3,4", "list"),
        ("3:4", "ratio"),
        (r"3\%", "percent"),
        ("101_2", "numeral"),
        ("x=3", "relation"),
        (r"\pm3", "list"),
        ("even", "words"),
        ("no", "words"),
        ("xy", "mul"),
        (r"\text{km}", "unit"),
        (r"\emptyset", "empty"),
        (r"\mathbb{R}", "everything"),
        (r"\{x \mid x>0\}", "builder"),
        (r"f(x)", "call"),
        (r"x(x+1)", "mul"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    assert read(text).kind == kind


REFUSED = r"""
1/2x
\sin x/2
\sin x(x+1)
x2
3 4
2\frac{3}{2}
a/b/c
2^3^2
5!!
--3
3 + + 4
\frac{1}{2
(1,2
1,,2
=3
x=
\frac{dy}{dx}
\foo
1&2
3 apples
\sum n
\begin{pmatrix}1&2\\3\end{pmatrix}
\begin{cases}1\end{cases}
(1,2)+3
\sqrt
^2
\{1
f^2(x)
"""


@pytest.mark.parametrize("text", [*REFUSED.strip().split("\n"), "1\0", "\N{HORIZONTAL ELLIPSIS}", ""])
def test_what_is_ambiguous_unknown_or_unfinished_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


@pytest.mark.parametrize("text", [r"2^{10000}", "2000!", r"7^{7^3}", r"e^{-0.0138629t}", r"\binom{2000}{3}"])
def test_sizes_that_are_allowed(text: str) -> None:
    check_size(read(text))


@pytest.mark.parametrize(
    "text", [r"2^{100000}", "10000!", r"9^{9^9}", r"(2^{5000})^{5000}", r"(1000!)!", r"\sinh(10^6)"]
)
def test_sizes_that_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        check_size(read(text))


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_numbers_are_exact(above: int, below: int) -> None:
    assert as_fraction(read(rf"\frac{{{above}}}{{{below}}}")) == Fraction(above, below)
    assert read(f"{above}.{below}") == Node("number", str(Fraction(f"{above}.{below}")))


def test_sampling_never_tells_equal_answers_apart() -> None:
    """The quick look and the proof agree wherever both speak."""
    rows = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").split("\n") if line]
    seen = 0
    for row in rows:
        try:
            one, other = read(row["answer"]), read(row["gold"])
            check_size(one)
            check_size(other)
        except Unreadable:
            continue
        if one.is_scalar and other.is_scalar and differ(one, other):
            seen += 1
            assert row["verdict"] == "wrong"
    assert seen > 40
