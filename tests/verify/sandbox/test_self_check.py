"""The self-check has teeth: each probe gets through where nothing holds it, and a weak level is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sandboxes import level as level
from sandboxes import level_or_skip, why_not
from verify.sandbox.bait import lay_bait
from verify.sandbox.hostile_row import DOUBLE

from ponder.errors import ConfigError, SandboxError, UserError
from ponder.verify.program import ProgramVerifier, verify_program
from ponder.verify.sandbox import LEVELS, Sandbox, open_sandbox, self_check
from ponder.verify.sandbox.fork_server import Packages
from ponder.verify.sandbox.levels import Start, start_guard, start_jail
from ponder.verify.sandbox.self_check import Bait, probes

Starter = Callable[[Packages, int], Start]

# These end nothing by themselves and are only run where a limit does.
UNBOUNDED = ("take much memory", "run past the clock", "write without end", "outlive the job")
# A kernel may refuse these to everybody, or to all but root.
OFTEN_REFUSED = (
    "trace a neighbour", "read a neighbour's memory", "make a user namespace", "mount", "set up io_uring",
    "load a BPF program", "become root",
)  # fmt: skip
NAMES = list(probes(Bait(Path(), "", 0, Path(), Path(), "", 0)))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNBOUNDED])
def test_a_probe_gets_through_where_nothing_holds_it(name: str, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the probes are Linux programs")
    held, passed = os.pipe()
    try:
        with lay_bait() as watch:
            laid = watch.bait
            bait = Bait(
                Path(laid.folder), watch.text, laid.port, Path(laid.stream), Path(laid.datagrams),
                laid.abstract.removeprefix("\0"), laid.neighbour,
            )  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-c", probes(bait)[name]],
                env={"SECRET": watch.text},
                pass_fds=(held, passed),
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            got_through = "open" in done.stdout or watch.text in done.stdout
    finally:
        os.close(held)
        os.close(passed)
    if not got_through and name in OFTEN_REFUSED:
        pytest.skip(f"this machine refuses it by itself: {done.stderr.strip()[-80:]}")
    assert got_through, done.stderr


def weakened(start: Starter, patch: str) -> Starter:
    """The level, but for a line that is run in its fork server before that begins."""

    def start_weak(packages: Packages, file_mb: int) -> Start:
        whole = start(packages, file_mb)
        command = list(whole.command)
        place = command.index("-c") + 1
        head, _, tail = command[place].partition("import zygote;")
        assert tail, "the fork server is started in another way now"
        command[place] = f"{head}import zygote; {patch}; {tail}"
        return replace(whole, command=command)

    return start_weak


# What is taken away, from which level, and probes that have to notice.
NO_FILTER = "import seccomp; seccomp.install = lambda program: None"
NO_RULES = "import landlock; landlock.restrict = lambda rules: None"
NO_LIMITS = "import confinement; confinement.limit_resources = lambda **limits: None"
ALL_DESCRIPTORS = "import os; os.closerange = lambda *numbers: None"
EVERYTHING = "; ".join((NO_FILTER, NO_RULES, NO_LIMITS, ALL_DESCRIPTORS))
WEAK: dict[str, tuple[str, str, set[str]]] = {
    "guard without a filter of system calls": (
        "guard", NO_FILTER, {"send over UDP", "send to a socket file", "fork", "make a memory file"}
    ),
    "jail without a filter of system calls": ("jail", NO_FILTER, {"fork", "make a memory file"}),
    "guard without rules for files": (
        "guard", NO_RULES, {"read a file", "list a folder", "read the process table"}
    ),
    "guard without limits": ("guard", NO_LIMITS, {"take much memory"}),
    "jail without limits": ("jail", NO_LIMITS, {"take much memory"}),
    "guard with all descriptors": ("guard", ALL_DESCRIPTORS, {"use an inherited descriptor"}),
    "jail with all descriptors": ("jail", ALL_DESCRIPTORS, {"use an inherited descriptor"}),
    "guard without anything": (
        "guard", EVERYTHING,
        {"read a file", "list a folder", "write a file", "link to a file", "remove a file",
         "cut a file short", "connect over TCP", "connect to a socket file", "connect to an abstract socket",
         "run a program", "become a program"},
    ),
}  # fmt: skip
STARTS: dict[str, Starter] = {"guard": start_guard, "jail": start_jail}


@pytest.mark.parametrize("what", WEAK)
def test_a_weakened_level_is_refused_by_the_name_of_what_got_through(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, patch, expected = WEAK[what]
    monkeypatch.setitem(LEVELS, "weak", weakened(STARTS[level_or_skip(base)], patch))
    with Sandbox("weak") as sandbox:
        found = set(self_check(sandbox))
    assert expected <= found
    with pytest.raises(SandboxError) as refused:
        open_sandbox("weak")
    assert "its self-check failed: " in str(refused.value)
    assert any(name in str(refused.value) for name in expected)


def test_an_unweakened_level_holds(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LEVELS, "whole", weakened(STARTS[level], "pass"))
    with Sandbox("whole") as sandbox:
        assert self_check(sandbox) == []


def test_no_level_that_holds_means_no_program_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot_start(packages: Packages, file_mb: int) -> Start:
        raise SandboxError("the machine has run out of sand")

    def ends_at_once(packages: Packages, file_mb: int) -> Start:
        return Start(["/bin/false"], {}, {})

    def is_not_there(packages: Packages, file_mb: int) -> Start:
        return Start(["/nowhere/at/all"], {}, {})

    for name in list(LEVELS)[::-1]:  # put back last to first, which keeps their order
        monkeypatch.delitem(LEVELS, name)
    starts = {"first": cannot_start, "second": ends_at_once, "third": is_not_there}
    if not why_not_guard():
        starts["fourth"] = weakened(start_guard, EVERYTHING)
    for name, start in starts.items():
        monkeypatch.setitem(LEVELS, name, start)
    for run in (open_sandbox, lambda: verify_program("def f(x): return 2 * x", DOUBLE)):
        with pytest.raises(SandboxError) as refused:
            run()
        told = str(refused.value)
        assert "programs cannot be run safely here, so they are not run" in told
        assert "first: the machine has run out of sand" in told
        assert all(f"{name}: " in told for name in starts)
        assert "\n" not in told
    with pytest.raises(SandboxError):
        ProgramVerifier().many([("def f(x): return 2 * x", "{}")])


def why_not_guard() -> str:
    """Asked before the levels are taken away."""
    try:
        with Sandbox("guard") as sandbox:
            return ", ".join(self_check(sandbox))
    except (SandboxError, ConfigError) as error:
        return str(error)


def test_the_refusal_is_for_the_user_to_mend() -> None:
    assert issubclass(SandboxError, UserError)
    assert SandboxError("").exit_code == 2


def test_a_level_that_failed_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    level_or_skip("guard")
    monkeypatch.setitem(LEVELS, "mended", weakened(start_guard, EVERYTHING))
    with pytest.raises(SandboxError):
        open_sandbox("mended")
    monkeypatch.setitem(LEVELS, "mended", start_guard)
    opened = open_sandbox("mended")
    assert opened.level == "mended"
    opened.close()


def test_auto_is_the_first_level_that_holds() -> None:
    working = [name for name in ("guard", "jail") if not why_not(name)]
    if not working:
        pytest.skip(why_not("guard"))
    assert open_sandbox().level == working[0]
    assert open_sandbox(working[0]) is open_sandbox(working[0])
