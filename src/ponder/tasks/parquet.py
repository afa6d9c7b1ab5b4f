"""The rows of a Parquet file, through pyarrow (extra `[parquet]`), which is imported only here.

Values come as plain Python: structs as dicts, lists as lists. Does not know what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ponder.errors import DataError
from ponder.jsonl import Row

MAGIC = b"PAR1"
ROWS_AT_ONCE = 1024


def is_parquet(path: Path) -> bool:
    """Whether the file begins as Parquet files do; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # whoever reads it next tells why


def read_parquet(path: Path) -> Iterator[tuple[str, Row]]:
    """Each row's place (`FILE, row N`) and its columns."""
    arrow, parquet = _pyarrow(path)
    if not path.exists():
        raise DataError(f"there is no file {path}")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}, row {number}", row
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        told = " ".join(str(error).split())[:300]
        raise DataError(f"{path}, after row {number}: not readable as Parquet ({told})") from error


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow  # pyright: ignore[reportMissingTypeStubs]
        import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise DataError(f"{path}: reading Parquet needs pyarrow: pip install 'ponder[parquet]'") from None
    return pyarrow, pyarrow.parquet
