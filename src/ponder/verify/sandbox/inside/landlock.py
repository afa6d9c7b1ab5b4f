"""The files that a job may open: Landlock rules (landlock(7), Linux 5.13 and later).

A job may read the folders it is given, write in the work folder if there is one, and nothing else; it may
bind and connect no TCP port (ABI 4), and neither signal nor reach the abstract sockets of a process outside
(ABI 6). Landlock does not see stat, chdir or changes of metadata; the seccomp list covers the latter.
"""

from __future__ import annotations

import ctypes
import os
import struct

KNOWS_TRUNCATION = 3  # the version that also forbids to cut a file short
_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION, _PATH_BENEATH = 1, 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # ABI: how many file rights it knows
_NET_RIGHTS, _SCOPES = 0b11, 0b11
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_CHANGE = (
    _WRITE_FILE | _READ_FILE | _READ_DIR | 0b11111 << 4 | 1 << 12 | _REFER | _TRUNCATE
)  # no devices or sockets
_LIBC = ctypes.CDLL(None, use_errno=True)
_O_PATH = getattr(os, "O_PATH", 0)


def version() -> int:
    """The kernel's Landlock ABI; 0 where there is none."""
    found = _syscall(_CREATE, None, 0, _VERSION)
    return max(found, 0)


def make_rules(readable: list[str], writable: list[str]) -> int:
    """A ruleset's descriptor: what is `readable`, and `writable` folders and devices. Raises OSError."""
    abi = version()
    known = (1 << max(count for since, count in _RIGHTS.items() if since <= abi)) - 1
    attributes = struct.pack("Q", known)
    if abi >= 4:
        attributes += struct.pack("Q", _NET_RIGHTS)
    if abi >= 6:
        attributes += struct.pack("Q", _SCOPES)
    rules = _checked(_syscall(_CREATE, attributes, len(attributes), 0), "landlock_create_ruleset")
    for path in readable:
        _allow(rules, path, _READ_FILE | _READ_DIR)
    for path in writable:
        _allow(rules, path, _CHANGE & known)
    return rules


def restrict(rules: int) -> None:
    """Confine this process to the ruleset, for good. `no_new_privs` must be set. Raises OSError."""
    _checked(_syscall(_RESTRICT, rules, 0), "landlock_restrict_self")


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, _O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        beneath = struct.pack("=Qi", rights, folder)
        _checked(_syscall(_ADD, rules, _PATH_BENEATH, beneath, 0), "landlock_add_rule")
    finally:
        os.close(folder)


def _syscall(number: int, *arguments: object) -> int:
    return _LIBC.syscall(number, *arguments)


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
    return result
