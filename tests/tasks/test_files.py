import json
from pathlib import Path

import pytest

from ponder.errors import DataError
from ponder.tasks import load_task
from ponder.tasks.files import read_problems


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return path


def test_the_fields_layouts(tmp_path: Path) -> None:
    file = write(
        tmp_path / "p.jsonl",
        {"question": "q1", "answer": "1+1 = <<1+1=2>>2\n#### 2"},
        {"problem": "q2", "solution": "so \\boxed{\\frac12}"},
        "",
        {"prompt": "q3", "answer": 7},
    )
    problems = read_problems(file, task="mine").problems(split="test", count=10, seed=0)
    assert [(p.id, p.question, p.answer) for p in problems] == [
        ("mine-1", "q1", "2"),
        ("mine-2", "q2", "\\frac12"),
        ("mine-4", "q3", "7"),
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{broken", "not valid JSON"),
        ("[1]", "expected an object"),
        ('{"question": "q"}', "no answer or target"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = write(tmp_path / "p.jsonl", {"question": "q", "answer": "1"}, line)
    with pytest.raises(DataError, match=f"line 2: {complaint}"):
        load_task("mine", file)


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load_task("mine", tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="no problems"):
        load_task("mine", write(tmp_path / "e.jsonl", ""))


def test_a_seed_draws_a_sample(tmp_path: Path) -> None:
    task = read_problems(
        write(tmp_path / "p.jsonl", *({"question": f"q{i}", "answer": i} for i in range(50))), task="t"
    )
    first = [p.id for p in task.problems(split="test", count=10, seed=0)]
    assert first == [f"t-{i}" for i in range(1, 11)]
    assert [p.id for p in task.problems(split="test", count=10, seed=1)] != first
