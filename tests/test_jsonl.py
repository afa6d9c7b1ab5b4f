import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.jsonl import read_rows

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
rows = st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), max_size=6)


@given(rows, st.booleans(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], packed: bool, newline: str
) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    data = newline.join(map(json.dumps, rows)).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    assert [row for _, row in read_rows(path)] == rows


def test_each_row_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n{"a": 2}\n')
    assert [where for where, _ in read_rows(path)] == [f"{path}, line 1", f"{path}, line 3"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"{broken", "not valid JSON"),
        (b"[1]", "expected an object, got list"),
        (b"null", "expected an object, got NoneType"),
        (b'{"a": "\xff"}', "not UTF-8 text"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a": "' + b"x" * 10_000_000, "not valid JSON"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, line: bytes, complaint: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n' + line + b'\n{"a": 3}\n')
    with pytest.raises(DataError, match=f"line 2: {complaint}") as caught:
        list(read_rows(path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_the_place_of_a_broken_byte_counts_the_mark_in_front(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\xff\n')
    with pytest.raises(DataError, match="line 2: not UTF-8 text"):
        list(read_rows(path))


def test_a_torn_end_is_left_out_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": ')
    assert [row for _, row in read_rows(path, torn_end=True)] == [{"a": 1}]
    with pytest.raises(DataError, match="line 2"):
        list(read_rows(path))


def test_what_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        list(read_rows(tmp_path / "none.jsonl"))
    with pytest.raises(DataError, match="cannot be read"):
        list(read_rows(tmp_path))
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(gzip.compress(b'{"a": 1}\n' * 100)[:-12])
    with pytest.raises(DataError, match="cannot be read"):
        list(read_rows(torn))
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(b"\x1f\x8b" + bytes(range(60)))
    with pytest.raises(DataError, match="cannot be read"):
        list(read_rows(broken))
