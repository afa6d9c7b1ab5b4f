"""What the tests of sandboxed programs share: which levels work here, and what processes are left."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from ponder.errors import SandboxError
from ponder.verify.sandbox import open_sandbox


@cache
def why_not(level: str) -> str:
    """Why a level does not hold on this machine; empty when it does."""
    try:
        open_sandbox(level)
    except SandboxError as error:
        return str(error)
    return ""


def level_or_skip(level: str) -> str:
    if reason := why_not(level):
        pytest.skip(reason)
    return level


@pytest.fixture(params=["guard", "jail"])
def level(request: pytest.FixtureRequest) -> str:
    """Each level in turn."""
    return level_or_skip(request.param)


def descendants(root: int | None = None) -> dict[int, str]:
    """Process id to command line of every process below `root` (this one)."""
    root = os.getpid() if root is None else root
    parents = dict[int, int]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended meanwhile
    found = dict[int, str]()
    new = {root}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new}
        for pid in new:
            try:
                found[pid] = (
                    Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                )
            except OSError:
                continue
    return found
