"""Small made-up rows in every published layout, and ways to write them to a file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]

GSM8K: Row = {"question": "Ann has 2 pens and buys 3. How many now?", "answer": "2+3=<<2+3=5>>5\n#### 5"}
MATH: Row = {
    "problem": "What is half of $1$?",
    "solution": "It is $\\boxed{\\frac{1}{2}}$.",
    "level": "Level 1",
    "type": "Prealgebra",
}
MATH_500: Row = {
    "problem": "What is half of $3$?",
    "solution": "It is $\\boxed{\\frac{3}{2}}$.",
    "answer": "\\frac{3}{2}",
    "subject": "Prealgebra",
    "level": 1,
    "unique_id": "test/prealgebra/1.json",
}
AIME: Row = {"ID": "2024-I-1", "Problem": "Find $11+22$.", "Solution": "It is 33.", "Answer": "033"}
HUMAN_EVAL: Row = {
    "task_id": "HumanEval/0",
    "prompt": 'def halve(number: int) -> int:\n    """Half of it, rounded down."""\n',
    "entry_point": "halve",
    "canonical_solution": "    return number // 2\n",
    "test": "def check(candidate):\n    assert candidate(5) == 2\n    assert candidate(-1) == -1\n",
}
MBPP: Row = {
    "task_id": 11,
    "text": "Write a function to count the letters of a word.",
    "code": "def letters(word):\n    return len(word)",
    "test_list": ['assert letters("abc") == 3', 'assert letters("") == 0'],
    "test_setup_code": "",
    "challenge_test_list": ['assert letters("abcd") == 4'],
}
MBPP_SANITIZED: Row = {
    "source_file": "somewhere.ipynb",
    "task_id": 12,
    "prompt": "Write a function for the area of a circle.",
    "code": "import math\ndef area(r):\n    return math.pi * r * r",
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(area(1), 3.14159, rel_tol=0.001)"],
}
LIVE_CODE_BENCH: Row = {
    "question_title": "Double",
    "question_content": "Read a number and print its double.",
    "platform": "atcoder",
    "question_id": "abc001_a",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "2\n", "output": "4\n", "testtype": "stdin"}]),
    "private_test_cases": json.dumps([{"input": "-5\n", "output": "-10\n", "testtype": "stdin"}]),
    "metadata": "{}",
}
LIVE_CODE_BENCH_FUNCTION: Row = {
    **LIVE_CODE_BENCH,
    "question_content": "Return the sum of the numbers.",
    "question_id": "2727",
    "starter_code": "class Solution:\n    def total(self, numbers: List[int]) -> int:\n        ",
    "public_test_cases": json.dumps([{"input": "[1, 2]", "output": "3", "testtype": "functional"}]),
    "private_test_cases": "[]",
    "metadata": json.dumps({"func_name": "total"}),
}
CASES: Row = {
    "question": "Double a number.",
    "entry_point": "double",
    "cases": [{"args": [2], "expected": 4}],
}
MMLU: Row = {
    "question": "Which is a prime?",
    "subject": "elementary_mathematics",
    "choices": ["4", "6", "7", "9"],
    "answer": 2,
}
MMLU_PRO: Row = {
    "question_id": 70,
    "question": "Which of these is the tenth letter?",
    "options": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
    "answer": "J",
    "answer_index": 9,
    "cot_content": "",
    "category": "other",
    "src": "made up",
}
ARC: Row = {
    "id": "Mercury_1",
    "question": "Which is a planet?",
    "choices": {"text": ["the Moon", "Mars", "the Sun"], "label": ["1", "2", "3"]},
    "answerKey": "2",
}
ARC_NESTED: Row = {
    "id": "Mercury_2",
    "question": {
        "stem": "Which is a star?",
        "choices": [{"text": "Mars", "label": "A"}, {"text": "the Sun", "label": "B"}],
    },
    "answerKey": "B",
}
COMMONSENSE_QA: Row = {
    "id": "1afa02df",
    "question": "Where is a book read?",
    "question_concept": "book",
    "choices": {"label": list("ABCDE"), "text": ["oven", "river", "library", "engine", "cloud"]},
    "answerKey": "C",
}
OPEN_BOOK_QA: Row = {
    "id": "7-980",
    "question_stem": "Ice that melts becomes",
    "choices": {"text": ["water", "sand", "smoke", "glass"], "label": list("ABCD")},
    "answerKey": "A",
}
GPQA: Row = {
    "Record ID": "rec1",
    "Question": "What is the charge of an electron?",
    "Correct Answer": "negative\n",
    "Incorrect Answer 1": "positive",
    "Incorrect Answer 2": "none",
    "Incorrect Answer 3": "it varies",
    "High-level domain": "Physics",
    "Explanation": "By convention.",
}
HELLA_SWAG: Row = {
    "ind": 4,
    "activity_label": "Making tea",
    "ctx": "She boils the water. She",
    "endings": ["pours it on the tea.", "eats the kettle.", "paints the sea.", "is a kettle."],
    "source_id": "made~up",
    "label": "0",
}
PAIR: Row = {"question": "What is the sum of the first three primes?", "answer": 10}

LAYOUTS: dict[str, list[Row]] = {
    "GSM8K": [GSM8K],
    "MATH": [MATH, MATH_500],
    "AIME": [AIME],
    "HumanEval": [HUMAN_EVAL],
    "MBPP": [MBPP, MBPP_SANITIZED],
    "LiveCodeBench": [LIVE_CODE_BENCH, LIVE_CODE_BENCH_FUNCTION],
    "cases": [CASES],
    "MMLU": [MMLU, MMLU_PRO],
    "ARC": [ARC, ARC_NESTED, COMMONSENSE_QA, OPEN_BOOK_QA],
    "GPQA": [GPQA],
    "HellaSwag": [HELLA_SWAG],
    "question and answer": [PAIR],
}
"""The layout's name, as a task gives it, and rows that have it."""


def write_lines(path: Path, rows: Sequence[Row | str]) -> Path:
    """One row a line; a text is written as it is. Packed if the name ends in `.gz`."""
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_array(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text(json.dumps(rows, indent=1))
    return path


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    """Needs pyarrow."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return path
