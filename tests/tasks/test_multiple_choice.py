import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st
from problem_files import (
    ARC,
    ARC_NESTED,
    COMMONSENSE_QA,
    GPQA,
    HELLA_SWAG,
    MMLU,
    MMLU_PRO,
    OPEN_BOOK_QA,
    Row,
    write_lines,
)

from ponder.errors import DataError
from ponder.records import Verdict
from ponder.tasks.files import FileTask, read_problems


def read(folder: Path, *rows: Row) -> FileTask:
    return read_problems(write_lines(folder / "p.jsonl", rows), task="mine")


@pytest.mark.parametrize(
    ("row", "letter", "choice"),
    [
        (MMLU, "C", "7"),
        ({**MMLU, "answer": "C"}, "C", "7"),
        (MMLU_PRO, "J", "j"),
        (ARC, "B", "Mars"),
        (ARC_NESTED, "B", "the Sun"),
        (COMMONSENSE_QA, "C", "library"),
        (OPEN_BOOK_QA, "A", "water"),
        (HELLA_SWAG, "A", "pours it on the tea."),
    ],
)
def test_the_gold_letter_stands_for_the_right_choice(
    tmp_path: Path, row: Row, letter: str, choice: str
) -> None:
    task = read(tmp_path, row)
    (problem,) = task.items
    assert problem.answer == letter
    assert problem.meta["answer_form"] == "letter"
    assert problem.meta["choices"][letter] == choice
    assert f"\n{letter}. {choice}" in problem.question
    wrong = next(other for other in problem.meta["choices"] if other != letter)
    for stated, verdict in (
        (letter, Verdict.CORRECT),
        (f"({letter})", Verdict.CORRECT),
        (f"\\text{{{letter}}}", Verdict.CORRECT),
        (f"{letter}. {choice}", Verdict.CORRECT),
        (wrong, Verdict.WRONG),
        (f"{letter} or {wrong}", Verdict.UNPARSABLE),
        (f"{letter}. {problem.meta['choices'][wrong]}", Verdict.UNPARSABLE),
    ):
        assert task.judge(problem, completion(f"It is \\boxed{{{stated}}}")).verdict is verdict, stated
    assert task.judge(problem, completion("I do not know.")).verdict is Verdict.NO_ANSWER


def test_a_question_shows_its_choices_in_order(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, MMLU).items
    assert problem.question == "Which is a prime?\n\nA. 4\nB. 6\nC. 7\nD. 9"
    assert problem.meta["subject"] == "elementary_mathematics"


def gpqa(number: int) -> Row:
    return {**GPQA, "Record ID": f"rec{number}", "Question": f"What is the charge of particle {number}?"}


def test_gpqa_is_shuffled_the_same_way_whatever_the_order_of_its_wrong_answers(tmp_path: Path) -> None:
    rows = [gpqa(number) for number in range(400)]
    problems = read(tmp_path, *rows).items
    assert all(problem.meta["choices"][problem.answer] == "negative" for problem in problems)
    assert problems == read(tmp_path, *rows).items
    keys = [f"Incorrect Answer {number}" for number in (1, 2, 3)]
    turned = [{**row, keys[0]: row[keys[1]], keys[1]: row[keys[2]], keys[2]: row[keys[0]]} for row in rows]
    assert [(p.question, p.answer) for p in problems] == [
        (p.question, p.answer) for p in read(tmp_path, *turned).items
    ]


def test_gpqa_hides_the_right_answer_evenly(tmp_path: Path) -> None:
    """400 draws over four letters: 100 each give or take three standard deviations of 8.7."""
    counts = Counter(problem.answer for problem in read(tmp_path, *map(gpqa, range(400))).items)
    assert set(counts) == set("ABCD")
    assert all(74 <= count <= 126 for count in counts.values()), counts


def test_choices_that_differ_only_in_case_are_ordered_by_their_letters(tmp_path: Path) -> None:
    rows = [{**gpqa(number), "Correct Answer": "CO", "Incorrect Answer 1": "Co"} for number in range(60)]
    before = [
        problem.question.index(". CO\n") < problem.question.index(". Co\n")
        for problem in read(tmp_path, *rows).items
        if ". CO\n" in problem.question and ". Co\n" in problem.question
    ]
    assert 0 < sum(before) < len(before)


@pytest.mark.parametrize(
    ("first", "change", "complaint"),
    [
        (MMLU, {"answer": 4}, "0 to 3 or A to D, not 4"),
        (MMLU, {"answer": -1}, "not -1"),
        (MMLU, {"answer": "E"}, "not 'E'"),
        (MMLU, {"answer": "2"}, "not '2'"),
        (MMLU, {"answer": True}, "not True"),
        (MMLU, {"answer": 1.5}, "not 1.5"),
        (MMLU, {"answer": [2]}, "not a list"),
        (MMLU, {"answer": None}, "no answer in the layout of MMLU"),
        (MMLU, {"choices": "abc"}, "should be a list that is not empty, not text"),
        (MMLU, {"choices": []}, "not an empty one"),
        (MMLU, {"choices": ["only"]}, "there are 1 choices"),
        (MMLU, {"choices": list("abcdefghijk")}, "there are 11 choices"),
        (MMLU, {"choices": ["a", None, "c"]}, "choice 2 should be text or a number, not null"),
        (ARC, {"answerKey": "A"}, "'A' is none of the labels '1, 2, 3'"),
        (ARC, {"answerKey": ""}, "no answerKey found"),
        (ARC, {"choices": {"text": ["a", "b"], "label": ["1"]}}, "a label of its own"),
        (ARC, {"choices": {"text": ["a", "b"], "label": ["1", "1"]}}, "a label of its own"),
        (ARC, {"choices": {"text": ["a", "b"]}}, "`label` of choices should be a list"),
        (ARC, {"choices": ["a", "b"]}, "objects with text and label"),
        (ARC, {"choices": None}, "`choices` should be a list"),
        (
            ARC,
            {"question": {"stem": None, "choices": ARC_NESTED["question"]["choices"]}, "answerKey": "A"},
            "text",
        ),
        (GPQA, {"Incorrect Answer 2": None}, "no Incorrect Answer 2 in the layout of GPQA"),
        (GPQA, {"Correct Answer": " "}, "no Correct Answer found"),
        (HELLA_SWAG, {"label": ""}, "no label found"),
        (HELLA_SWAG, {"label": "4"}, "0 to 3 or A to D, not 4"),
        (HELLA_SWAG, {"label": "first"}, "not 'first'"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, first: Row, change: Row, complaint: str) -> None:
    with pytest.raises(DataError, match="line 2: ") as caught:
        read(tmp_path, first, {**first, "id": "other", "Record ID": "other", **change})
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


choices = st.lists(st.text(max_size=20), min_size=2, max_size=10)


@given(choices, st.randoms(use_true_random=False))
def test_any_choices_give_a_question_whose_gold_is_right_against_itself(
    tmp_path_factory: pytest.TempPathFactory, choices: list[Any], rng: random.Random
) -> None:
    right = rng.randrange(len(choices))
    task = read(tmp_path_factory.mktemp("choices"), {**MMLU, "choices": choices, "answer": right})
    (problem,) = task.items
    assert problem.answer == "ABCDEFGHIJ"[right]
    assert task.judge(problem, completion(f"\\boxed{{{problem.answer}}}")).verdict is Verdict.CORRECT
