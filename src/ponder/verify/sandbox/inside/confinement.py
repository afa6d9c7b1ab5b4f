"""Gives up a job's rights, one after the other, before it sees a line of the program.

Order matters: user id and capabilities first (they need rights), then `no_new_privs`, Landlock, seccomp;
the resource limits come with the job itself and can only go down.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import struct

import landlock
import seccomp

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP = 1, 4, 8, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT, _CLEAR_ALL = 38, 47, 4
_CAPABILITY_VERSION, _DAC_READ_SEARCH = 0x20080522, 2
_LAST_CAPABILITY = 63


def die_with_parent() -> None:
    """End this process when its parent ends, which must be single-threaded (prctl(2) means the thread)."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_privileges(user: int | None, *, keep_reading: bool = False, in_namespace: bool = False) -> None:
    """As root become `user`; then hold no capability, or the one that lets a private prefix be read."""
    if user is not None:
        _prctl(_PR_SET_KEEPCAPS, 1)
        if not in_namespace:  # where a user namespace has one user, its groups cannot be changed
            os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, required=False)
    kept = 1 << _DAC_READ_SEARCH if keep_reading and user is not None else 0
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    if _LIBC.capset(header, struct.pack("6I", kept, kept, 0, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def drop_bounding_set() -> None:
    """No process from here on can gain a capability; an ordinary user could not anyway, and may not ask."""
    for capability in range(_LAST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability, required=False)


def lock_down(rules: int | None, *, in_jail: bool) -> None:
    """No new privileges, no core or ptrace, Landlock where there is one, the system call filter."""
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if rules is not None:
        landlock.restrict(rules)
        os.close(rules)
    seccomp.install(system_calls(os.getpid(), in_jail=in_jail))


def system_calls(pid: int, *, in_jail: bool) -> bytes:
    """The filter of one job; asked for once before the first fork, the others are made from that."""
    may_open = in_jail or landlock.version() >= landlock.KNOWS_TRUNCATION
    return seccomp.filter_program(pid, may_open_to_write=may_open, may_change_folders=in_jail)


def limit_resources(*, memory_mb: int, cpu_seconds: float, file_mb: int) -> None:
    """Hard limits of this process: address space, processor seconds, bytes of one file, open files."""
    cpu = math.ceil(cpu_seconds)
    for what, most in (
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, file_mb << 20),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def limit_threads(most: int) -> None:
    """Of the account, whichever processes they are in."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _prctl(option: int, value: int, required: bool = True) -> None:
    # All five as longs: the kernel refuses some options whose unused arguments are not zero.
    arguments = [ctypes.c_ulong(number) for number in (value, 0, 0, 0)]
    if _LIBC.prctl(option, *arguments) != 0 and required:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
