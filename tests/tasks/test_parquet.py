"""Parquet with pyarrow where it is installed, and without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from problem_files import ARC, LAYOUTS, MMLU, Row, write_lines, write_parquet

import ponder
from ponder.errors import DataError
from ponder.tasks.files import read_problems
from ponder.tasks.parquet import ROWS_AT_ONCE, is_parquet
from ponder.tasks.rows import read_any_rows

SOURCE = str(Path(ponder.__file__).parents[1])


@pytest.fixture(autouse=True)
def _pyarrow() -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: pip install 'ponder[parquet]'")


@pytest.mark.parametrize("row", [row for rows in LAYOUTS.values() for row in rows])
def test_a_row_says_the_same_in_parquet_and_in_json(tmp_path: Path, row: Row) -> None:
    lines = read_problems(write_lines(tmp_path / "p.jsonl", [row]), task="t")
    assert read_problems(write_parquet(tmp_path / "p.parquet", [row]), task="t") == lines


def test_rows_are_counted_over_batches(tmp_path: Path) -> None:
    count = ROWS_AT_ONCE + 3
    path = write_parquet(tmp_path / "rows", [{"a": i, "b": None if i else "x"} for i in range(count)])
    assert is_parquet(path)
    rows = list(read_any_rows(path))
    assert rows[0] == (f"{path}, row 1", {"a": 0, "b": "x"})
    assert rows[-1] == (f"{path}, row {count}", {"a": count - 1, "b": None})
    assert [row["a"] for _, row in rows] == list(range(count))


def test_a_null_in_a_column_is_named_by_its_row(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "p.parquet", [MMLU, {**MMLU, "choices": None}])
    with pytest.raises(DataError, match="row 2: no choices or options in the layout of MMLU"):
        read_problems(path, task="t")


@pytest.mark.parametrize("data", [b"", b"PAR1", b'{"question": "q", "answer": 1}', b"PAR1" + bytes(100)])
def test_what_is_only_called_parquet_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.parquet"
    path.write_bytes(data)
    with pytest.raises(DataError, match="not readable as Parquet") as caught:
        list(read_any_rows(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="there is no file"):
        list(read_any_rows(tmp_path / "none.parquet"))


# The same damage in every run: pyarrow parses in C++, where a new kind of damage may end the process.
@settings(derandomize=True, max_examples=150)
@given(st.data())
def test_a_damaged_file_gives_problems_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write_parquet(tmp_path_factory.mktemp("damaged") / "p.parquet", [ARC, {**ARC, "id": "other"}])
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(
        content[: data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 3]))]
    )
    try:
        read_problems(path, task="t")
    except DataError as error:
        assert "\n" not in str(error)


def test_without_pyarrow_an_error_says_what_to_install(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "p.parquet", [MMLU])
    code = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"  # as Python itself marks a module that cannot be imported
        "from pathlib import Path\n"
        "from ponder.errors import DataError\n"
        "from ponder.tasks import load_task\n"
        "try:\n    load_task('mine', Path(sys.argv[1]))\n"
        "except DataError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{path}: reading Parquet needs pyarrow: pip install 'ponder[parquet]'\n"
