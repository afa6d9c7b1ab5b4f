"""Proves a level at start by trying what it must forbid, and refuses it if anything gets through.

Each probe is a small program that tries one forbidden thing and prints `open` if that worked. Where an
effect can be seen from outside (a file, a listener, a neighbour, a survivor), it is looked for there. Bait
is laid first: a file with a secret, a variable in our own environment, listeners on loopback, a process to
signal. A probe that ends in any way without `open` and without an effect counts as held; a run that cannot
be carried out counts as not held. Does not prove that nothing else gets through.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ponder.verify.sandbox.fork_server import Sandbox
from ponder.verify.sandbox.limits import Limits, Outcome, Stopped

PROBE_LIMITS = Limits(seconds=2.0, memory_mb=256, output_bytes=4_096, file_mb=1)
ENDLESS = ("run past the clock", "outlive the job")
ENDLESS_LIMITS = replace(PROBE_LIMITS, seconds=0.2)
_SYSCALL = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"


@dataclass(frozen=True, slots=True)
class Bait:
    """What the probes are after. The folder may be entered and written by everyone."""

    folder: Path
    secret: str
    port: int
    socket_path: Path
    datagram_path: Path
    abstract_name: str
    neighbour: int


def probes(bait: Bait) -> dict[str, str]:
    """Name to program. `{...}` is filled with the bait."""
    file, folder = str(bait.folder / "secret"), str(bait.folder)
    connect = (
        "import socket; s = socket.socket(socket.{0}, socket.{1}); s.settimeout(1); "
        "s.connect({2!r}); s.send(b'x'); print('open')"
    )
    return {
        "read a file": f"print('open', open({file!r}).read())",
        "list a folder": f"import os; print('open', os.listdir({folder!r}))",
        "cut a file short": f"import os; os.open({folder + '/long'!r}, os.O_TRUNC); print('open')",
        "write a file": f"open({folder + '/written'!r}, 'w').write('x'); print('open')",
        "change a file's mode": f"import os; os.chmod({file!r}, 0o777); print('open')",
        "link to a file": f"import os; os.symlink({file!r}, {folder + '/link'!r}); print('open')",
        "remove a file": f"import os; os.unlink({file!r}); print('open')",
        "read our environment": _READ_ENVIRONMENTS,
        "read the process table": "import os; print('open', min(os.listdir('/proc')))",
        "use an inherited descriptor": _DESCRIPTORS,
        "connect over TCP": connect.format("AF_INET", "SOCK_STREAM", ("127.0.0.1", bait.port)),
        "send over UDP": connect.format("AF_INET", "SOCK_DGRAM", ("127.0.0.1", bait.port)),
        "send to a socket file": _DATAGRAM.format(str(bait.datagram_path)),
        "connect to a socket file": connect.format("AF_UNIX", "SOCK_STREAM", str(bait.socket_path)),
        "connect to an abstract socket": connect.format("AF_UNIX", "SOCK_STREAM", "\0" + bait.abstract_name),
        "fork": "import os; os.fork(); print('open')",
        "run a program": "import os; os.posix_spawn('/bin/true', ['true'], {}); print('open')",
        "become a program": "import os; os.execv('/bin/echo', ['echo', 'open'])",
        "signal a neighbour": f"import os; os.kill({bait.neighbour}, 15); print('open')",
        "signal everybody": "import os; os.kill(-1, 0); print('open')",
        "trace a neighbour": _SYSCALL
        + f"print('open' if libc.ptrace(16, {bait.neighbour}, 0, 0) == 0 else '')",
        "read a neighbour's memory": _SYSCALL + _call(310, bait.neighbour, 0, 0, 0, 0, 0),
        "make a user namespace": _SYSCALL + "print('open' if libc.unshare(0x10000000) == 0 else '')",
        "mount": _SYSCALL + _tried("libc.mount(b'none', b'/', b'no such file system', 0, None)"),
        "set up io_uring": _SYSCALL + _call(425, 0, 0),
        "load a BPF program": _SYSCALL + _call(321, 0, 0, 0),
        "make a memory file": "import os; os.memfd_create('x'); print('open')",
        "become root": "import os; os.setuid(0); print('open')",
        "take much memory": "x = bytearray(384 << 20); print('open')",
        "run past the clock": "while True: pass",
        "write without end": "while True: print('x' * 1000)",
        "outlive the job": _SURVIVE,
    }


def _call(number: int, *arguments: int) -> str:
    return _tried(f"libc.syscall({number}, {', '.join(map(str, arguments))})")


def _tried(call: str) -> str:
    """A call with senseless arguments: that it only dislikes these (EINVAL, ENODEV) shows it was reached."""
    return f"r = {call}; print('open' if r >= 0 or ctypes.get_errno() not in (1, 13, 38) else '')"


_READ_ENVIRONMENTS = """
import os, glob
seen = str(dict(os.environ))
for path in ['/proc/1/environ', f'/proc/{os.getppid()}/environ', *glob.glob('/proc/*/environ')]:
    try: seen += open(path, errors='replace').read()
    except OSError: pass
print(seen)
"""
_DATAGRAM = """
import socket
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
one.sendto(b'x', {!r}); print('open')
"""
_DESCRIPTORS = """
import os
held = []
for number in range(5, 256):
    try: os.fstat(number); held.append(number)
    except OSError: pass
print('open' if held else '')
"""
_SURVIVE = """
import signal, os, threading
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
for descriptor in (0, 1, 2): os.close(descriptor)
while True: pass
"""


def self_check(sandbox: Sandbox) -> list[str]:
    """The names of the probes that got through; empty when the level holds."""
    with _lay_bait() as (bait, touched):
        programs = probes(bait)
        with ThreadPoolExecutor(4) as threads:
            held = list(threads.map(partial(_held, sandbox, bait.secret), programs, programs.values()))
        return [name for name, holds in zip(programs, held, strict=True) if not holds] + touched()


def _held(sandbox: Sandbox, secret: str, name: str, program: str) -> bool:
    limits = ENDLESS_LIMITS if name in ENDLESS else PROBE_LIMITS
    try:
        with sandbox.start_job({"mode": "script", "source": program}, limits, b"") as job:
            written = job.wait().stdout.decode("utf-8", "replace")
    except Stopped as stopped:
        return stopped.outcome is not Outcome.INFRASTRUCTURE_ERROR
    return "open" not in written and secret not in written


@contextmanager
def _lay_bait() -> Generator[tuple[Bait, Callable[[], list[str]]]]:
    """The bait, and a function that names what has been touched."""
    secret, abstract = secrets.token_hex(8), f"ponder-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ponder-bait-")))
        folder.chmod(0o777)
        for name, text, mode in (("secret", secret, 0o644), ("long", "long", 0o666)):
            (folder / name).write_text(text)
            (folder / name).chmod(mode)
        listeners = {
            "tcp": stack.enter_context(_listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))),
            "socket file": stack.enter_context(
                _listen(socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket"))
            ),
            "datagram file": stack.enter_context(
                _listen(socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagrams"))
            ),
            "abstract socket": stack.enter_context(
                _listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + abstract)
            ),
        }
        port = listeners["tcp"].getsockname()[1]
        listeners["udp"] = stack.enter_context(
            _listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port))
        )
        neighbour = stack.enter_context(_neighbour(secret))
        bait = Bait(folder, secret, port, folder / "socket", folder / "datagrams", abstract, neighbour.pid)
        yield bait, lambda: _touched(folder, listeners, neighbour)


def _touched(
    folder: Path, listeners: Mapping[str, socket.socket], neighbour: subprocess.Popen[bytes]
) -> list[str]:
    found = [f"{name}: reached" for name, listener in listeners.items() if _reached(listener)]
    if neighbour.poll() is not None:
        found.append("the neighbour is dead")
    if sorted(path.name for path in folder.iterdir()) != ["datagrams", "long", "secret", "socket"]:
        found.append("the folder has changed")
    elif stat.S_IMODE((folder / "secret").stat().st_mode) != 0o644:
        found.append("the file's mode has changed")
    elif (folder / "long").stat().st_size != len("long"):
        found.append("the file has been cut short")
    return found


def _listen(family: int, kind: int, address: str | tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, kind)
    listener.bind(address)
    if kind == socket.SOCK_STREAM:
        listener.listen()
    listener.setblocking(False)
    if isinstance(address, str) and not address.startswith("\0"):
        Path(address).chmod(0o777)
    return listener


@contextmanager
def _neighbour(secret: str) -> Generator[subprocess.Popen[bytes]]:
    """A process of our own account that waits, with the secret in its environment."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, env={"SECRET": secret}) as process:
        try:
            yield process
        finally:
            process.kill()


def _reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(1)
        else:
            listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True
