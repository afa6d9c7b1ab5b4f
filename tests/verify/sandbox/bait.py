"""What hostile programs are after, laid out for them, and whether any of it has been touched.

Everything in it is open to every account, so that nothing but the sandbox is in the way. It does not show
what nobody thought of looking at.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TRIED = ("/dev/shm/ponder", "/dev/ponder", "/tmp/ponder", "/var/tmp/ponder", os.__file__ + ".ponder")
WATCHED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGURG)


@dataclass(frozen=True, slots=True)
class Bait:
    """Where things are. The text of the secret is not among them."""

    folder: str
    secret: str
    port: int
    stream: str
    datagrams: str
    abstract: str
    abstract_datagrams: str
    neighbour: int
    supervisor: int = field(default_factory=os.getpid)

    def as_told(self, servers: list[int]) -> dict[str, Any]:
        """What the programs are told."""
        return {**asdict(self), "servers": servers}


@dataclass(frozen=True, slots=True)
class Watch:
    """The bait and what it looked like at first."""

    bait: Bait
    text: str
    sockets: dict[str, socket.socket]
    neighbour: subprocess.Popen[bytes]
    before: dict[str, Any] = field(default_factory=dict[str, Any])

    def touched(self) -> list[str]:
        """What has changed since the start, or has been reached since the last call."""
        now = state(self.bait)
        found = [
            f"{name} was {self.before[name]}, is {now[name]}"
            for name in now
            if now[name] != self.before[name]
        ]
        if self.neighbour.poll() is not None:
            found.append("the neighbour is dead")
        return found + [
            f"{name} was reached" for name, listener in self.sockets.items() if _reached(listener)
        ]


def state(bait: Bait) -> dict[str, Any]:
    """Everything that should stay as it is."""
    folder = Path(bait.folder)
    looks = {path.name: path.lstat() for path in sorted(folder.iterdir())}
    state: dict[str, Any] = {
        "files": {n: (s.st_mode, s.st_uid, s.st_size, s.st_mtime_ns, s.st_nlink) for n, s in looks.items()},
        "secret": Path(bait.secret).read_text() if Path(bait.secret).exists() else None,
        "attributes": os.listxattr(bait.secret) if Path(bait.secret).exists() else None,
        "files elsewhere": [path for path in TRIED if os.path.lexists(path)],
        "folder": os.getcwd(),
        "handlers": [signal.getsignal(number) for number in WATCHED_SIGNALS],
    }
    for pid in (bait.supervisor, bait.neighbour):
        with contextlib.suppress(ProcessLookupError):
            state[f"priority of {pid}"] = os.getpriority(os.PRIO_PROCESS, pid)
            state[f"processors of {pid}"] = os.sched_getaffinity(pid)
    for kind in ("shm", "msg", "sem"):
        with contextlib.suppress(OSError):
            state[f"System V {kind}"] = len(Path(f"/proc/sysvipc/{kind}").read_text().splitlines())
    return state


@contextmanager
def lay_bait() -> Generator[Watch]:
    """A folder with a secret, sockets of several kinds, a process, all to be left alone."""
    text, abstract = f"bait-{secrets.token_hex(8)}", f"\0bait-{secrets.token_hex(8)}"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ponder-hostile-")))
        folder.chmod(0o777)
        (folder / "secret").write_text(text)
        (folder / "long").write_text("long")
        (folder / "module_of_the_bait.py").write_text("def f(x): return 2 * x\n")
        for file in folder.iterdir():
            file.chmod(0o666)
        port = 0
        sockets = dict[str, socket.socket]()
        for name, family, kind in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM), ("udp", socket.AF_INET, socket.SOCK_DGRAM),
            ("stream", socket.AF_UNIX, socket.SOCK_STREAM), ("datagrams", socket.AF_UNIX, socket.SOCK_DGRAM),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM),
            ("abstract_datagrams", socket.AF_UNIX, socket.SOCK_DGRAM),
        ):  # fmt: skip
            made = sockets[name] = stack.enter_context(socket.socket(family, kind))
            match name:
                case "tcp" | "udp":
                    made.bind(("127.0.0.1", port))
                    port = made.getsockname()[1]
                case "stream" | "datagrams":
                    made.bind(str(folder / name))
                    (folder / name).chmod(0o777)
                case _:
                    made.bind(abstract + name.removeprefix("abstract"))
            if kind == socket.SOCK_STREAM:
                made.listen()
            made.setblocking(False)
        neighbour = stack.enter_context(_neighbour(text))
        bait = Bait(
            str(folder), str(folder / "secret"), port, str(folder / "stream"), str(folder / "datagrams"),
            abstract, abstract + "_datagrams", neighbour.pid,
        )  # fmt: skip
        yield Watch(bait, text, sockets, neighbour, state(bait))


@contextmanager
def _neighbour(secret: str) -> Generator[subprocess.Popen[bytes]]:
    """A process of our own account that waits."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, env={"SECRET": secret}) as process:
        try:
            yield process
        finally:
            process.kill()


def _reached(listener: socket.socket) -> bool:
    found = False
    with contextlib.suppress(BlockingIOError):
        while True:
            if listener.type == socket.SOCK_STREAM:
                listener.accept()[0].close()
            else:
                listener.recv(64)
            found = True
    return found
