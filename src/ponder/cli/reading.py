"""Texts that a verb is given: as an argument, as a file, or on standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from ponder.errors import DataError


def read_text(source: str | Path) -> str:
    """A file's text where a path is given, the text itself where it is text; `-` is standard input."""
    if str(source) == "-":
        return _standard_input()
    if isinstance(source, str):
        return source
    try:
        return source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"there is no file {source}") from None
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source} is not UTF-8 text: {error}") from error


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise DataError(f"standard input is not text: {error}") from error
