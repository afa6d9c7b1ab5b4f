from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st
from problem_files import CASES, GSM8K, HUMAN_EVAL, LAYOUTS, MMLU, Row, write_array, write_lines

from ponder.errors import DataError
from ponder.records import Verdict
from ponder.tasks import load_task
from ponder.tasks.files import LAYOUTS as KNOWN
from ponder.tasks.files import FileTask, read_problems
from ponder.tasks.split import canonical_key

each_row = pytest.mark.parametrize(
    ("layout", "row"), [(layout, row) for layout, rows in LAYOUTS.items() for row in rows]
)


def test_the_fields_layouts(tmp_path: Path) -> None:
    file = write_lines(
        tmp_path / "p.jsonl",
        [
            {"question": "q1", "answer": "1+1 = <<1+1=2>>2\n#### 2"},
            {"problem": "q2", "solution": "so \\boxed{\\frac12}"},
            "",
            {"prompt": "q3", "answer": 7},
        ],
    )
    problems = read_problems(file, task="mine").problems(split="test", count=10, seed=0)
    assert [(p.id, p.question, p.answer) for p in problems] == [
        ("mine-1", "q1", "2"),
        ("mine-2", "q2", "\\frac12"),
        ("mine-4", "q3", "7"),
    ]


def test_every_known_layout_has_rows_here() -> None:
    assert {layout.name for layout in KNOWN} == set(LAYOUTS)


@each_row
def test_a_layout_is_recognised_by_its_keys_and_named(tmp_path: Path, layout: str, row: Row) -> None:
    task = load_task("mine", write_lines(tmp_path / "p.jsonl", [row]))
    assert isinstance(task, FileTask)
    (problem,) = task.items
    assert task.layout == problem.meta["layout"] == layout
    assert problem.task == task.name == "mine"
    assert problem.key == canonical_key(problem.question)
    assert problem.meta["answer_form"] in ("box", "letter", "code")
    json.dumps(problem.meta)  # it is stored in run folders


@each_row
def test_lines_packed_lines_and_arrays_say_the_same(tmp_path: Path, layout: str, row: Row) -> None:
    plain = read_problems(write_lines(tmp_path / "p.jsonl", [row]), task="t")
    assert read_problems(write_lines(tmp_path / "p.jsonl.gz", [row]), task="t") == plain
    assert read_problems(write_array(tmp_path / "p.json", [row]), task="t") == plain


@each_row
def test_keys_that_a_row_has_besides_do_not_matter(tmp_path: Path, layout: str, row: Row) -> None:
    more = {"split": "test", "notes": None, **row}
    assert read_problems(write_lines(tmp_path / "p.jsonl", [more]), task="t").layout == layout


def test_published_ids_are_kept_and_others_are_name_and_line(tmp_path: Path) -> None:
    rows = [{**GSM8K, "id": "a"}, {**GSM8K, "id": 7}, {**GSM8K, "id": None}, GSM8K]
    task = read_problems(write_lines(tmp_path / "p.jsonl", rows), task="mine")
    assert [problem.id for problem in task.items] == ["a", "7", "mine-3", "mine-4"]
    assert read_problems(write_array(tmp_path / "p.json", rows[3:]), task="mine").items[0].id == "mine-1"
    ids = {
        rows[0].get("task_id", rows[0].get("Record ID")): layout
        for layout, rows in LAYOUTS.items()
        if layout in ("HumanEval", "GPQA")
    }
    for published, layout in ids.items():
        path = write_lines(tmp_path / "q.jsonl", LAYOUTS[layout])
        assert read_problems(path, task="mine").items[0].id == published


@pytest.mark.parametrize(
    ("identity", "complaint"),
    [
        ("a", "line 2: its id 'a' is that of .*line 1 too"),
        (["b"], "line 2: `task_id or unique_id or .* should be text or a number, not a list"),
        ("x" * 1000, "line 2: its id has 1000 characters"),
        ("\ud800", "line 2: .* lone surrogate"),
    ],
)
def test_an_id_that_is_none_or_anothers_is_an_error(tmp_path: Path, identity: Any, complaint: str) -> None:
    path = write_lines(tmp_path / "p.jsonl", [{**GSM8K, "id": "a"}, {**GSM8K, "id": identity}])
    with pytest.raises(DataError, match=complaint):
        read_problems(path, task="mine")


def test_a_file_that_fits_no_layout_names_the_line_the_keys_and_what_was_looked_for(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "p.jsonl", ["", {"Q": 1, "odd\nkey": 2, **{f"k{i}": i for i in range(20)}}])
    with pytest.raises(DataError, match="line 2: its keys, 'Q', ") as caught:
        read_problems(path, task="mine")
    told = str(caught.value)
    assert "\n" not in told
    assert "and 10 more" in told
    for layout in KNOWN:
        assert f"{layout.name} ({layout.shown_keys})" in told
    assert "HumanEval (prompt + test + entry_point)" in told


def test_a_row_that_has_lost_a_key_is_no_problem_of_another_kind(tmp_path: Path) -> None:
    torn = {key: value for key, value in MMLU.items() if key != "choices"}
    path = write_lines(tmp_path / "p.jsonl", [MMLU, torn])
    complaint = (
        "line 2: no choices or options in the layout of MMLU; its keys are 'question', 'subject', 'answer'"
    )
    with pytest.raises(DataError, match=complaint):
        read_problems(path, task="mine")
    path = write_lines(tmp_path / "q.jsonl", [GSM8K, HUMAN_EVAL])
    with pytest.raises(DataError, match="line 2: no question in the layout of GSM8K"):
        read_problems(path, task="mine")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{broken", "not valid JSON"),
        ("[1]", "expected an object"),
        ('{"question": "q"}', "no answer or target"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = write_lines(tmp_path / "p.jsonl", [{"question": "q", "answer": "1"}, line])
    with pytest.raises(DataError, match=f"line 2: {complaint}"):
        load_task("mine", file)


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file"):
        load_task("mine", tmp_path / "none.jsonl")
    for name, content in (
        ("e.jsonl", b""),
        ("e.json", b"[]"),
        ("e.gz", gzip.compress(b"\n")),
        ("b", b"\n \n"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="holds no problems"):
            load_task("mine", tmp_path / name)


def test_a_seed_draws_a_sample(tmp_path: Path) -> None:
    rows = [{"question": f"q{i}", "answer": i} for i in range(50)]
    task = read_problems(write_lines(tmp_path / "p.jsonl", rows), task="t")
    first = [p.id for p in task.problems(split="test", count=10, seed=0)]
    assert first == [f"t-{i}" for i in range(1, 11)]
    assert [p.id for p in task.problems(split="test", count=10, seed=1)] != first


def test_a_program_without_a_box_is_read_from_its_block_and_a_short_answer_is_not(tmp_path: Path) -> None:
    """The form of the answer decides how a completion is read."""
    block = completion("```python\n5\n```")
    short = read_problems(write_lines(tmp_path / "p.jsonl", [GSM8K]), task="t")
    assert short.judge(short.items[0], block).verdict is Verdict.NO_ANSWER
    code = read_problems(write_lines(tmp_path / "q.jsonl", [CASES]), task="t")
    assert code.judge(code.items[0], completion("```python\n\n```")).verdict is Verdict.NO_ANSWER


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=10)  # halves of characters included
    | st.sampled_from(
        ["A", "1", "#### 3", "\\boxed{2}", "assert f(1) == 2", "def check(c):\n    assert c(1) == 2"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "label", "stem", "args", "expected", "stdin"]), inner)
    ),
    max_leaves=10,
)
spoilt = st.sampled_from([row for rows in LAYOUTS.values() for row in rows]).flatmap(
    lambda row: st.dictionaries(st.sampled_from(sorted(row)), values, max_size=3).map(
        lambda new: {**row, **new}
    )
)


@given(st.lists(spoilt, min_size=1, max_size=3))
def test_spoilt_rows_give_problems_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    path = write_lines(tmp_path_factory.mktemp("spoilt") / "p.jsonl", rows)
    assert_read_or_refused(path)


lines = st.sampled_from([json.dumps(row).encode() for rows in LAYOUTS.values() for row in rows])


@given(
    st.lists(st.binary(max_size=40) | lines, max_size=4), st.sampled_from(["p.jsonl", "p.json", "p.parquet"])
)
def test_any_bytes_give_problems_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], name: str
) -> None:
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(b"\n".join(parts))
    assert_read_or_refused(path)


@given(lines, st.integers(0), st.integers(0, 255))
def test_a_changed_byte_gives_problems_or_an_error_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, line: bytes, place: int, byte: int
) -> None:
    place %= len(line)
    path = tmp_path_factory.mktemp("changed") / "p.jsonl"
    path.write_bytes(line[:place] + bytes([byte]) + line[place + 1 :])
    assert_read_or_refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"x" * 10_000_000,
        b'{"question": "' + b"x" * 10_000_000 + b'", "answer": 1}',
        b'{"question": "q", "answer": "' + b"#### " * 2_000_000 + b'"}',
        b'{"problem": "q", "level": 1, "solution": "' + b"\\\\boxed{" * 1_250_000 + b'"}',
        b'{"question": "q", "answer": 1, "choices": ["a"' + b', "b"' * 2_000_000 + b"]}",
        b'{"prompt": "q", "entry_point": "f", "test": "' + b"(" * 10_000_000 + b'"}',
        b"[" * 10_000_000,
    ],
    ids=["no JSON", "a question", "an answer", "boxes", "choices", "tests", "brackets"],
)
def test_ten_megabytes_in_one_line_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match="line 1: ") as caught:
        read_problems(path, task="t")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000


def assert_read_or_refused(path: Path) -> None:
    """Problems whose gold can be stated, or an error of one line."""
    try:
        task = read_problems(path, task="t")
    except DataError as error:
        assert "\n" not in str(error)
        assert str(path) in str(error)
        return
    for problem in task.items:
        assert problem.question.encode() and problem.answer.encode() and problem.id.encode()
        if problem.meta["answer_form"] == "letter":
            assert task.judge(problem, completion(f"\\boxed{{{problem.answer}}}")).correct
