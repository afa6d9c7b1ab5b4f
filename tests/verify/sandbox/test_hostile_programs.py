"""The battery: nothing hostile passes, gets out, stays or disturbs a neighbour; what is honest passes."""

from __future__ import annotations

import threading

import pytest
from sandboxes import level as level
from sandboxes import level_or_skip
from verify.sandbox.battery import run_battery
from verify.sandbox.honest_programs import HONEST
from verify.sandbox.hostile_programs import CATEGORIES, HOSTILE
from verify.sandbox.hostile_row import DOUBLE
from verify.sandbox.ordinary_user import run_as_ordinary_user, why_impossible

from ponder.verify.program import verify_program
from ponder.verify.sandbox import Limits

FEW = [row for rows in CATEGORIES.values() for row in [each for each in rows if not each.patient][::12]]
NEIGHBOURS = {
    "spins": "while True: pass",
    "takes memory": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "starts threads": "from threading import Timer\nwhile True: Timer(9, print).start()",
    "floods": "while True: print('x' * 10_000)",
    "opens files": "held = []\nwhile True: held.append(open('/dev/null'))",
}


def test_the_battery_is_large() -> None:
    assert len(HOSTILE) >= 80
    assert all("passed" not in row.outcomes for row in HOSTILE.values())


def test_a_few_of_each_kind(level: str) -> None:
    assert complaints(level, FEW) == {}


def test_honest_programs_pass(level: str) -> None:
    assert complaints(level, HONEST.values()) == {}


@pytest.mark.slow
def test_the_whole_battery(level: str) -> None:
    assert complaints(level, HOSTILE.values()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["guard", "jail"])
def test_the_whole_battery_as_an_ordinary_user(name: str) -> None:
    if reason := why_impossible():
        pytest.skip(reason)
    found = run_as_ordinary_user(level_or_skip(name))
    assert len(found) > len(HOSTILE) / 2
    assert {row: said for row, said in found.items() if said} == {}


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_an_honest_program_does_not_notice_its_neighbour(level: str, what: str) -> None:
    limits = Limits(seconds=1.0, memory_mb=256)
    hostile = [
        threading.Thread(
            target=verify_program, args=(NEIGHBOURS[what], DOUBLE), kwargs={"level": level, "limits": limits}
        )
        for _ in range(2)
    ]
    for thread in hostile:
        thread.start()
    judged = [verify_program("def f(x): return 2 * x", DOUBLE, level=level) for _ in range(5)]
    for thread in hostile:
        thread.join()
    assert [judgement.outcome for judgement in judged] == ["passed"] * 5


def complaints(level: str, rows: object) -> dict[str, tuple[str, ...]]:
    found = run_battery(level, rows)  # type: ignore[arg-type]
    return {name: finding.complaints for name, finding in found.items() if finding.complaints}
