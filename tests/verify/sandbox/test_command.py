"""Trusted programs on untrusted input: what they see, what stops them, and what is left of them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ponder.errors import ConfigError, SandboxError
from ponder.verify.sandbox.command import CommandLimits, Ending, Finished, run_jailed


def works() -> bool:
    try:
        return run_jailed(["/usr/bin/true"]).returncode == 0
    except SandboxError:
        return False


pytestmark = pytest.mark.skipif(not works(), reason="bubblewrap is missing or may not make namespaces here")

BRIEF = CommandLimits(seconds=1.0)
SOURCE = Path(__file__).parents[3] / "src"
PLAIN_PYTHON = Path("/usr/bin/python3")
ORDINARY = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
SLEEPER = """
from ponder.verify.sandbox.command import CommandLimits, run_jailed
print("ready", flush=True)
run_jailed(["/usr/bin/sleep", "{seconds}"], limits=CommandLimits(seconds=60))
"""


def shell(script: str, *, limits: CommandLimits | None = None, **files: bytes) -> Finished:
    return run_jailed(["/usr/bin/sh", "-c", script], files=files, limits=limits or CommandLimits())


def running(text: str) -> list[int]:
    """Processes of the machine with `text` in their command line."""
    found = list[int]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def is_asleep(seconds: str) -> bool:
    """The program itself, not bubblewrap that has it among its arguments and may still be setting up."""
    own = f"/usr/bin/sleep\0{seconds}\0".encode()
    return any(Path(f"/proc/{process}/cmdline").read_bytes() == own for process in running(seconds))


def soon(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_its_words_and_its_exit_code() -> None:
    done = shell("echo out; echo err >&2; exit 7")
    assert (done.ending, done.returncode, done.stdout, done.stderr) == (Ending.EXITED, 7, "out\n", "err\n")
    assert shell("printf '\\377ok'").stdout == "\N{REPLACEMENT CHARACTER}ok"
    assert run_jailed(["/no/such/program"]).returncode == 127


def test_files_go_in_and_come_out() -> None:
    content = bytes(range(256)) * 500
    done = run_jailed(
        ["/usr/bin/sh", "-c", "cat given > taken; printf 'b 3\\nxyz' > b; : > empty; mkdir folder"],
        files={"given": content},
        keep=["taken", "missing", "b", "empty", "folder"],
    )
    assert done.files == {"taken": content, "b": b"b 3\nxyz", "empty": b""}


@pytest.mark.parametrize("name", ["../x", "a/b", "", "-rf", "a b", "x\n", ".hidden", "$HOME", "a;b"])
def test_a_name_is_a_plain_file_name(name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        run_jailed(["/usr/bin/true"], keep=[name])


def test_what_is_given_cannot_be_changed() -> None:
    done = shell("echo worse > given; rm -f given; mv given other; cat given", given=b"good")
    assert done.stdout == "good"


def test_the_machine_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SESAME")
    monkeypatch.setenv("TOKEN", "SESAME")
    done = shell(
        f"cat {secret}; ls /home /root /etc /tmp; env; cat /proc/*/environ /proc/*/cmdline; "
        f"echo x > {tmp_path}/new; echo x > /usr/new; echo x > /new; echo x > /dev/shm/new; echo x > /tmp/new"
    )
    assert "SESAME" not in done.stdout + done.stderr
    assert set(shell("ls /").stdout.split()) <= {"bin", "box", "dev", "lib", "lib64", "proc", "usr"}
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert not any(Path(folder, "new").exists() for folder in ("/usr", "/", "/dev/shm", "/tmp"))


def test_what_is_shown_besides_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "text").write_text("hello")
    script = f"cat {tmp_path}/library/text; echo x > {tmp_path}/library/text"
    there = [tmp_path / "library", tmp_path / "missing"]
    assert run_jailed(["/usr/bin/sh", "-c", script], read_only=there).stdout == "hello"
    assert (tmp_path / "library" / "text").read_text() == "hello"


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_there_is_no_network() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        port = listener.getsockname()[1]
        done = run_jailed(["/usr/bin/bash", "-c", f"echo hello > /dev/tcp/127.0.0.1/{port} && echo open"])
        assert "open" not in done.stdout
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_no_right_is_left() -> None:
    done = shell("id -u; grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs' /proc/self/status; ls /proc/self/fd")
    account, *lines = done.stdout.splitlines()
    assert int(account) != 0
    assert [line.split()[1] for line in lines[:5]] == [*["0000000000000000"] * 4, "1"]
    assert lines[5:] == ["0", "1", "2", "3"]  # 3 is the folder that ls reads


@pytest.mark.parametrize(
    "script",
    [
        "sleep 61.{mark}",
        "exec >&- 2>&- <&-; sleep 61.{mark}",
        "trap '' TERM INT HUP; while :; do sleep 61.{mark}; done",
        "while :; do :; done",
    ],
)
def test_the_clock_runs_until_it_is_gone(script: str) -> None:
    mark = str(time.time_ns())
    began = time.monotonic()
    done = shell(script.format(mark=mark), limits=BRIEF)
    assert (done.ending, done.returncode) == (Ending.TIMEOUT, None)
    assert time.monotonic() - began < 3
    assert not running(mark)


@pytest.mark.parametrize(
    "script", ["sleep 61.{mark} &", "setsid sleep 61.{mark} > /dev/null 2>&1 & sleep 0.1"]
)
def test_nothing_outlives_it(script: str) -> None:
    mark = str(time.time_ns())
    assert shell(script.format(mark=mark)).returncode == 0
    assert not running(mark)


def test_floods_are_stopped() -> None:
    limits = CommandLimits(output_bytes=10_000)
    for script in ("yes", "yes >&2", "exec yes"):
        done = shell(script, limits=limits)
        assert done.ending is Ending.OUTPUT_LIMIT
        assert len(done.stdout) + len(done.stderr) < 300_000


def test_memory_is_bounded() -> None:
    limits = CommandLimits(memory_mb=128)
    assert shell("head -c 1000000000 /dev/zero | tail", limits=limits).ending is Ending.MEMORY


def test_the_folder_is_bounded() -> None:
    limits = CommandLimits(disk_mb=4)
    done = shell(
        "for n in 1 2 3 4 5; do head -c 3000000 /dev/zero > f$n; done; cat f* | wc -c", limits=limits
    )
    assert int(done.stdout) <= 4 << 20
    kept = run_jailed(
        ["/usr/bin/sh", "-c", "head -c 9000000 /dev/zero > f"], keep=["f"], limits=limits
    ).files.get("f", b"")
    assert len(kept) <= 4 << 20


def test_a_fork_bomb_is_bounded_and_dies() -> None:
    mark = str(time.time_ns())
    began = time.monotonic()
    shell(f"bomb() {{ sleep 61.{mark} & bomb | bomb & }}; bomb; sleep 0.5", limits=BRIEF)
    assert time.monotonic() - began < 4
    assert not running(mark)


def test_limits_have_bounds() -> None:
    for wrong in (
        {"seconds": 0},
        {"memory_mb": 1},
        {"output_bytes": 0},
        {"disk_mb": 0},
        {"seconds": float("nan")},
    ):
        with pytest.raises(ConfigError):
            CommandLimits(**wrong)


def test_from_many_threads_and_from_threads_that_end() -> None:
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda n: shell(f"sleep 0.05; echo {n}").stdout, range(24)))
    assert done == [f"{n}\n" for n in range(24)]
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(shell, "echo again").result().stdout == "again\n"


def in_child() -> None:
    sys.exit(0 if shell("echo child").stdout == "child\n" else 1)


def test_from_a_forked_process() -> None:
    child = multiprocessing.get_context("fork").Process(target=in_child)
    child.start()
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_it_dies_with_its_owner(ending: signal.Signals) -> None:
    seconds = f"59.{time.time_ns()}"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    owner = subprocess.Popen(
        [sys.executable, "-c", SLEEPER.format(seconds=seconds)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with owner:
        assert owner.stdout and owner.stdout.readline() == b"ready\n"
        assert soon(lambda: is_asleep(seconds))
        owner.send_signal(ending)
        owner.wait(10)
        assert soon(lambda: not running(seconds))


@pytest.mark.skipif(os.geteuid() != 0 or not PLAIN_PYTHON.exists(), reason="needs root and Debian's Python")
def test_it_holds_for_an_ordinary_user_too(tmp_path: Path) -> None:
    script = (
        "from ponder.verify.sandbox.command import CommandLimits, run_jailed\n"
        "sh = ['/usr/bin/sh', '-c']; brief = CommandLimits(seconds=0.5)\n"
        "script = 'id -u; cat given; cat /etc/passwd; echo x > new; (sleep 600 &)'\n"
        "done = run_jailed([*sh, script], files={'given': b'there '}, keep=['new'])\n"
        "print(done.stdout, done.ending, done.files)\n"
        "print(run_jailed([*sh, 'while :; do :; done'], limits=brief).ending)\n"
    )
    environment = {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*ORDINARY, PLAIN_PYTHON, "-c", script], env=environment, cwd="/", capture_output=True, text=True
    )
    if "SandboxError" in done.stderr or "PermissionError" in done.stderr or "ModuleNotFound" in done.stderr:
        pytest.skip(f"an ordinary user cannot do this here: {done.stderr.strip().splitlines()[-1]}")
    assert done.stdout.split() == ["1000", "there", "exited", "{'new':", "b'x\\n'}", "timeout"], done.stderr


def broken_bubblewrap(folder: Path) -> str:
    """A bubblewrap as it is where user namespaces are forbidden."""
    (folder / "bwrap").write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
    )
    (folder / "bwrap").chmod(0o755)
    return str(folder)


def test_a_machine_that_forbids_it_is_told_so(tmp_path: Path) -> None:
    """In a fresh process, where bubblewrap has not worked yet."""
    script = "from ponder.verify.sandbox.command import run_jailed; run_jailed(['/usr/bin/touch', '/box/x'])"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PATH": broken_bubblewrap(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "SandboxError: bubblewrap cannot make a sandbox here" in done.stderr
    assert "No permissions" in done.stderr and "user namespaces" in done.stderr


def test_a_failure_after_success_is_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("true").returncode == 0
    monkeypatch.setenv("PATH", broken_bubblewrap(tmp_path))
    done = shell("echo never")
    assert (done.ending, done.returncode, done.stdout) == (Ending.INFRASTRUCTURE_ERROR, None, "")
