from pathlib import Path
from typing import Any

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st
from problem_files import AIME, GSM8K, MATH, MATH_500, PAIR, Row, write_lines

from ponder.errors import DataError
from ponder.records import Problem, Verdict
from ponder.tasks.files import FileTask, read_problems


def read(folder: Path, *rows: Row | str) -> FileTask:
    return read_problems(write_lines(folder / "p.jsonl", rows), task="mine")


def only(folder: Path, row: Row) -> Problem:
    (problem,) = read(folder, row).items
    return problem


@pytest.mark.parametrize(
    ("row", "question", "gold", "meta"),
    [
        (GSM8K, GSM8K["question"], "5", {"layout": "GSM8K", "worked": "2+3=5"}),
        (
            MATH,
            MATH["problem"],
            "\\frac{1}{2}",
            {"layout": "MATH", "level": "Level 1", "subject": "Prealgebra", "worked": MATH["solution"]},
        ),
        (
            MATH_500,
            MATH_500["problem"],
            "\\frac{3}{2}",
            {"layout": "MATH", "level": "1", "subject": "Prealgebra", "worked": MATH_500["solution"]},
        ),
        (AIME, AIME["Problem"], "033", {"layout": "AIME"}),
        (PAIR, PAIR["question"], "10", {"layout": "question and answer"}),
    ],
)
def test_question_and_gold(tmp_path: Path, row: Row, question: str, gold: str, meta: Row) -> None:
    problem = only(tmp_path, row)
    assert (problem.question, problem.answer) == (question, gold)
    assert problem.meta == {"row": row, "answer_form": "box", **meta}


AIME_ON_THE_HUB: list[Row] = [
    {"ID": "2024-II-4", "Problem": "p", "Solution": "s", "Answer": 33},
    {
        "id": 60,
        "problem": "p",
        "solution": "It is $\\boxed{033}$.",
        "answer": "033",
        "url": "u",
        "year": "2024",
    },
    {"problem": "p", "answer": "33", "id": "0"},
    {"question": "p", "answer": "33"},
    {"problem_idx": 1, "answer": 33, "problem": "p", "problem_type": ["Algebra"]},
    {"problem": "p", "answer": 33.0},
]


@pytest.mark.parametrize("row", AIME_ON_THE_HUB)
@pytest.mark.parametrize("stated", ["33", "033", "33.0"])
def test_aime_in_every_layout_with_and_without_leading_zeros(tmp_path: Path, row: Row, stated: str) -> None:
    task = read(tmp_path, row)
    (problem,) = task.items
    assert task.judge(problem, completion(f"So \\boxed{{{stated}}}.")).verdict is Verdict.CORRECT
    assert task.judge(problem, completion("So \\boxed{330}.")).verdict is Verdict.WRONG


@given(st.integers(0, 999), st.booleans())
def test_every_aime_answer_is_right_against_itself(
    tmp_path_factory: pytest.TempPathFactory, answer: int, padded: bool
) -> None:
    gold = f"{answer:03d}" if padded else str(answer)
    task = read(tmp_path_factory.mktemp("aime"), {**AIME, "Answer": gold})
    assert task.judge(task.items[0], completion(f"\\boxed{{{answer}}}")).correct
    assert not task.judge(task.items[0], completion(f"\\boxed{{{answer + 1}}}")).correct


@pytest.mark.parametrize(
    ("solution", "gold"),
    [
        ("First $\\boxed{1}$, in the end $\\boxed{2}$.", "2"),
        ("So $\\fbox{3}$.", "3"),
        ("So $\\boxed 4$.", "4"),
        ("So $x=\\boxed{\\left\\{1, \\frac{1}{2}\\right\\}}$.", "\\left\\{1, \\frac{1}{2}\\right\\}"),
    ],
)
def test_the_box_of_a_solution(tmp_path: Path, solution: str, gold: str) -> None:
    assert only(tmp_path, {**MATH, "solution": solution}).answer == gold


@pytest.mark.parametrize(
    ("first", "row", "complaint"),
    [
        (GSM8K, {"question": "q", "answer": "It is 7."}, "has no last line `#### N`"),
        (GSM8K, {"question": "q", "answer": "7\n#### "}, "the answer is empty"),
        (GSM8K, {"question": "", "answer": "#### 1"}, "no question found"),
        (GSM8K, {"question": 5, "answer": "#### 1"}, "`question` should be text, not a number"),
        (GSM8K, {"question": "q", "answer": ["#### 1"]}, "`answer` should be text, not a list"),
        (MATH, {**MATH, "solution": "It is 7."}, "no answer in"),
        (MATH, {**MATH, "solution": "It is $\\boxed{}$."}, "no answer in"),
        (AIME, {**AIME, "Answer": 1000}, "an integer from 0 to 999, not '1000'"),
        (AIME, {**AIME, "Answer": "-1"}, "an integer from 0 to 999, not '-1'"),
        (AIME, {**AIME, "Answer": True}, "text or a number, not true or false"),
        (
            PAIR,
            {"question": "q", "answer": None},
            "no answer or target or solution in the layout of question",
        ),
        (PAIR, {"question": "q", "answer": "  "}, "no answer or target or solution found"),
        (PAIR, {"question": "q", "answer": {"value": 1}}, "text or a number, not an object"),
        (PAIR, {"question": "q", "answer": "x" * 3000}, "3000 characters, at most 2000"),
        (PAIR, {"question": "q" * 300_000, "answer": "1"}, "300000 characters, at most"),
        (PAIR, {"question": "half \ud800", "answer": "1"}, "lone surrogate"),
        (PAIR, '{"question": "q", "answer": NaN}', "should be text or a number, not nan"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, first: Row, row: Any, complaint: str) -> None:
    with pytest.raises(DataError, match="line 2: ") as caught:
        read(tmp_path, {**first, "ID": "first"}, row)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_short_answers_may_be_laid_out_in_several_ways_in_one_file(tmp_path: Path) -> None:
    task = read(tmp_path, GSM8K, MATH, AIME, {"prompt": "q", "target": "red"})
    assert task.layout == "GSM8K"
    assert [problem.answer for problem in task.items] == ["5", "\\frac{1}{2}", "033", "red"]
