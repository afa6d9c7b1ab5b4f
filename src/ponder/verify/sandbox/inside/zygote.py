"""A fork server: keeps confined processes ready and hands them out with their pipes.

It is started once with an empty environment, imports what every job needs, and forks. A job process
confines itself before it is handed out, so a request costs one message. The control socket is standard
input: a line asks for a job, the reply carries six descriptors (standard input, output and error, messages
to and from the job, its status) and a pidfd. When the control socket closes, all jobs are killed. Nothing
secret may ever be in this process: a program can read all of its memory.

    settings: {"level", "user", "users", "threads", "keep_reading", "readable", "writable", "work", …}
"""

from __future__ import annotations

import _sitebuiltins
import builtins
import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any

import confinement
import job
import landlock
import messages

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NAMESPACES = 0x10000000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x00020000 | 0x02000000
_M_ARENA_MAX = -8
_CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}
_MS_PRIVATE_EVERYWHERE, _MS_NOSUID_NODEV, _MS_RDONLY = 1 << 18 | 1 << 14, 2 | 4, 1


class Zygote:
    """`settings` is the first message; `control` is the socket to the supervisor."""

    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self.control, self.settings = control, settings
        self.jail = settings["level"] == "jail"
        self.rules = None
        if landlock.version() > 0:
            self.rules = landlock.make_rules(settings["readable"], settings["writable"])
        elif not self.jail:
            raise OSError("this kernel has no Landlock (Linux 5.13 or later, and lsm=landlock)")
        self.spares = list[tuple[int, list[int]]]()
        self.jobs = 0
        self.running = dict[int, int]()  # pid -> descriptor that takes its status

    def serve(self) -> None:
        """Hand out jobs until the control socket closes."""
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, _note)
        with selectors.DefaultSelector() as selector:
            selector.register(self.control, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                self.refill()
                for key, _ in selector.select():
                    if key.fd == woken:
                        with contextlib.suppress(BlockingIOError):
                            os.read(woken, 4096)
                        self.reap()
                    elif not self.control.recv(1):
                        return self.end()
                    else:
                        self.hand_out()

    def refill(self) -> None:
        while len(self.spares) < self.settings["spares"]:
            self.spares.append(self.fork_job())

    def hand_out(self) -> None:
        if not self.spares:
            self.refill()
        pid, ends = self.spares.pop(0)
        status, takes_status = os.pipe()
        try:
            pidfd = os.pidfd_open(pid)
        except OSError as error:
            self.control.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
            return
        self.running[pid] = takes_status
        given = [*ends, status, pidfd]
        socket.send_fds(self.control, [b'{"ready": true}\n'], given)
        for descriptor in given:
            os.close(descriptor)

    def reap(self) -> None:
        """Tell each ended job's status: its wait status and the processor seconds it took."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            takes_status = self.running.pop(pid, None)
            if takes_status is None:
                for spare in [spare for spare in self.spares if spare[0] == pid]:
                    self.spares.remove(spare)
                    for descriptor in spare[1]:
                        os.close(descriptor)
                continue
            told = json.dumps(
                {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "rss_kb": usage.ru_maxrss}
            )
            with contextlib.suppress(OSError):  # a supervisor that has lost interest
                os.write(takes_status, told.encode())
            os.close(takes_status)

    def end(self) -> None:
        for pid in [*self.running, *(pid for pid, _ in self.spares)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def fork_job(self) -> tuple[int, list[int]]:
        """A confined process that waits for its first message, and the supervisor's ends of its pipes."""
        pipes = [os.pipe() for _ in range(5)]
        theirs = [pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][0], pipes[4][1]]
        ours = [pipes[0][1], pipes[1][0], pipes[2][0], pipes[3][1], pipes[4][0]]
        go, may_go = os.pipe()
        self.jobs += 1
        pid = _clone() if self.jail else os.fork()
        if pid == 0:
            os.close(may_go)
            self.become_job(theirs, go)
        for descriptor in (*theirs, go):
            os.close(descriptor)
        if self.jail:
            self.map_ids(pid)
        os.write(may_go, b"!")
        os.close(may_go)
        return pid, ours

    def own_user(self) -> int:
        """As root each job has an account of its own: what one uses up is not missing elsewhere."""
        if os.geteuid() != 0:
            return os.geteuid()
        return self.settings["user"] + self.jobs % self.settings["users"]

    def map_ids(self, pid: int) -> None:
        """Inside its user namespace the job is 1000 and nobody else exists."""
        outside = self.own_user()
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"1000 {outside} 1"),
            ("gid_map", f"1000 {outside} 1"),
        ):
            with open(f"/proc/{pid}/{name}", "w") as file:
                file.write(line)

    def become_job(self, ends: list[int], go: int) -> None:
        """In the child: confine, wait for the program, run it, exit. Never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            confinement.die_with_parent()
            if os.read(go, 1) != b"!":  # closed: the parent has gone already
                os._exit(1)
            self.arrange_descriptors(ends)
            if self.jail:
                _hide_file_system(self.settings["work"], self.settings["work_mb"])
                confinement.drop_privileges(1000, in_namespace=True)
            else:
                user = self.own_user() if os.geteuid() == 0 else None
                confinement.drop_privileges(user, keep_reading=self.settings["keep_reading"])
            confinement.die_with_parent()  # a change of user has cleared it
            confinement.limit_threads(self.settings["threads"])
            confinement.lock_down(None if self.rules is None else 5, in_jail=self.jail)
            message = messages.receive(job.REQUESTS)
            if message is not None:
                job.run(message)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException as error:
            _tell(error)
        finally:
            _flush()
            os._exit(code & 0xFF)

    def arrange_descriptors(self, ends: list[int]) -> None:
        """Descriptors 0 to 4 are the job's, 5 the Landlock rules, and there are no others."""
        wanted = [*ends, *([self.rules] if self.rules is not None else [])]
        free = max(wanted) + 1
        above = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, free) for descriptor in wanted]
        for place, descriptor in enumerate(above):
            os.dup2(descriptor, place)
        os.closerange(len(above), 1 << 20)


def _note(number: int, frame: object) -> None:
    """The wake-up descriptor has told already."""


def _clone() -> int:
    """fork(2) into new user, pid, network, ipc, uts, cgroup and mount namespaces at once."""
    python = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock, as os.fork does
    python.PyOS_BeforeFork()
    number = _CLONE_NUMBER[os.uname().machine]
    pid: int = python.syscall(
        number, ctypes.c_ulong(_NEW_NAMESPACES | signal.SIGCHLD), *[ctypes.c_ulong(0)] * 4
    )
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(ctypes.get_errno(), f"namespaces: {os.strerror(ctypes.get_errno())}")
    return pid


def _hide_file_system(work: str, work_mb: int) -> None:
    """A small private file system to work in, an empty one over /proc, and no mount that others see."""
    _mount(None, "/", None, _MS_PRIVATE_EVERYWHERE, "")
    size = f"size={work_mb}m,nr_inodes=1024,mode=0700,uid=1000,gid=1000"
    _mount("tmpfs", work, "tmpfs", _MS_NOSUID_NODEV, size)
    _mount("tmpfs", "/proc", "tmpfs", _MS_NOSUID_NODEV | _MS_RDONLY, "size=4k,nr_inodes=2")
    os.chdir(work)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    if _LIBC.mount(*encoded, ctypes.c_ulong(flags), options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}: {os.strerror(ctypes.get_errno())}")


def _tell(error: BaseException) -> None:
    """A script's uncaught exception, as Python prints it."""
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except BaseException:  # a program may replace the hook
        os.write(2, b"an exception that cannot be printed\n")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def main() -> None:
    """Started by the supervisor with the control socket as standard input."""
    control = socket.socket(fileno=os.dup(0))
    with contextlib.suppress(PermissionError):
        os.setgroups([])
    settings = messages.receive(control.fileno())
    sys.path[:] = [path for path in sys.path if path not in settings["hidden"]] + settings["paths"]
    sys.argv, sys.orig_argv = [""], [""]
    try:
        for name in settings["imports"]:
            importlib.import_module(name)
        for name in ("exit", "quit"):  # programs of one file use them, and only `site` defines them
            setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D"))
        _LIBC.mallopt(_M_ARENA_MAX, 1)  # else each thread reserves 64 MB of a limited address space
        confinement.drop_bounding_set()
        confinement.system_calls(0, in_jail=settings["level"] == "jail")
        gc.freeze()  # a job's collector leaves the shared pages alone
        zygote = Zygote(control, settings)
        zygote.refill()
    except (OSError, ImportError) as error:
        control.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        return
    control.sendall(json.dumps({"ready": True, "landlock": landlock.version()}).encode() + b"\n")
    zygote.serve()
