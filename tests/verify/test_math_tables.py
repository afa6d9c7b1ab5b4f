r"""Two tables of answers: near misses, which are never CORRECT, and equivalents, which always are.

Each row's note says what it tries or where it was seen. A near miss has a `verdict` where the rules leave
only one. `math_open_questions.jsonl` holds answers on which reasonable judges differ, with what we say today.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from ponder.records import Judgement, Verdict
from ponder.verify.math import verify_math, verify_math_many

DATA = Path(__file__).parent / "data"
CANNOT_SAY = (Verdict.ERROR, Verdict.TIMED_OUT)
LARGE = {
    "parentheses": "(" * 2_000 + "7" + ")" * 2_000,
    "braces": "{" * 10_000 + "7" + "}" * 10_000,
    "fractions": r"\frac{1}{" * 300 + "7" + "}" * 300,
    "boxes": r"\boxed{7}" * 5_000 + r"\boxed{8}",
    "nested boxes": r"\boxed{" * 5_000 + "7" + "}" * 5_000,
    "unclosed boxes": r"\boxed{" * 5_000 + "7",
    "digits": "7" * 100_000,
    "a megabyte": r"x^2+\sqrt{2}" * 90_000,
    "powers": "9^{" * 40 + "9" + "}" * 40,
    "a factorial": "(10^9)!",
}


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


NEAR_MISSES = rows("math_near_misses.jsonl")
EQUIVALENTS = rows("math_equivalents.jsonl")
OPEN_QUESTIONS = rows("math_open_questions.jsonl")


@cache
def judgements() -> dict[tuple[str, str], Judgement]:
    """All rows at once, as training asks."""
    pairs = [(row["answer"], row["gold"]) for row in NEAR_MISSES + EQUIVALENTS + OPEN_QUESTIONS]
    return dict(zip(pairs, verify_math_many(pairs), strict=True))


def name(row: dict[str, str]) -> str:
    return ascii(f"{row['answer'][:40]} for {row['gold'][:40]}")


@pytest.mark.parametrize("row", NEAR_MISSES, ids=name)
def test_a_near_miss_is_not_paid(row: dict[str, str]) -> None:
    judgement = judgements()[row["answer"], row["gold"]]
    assert not judgement.correct, row["note"]
    assert judgement.verdict not in CANNOT_SAY, judgement.reason
    assert judgement.verdict.value == row.get("verdict", judgement.verdict.value), row["note"]


@pytest.mark.parametrize("row", EQUIVALENTS, ids=name)
def test_an_equivalent_form_is_paid(row: dict[str, str]) -> None:
    judgement = judgements()[row["answer"], row["gold"]]
    assert judgement.correct, f"{row['note']}: {judgement.reason}"


@pytest.mark.parametrize("row", OPEN_QUESTIONS, ids=name)
def test_an_open_question_is_judged_as_stated(row: dict[str, str]) -> None:
    assert judgements()[row["answer"], row["gold"]].verdict.value == row["verdict"], row["note"]


@pytest.mark.parametrize("row", EQUIVALENTS, ids=name)
def test_every_gold_is_correct_against_itself(row: dict[str, str]) -> None:
    assert verify_math(row["gold"], row["gold"]).correct


def test_the_tables_are_as_large_as_promised_and_no_row_is_twice() -> None:
    for table in (NEAR_MISSES, EQUIVALENTS):
        assert len(table) >= 300
        assert len({(row["answer"], row["gold"]) for row in table}) == len(table)
        assert all(row["note"] for row in table)


@pytest.mark.slow
def test_one_by_one_is_judged_as_in_a_batch() -> None:
    for pair, judgement in judgements().items():
        assert verify_math(*pair).verdict is judgement.verdict, pair


@pytest.mark.parametrize("gold", ["7", "x^2", r"\frac{\pi}{7}"])
@pytest.mark.parametrize("name", LARGE)
def test_a_large_answer_is_refused_within_a_second(name: str, gold: str) -> None:
    verify_math("x+x", "2x")  # the workers are there
    began = time.perf_counter()
    assert not verify_math(LARGE[name], gold).correct
    assert time.perf_counter() - began < 2


def test_eight_threads_are_judged_as_one() -> None:
    pairs = list(judgements())[::10]
    with ThreadPoolExecutor(8) as threads:
        for judged in threads.map(verify_math_many, [pairs] * 8):
            assert [found.verdict for found in judged] == [judgements()[pair].verdict for pair in pairs]
