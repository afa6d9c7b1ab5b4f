from pathlib import Path

import pytest
from problem_files import write_array, write_lines

from ponder.errors import DataError
from ponder.tasks.rows import read_any_rows

ROWS = [{"a": 1}, {"a": "two"}, {"a": [3, None]}]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.json", "rows.ndjson", "rows"])
def test_lines_are_read_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    path = write_lines(tmp_path / name, ROWS)
    assert list(read_any_rows(path)) == [(f"{path}, line {i}", row) for i, row in enumerate(ROWS, 1)]


@pytest.mark.parametrize("name", ["rows.json", "rows.txt"])
def test_an_array_has_items(tmp_path: Path, name: str) -> None:
    path = write_array(tmp_path / name, ROWS)
    assert list(read_any_rows(path)) == [(f"{path}, item {i}", row) for i, row in enumerate(ROWS, 1)]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.json", '[{"a": 1},\n{"a": }]', "line 2: not valid JSON"),
        ("a.json", '[{"a": 1}]\n{"b": 2}', "line 2: not valid JSON"),
        ("a.json", '[{"a": 1}, null]', "item 2: expected an object"),
        ("a.json", "[" * 100_000, "not valid JSON"),
        ("a.json", f"[{'9' * 5000}]", "not valid JSON"),
        ("a.jsonl", "[1]", "line 1: expected an object, got list"),
        ("a.json", '\n {"a":\n1}', "line 2: not valid JSON"),
    ],
)
def test_a_broken_file_is_an_error_of_one_line(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=complaint) as caught:
        list(read_any_rows(tmp_path / name))
    assert "\n" not in str(caught.value)
