"""Runs programs and looks at everything that each was not to touch.

Rows that run until their limit go side by side, four at once; the others one after the other, with a look
around and an honest program after each.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from sandboxes import descendants
from verify.sandbox.bait import Bait, Watch, lay_bait
from verify.sandbox.hostile_row import DOUBLE, Row, fill_in

from ponder.verify.program import verify_program
from ponder.verify.sandbox import Limits

HONEST = "def f(x): return 2 * x"
SECONDS_OVER = 4.0
SECONDS_TO_CLEAR = 3.0
SPARES = 2
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """How one row ended, and everything about it that should not have been."""

    name: str
    outcome: str
    reason: str
    seconds: float
    complaints: tuple[str, ...] = ()


def run_battery(level: str, rows: Iterable[Row]) -> dict[str, Finding]:
    """Every row that concerns the level, by name."""
    chosen = [row for row in rows if level in row.levels]
    os.environ["SECRET"] = "bait-0123456789abcdef"  # for a program that reads our environment
    with lay_bait() as watch:
        servers = find_servers(level)
        findings = dict[str, Finding]()
        patient = [row for row in chosen if row.patient]
        with ThreadPoolExecutor(4) as threads:
            ran = list(threads.map(lambda row: run_row(level, row, watch, servers), patient))
        after = look_around(level, watch, servers) if patient else []
        findings |= {found.name: with_complaints(found, after) for found in ran}
        for row in chosen:
            if not row.patient:
                found = run_row(level, row, watch, servers)
                findings[row.name] = with_complaints(found, look_around(level, watch, servers))
        return findings


def run_row(level: str, row: Row, watch: Watch, servers: list[int]) -> Finding:
    """The program against its tests: never passed, in time, and no word of the secret."""
    program, began = fill_in(row, watch.bait.as_told(servers)), time.monotonic()
    try:
        judged = verify_program(program, row.tests, level=level, limits=row.limits)
    except Exception as error:  # whatever the supervisor raises is a finding
        return Finding(
            row.name, "", repr(error)[:300], time.monotonic() - began, (f"it raised {error!r:.200}",)
        )
    finding = Finding(row.name, judged.outcome, judged.reason, time.monotonic() - began)
    complaints = [
        complaint
        for complaint, holds in {
            "it is correct": judged.correct is not ("passed" in row.outcomes),
            f"its outcome is {judged.outcome}, not one of {sorted(row.outcomes)}": (
                judged.outcome not in row.outcomes
            ),
            f"it took {finding.seconds:.2f} s": finding.seconds > row.limits.seconds + SECONDS_OVER,
            "it has told the secret": watch.text in judged.reason,
            "its reason is too long": len(judged.reason) > LONGEST_REASON,
            "its reason is no text": not is_text(judged.reason),
            f"its level is {judged.level!r}": judged.level != level,
        }.items()
        if holds
    ]
    return with_complaints(finding, complaints)


def look_around(level: str, watch: Watch, servers: list[int]) -> list[str]:
    """What a program has left behind or changed; an honest one passes at once."""
    began = time.monotonic()
    judged = verify_program(HONEST, DOUBLE, level=level, limits=Limits(seconds=2.0))
    complaints = (
        [] if judged.correct else [f"afterwards an honest program is {judged.outcome}: {judged.reason}"]
    )
    if time.monotonic() - began > SECONDS_OVER:
        complaints.append("afterwards an honest program is slow")
    until = time.monotonic() + SECONDS_TO_CLEAR
    while len(left := (present := sandboxed()) - set(servers)) > SPARES and time.monotonic() < until:
        time.sleep(0.01)
    if len(left) > SPARES:
        complaints.append(f"{len(left) - SPARES} processes are left")
    if gone := set(servers) - present:
        complaints.append(f"servers or neighbours are gone: {sorted(gone)}")
        servers[:] = find_servers(level)
    return complaints + watch.touched()


def find_servers(level: str) -> list[int]:
    """Processes of ours that outlive the jobs: those that are there before and after a few of them."""
    known = set[int]()
    for _ in range(SPARES + 2):
        verify_program(HONEST, DOUBLE, level=level, limits=Limits(seconds=5.0))
        known = (known or sandboxed()) & sandboxed()
    return sorted(known)


def sandboxed() -> set[int]:
    """Processes below this one but for the workers of other verifiers, which come and go by themselves."""
    return {pid for pid, line in descendants().items() if "ponder.verify.nursery" not in line}


def with_complaints(finding: Finding, more: Iterable[str]) -> Finding:
    return replace(finding, complaints=(*finding.complaints, *more))


def is_text(text: str) -> bool:
    """Whether it can be written to a file and shown on a terminal."""
    try:
        json.dumps(text, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return not any(character < " " and character not in "\n\t" for character in text)


__all__ = ["Bait", "Finding", "find_servers", "look_around", "run_battery", "run_row"]
