"""One row of the battery: a program, its tests, how it may end, and the lines that all of them start with.

A program is harmless even where it gets through: it signals with SIGURG, which nobody minds, calls the
kernel with arguments that mean nothing, and writes only into the bait. One that tries a forbidden thing
gives right answers if that thing worked, so a hole in the sandbox shows as a false pass.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

from ponder.verify.sandbox import Limits

BOTH, GUARD, JAIL = ("guard", "jail"), ("guard",), ("jail",)
SECONDS, SECONDS_PATIENT = 1.0, 0.4

DOUBLE = {"entry_point": "f", "cases": [{"args": [x], "expected": 2 * x} for x in (1, 3, 5, 8)]}
TRUE = {"entry_point": "f", "cases": [{"args": [x], "expected": True} for x in (1, 2, 3)]}
TEXT = {"entry_point": "f", "cases": [{"args": ["a"], "expected": "A"}, {"args": ["b"], "expected": "B"}]}
PAIR = {"entry_point": "f", "cases": [{"args": [x], "expected": [x, x]} for x in (1, 2, 3)]}
NAMED = {"entry_point": "f", "cases": [{"args": [x], "expected": {"a": x}} for x in (1, 2, 3)]}
CLOSE = {"entry_point": "f", "tolerance": 1e-6, "cases": [{"args": [x], "expected": x / 3} for x in (1, 2)]}
LINES = {"cases": [{"stdin": "3\n", "stdout": "1\n2\n3\n"}, {"stdin": "2\n", "stdout": "1\n2\n"}]}
LOOP = {
    "entry_point": "f",
    "test": "def check(candidate):\n    for n in range(1, 6):\n        assert candidate(n) == 2 * n\n",
}
BARE = {"test_list": ["assert all(f(n) == 2 * n for n in range(1, 6))", "assert abs(f(2.5) - 5) < 1e-9"]}
SETS = {"test_list": ["assert f(1) == {1}", "assert f(2) == {2}"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the battery."""

    name: str
    program: str
    outcomes: frozenset[str]
    """How it may end."""
    tests: dict[str, Any] = field(default_factory=lambda: DOUBLE)
    levels: tuple[str, ...] = BOTH
    patient: bool = False
    """It runs until its limit, which is short therefore; such rows run side by side."""
    memory_mb: int = 256

    @property
    def limits(self) -> Limits:
        seconds = SECONDS_PATIENT if self.patient else SECONDS
        return Limits(seconds=seconds, memory_mb=self.memory_mb, file_mb=4)


def row(name: str, program: str, outcomes: str = "wrong", **more: Any) -> Row:
    """A program as it stands, and the outcomes it may have, separated by blanks."""
    return Row(
        name=name, program=textwrap.dedent(program).strip(), outcomes=frozenset(outcomes.split()), **more
    )


def attempt(name: str, body: str, outcomes: str = "blocked error", **more: Any) -> Row:
    """A function that does something forbidden and then, if nothing has stopped it, answers right."""
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return row(name, f"def f(x):\n{body}\n    return 2 * x", outcomes, **more)


def endless(name: str, program: str, outcomes: str = "timeout", **more: Any) -> Row:
    return row(name, program, outcomes, patient=True, **more)


def calls(name: str, *tried: tuple[Any, ...]) -> Row:
    """System calls of which the kernel should carry out none, nor even look at its arguments."""
    return attempt(name, f"reached{tried!r}" if len(tried) > 1 else f"reached({tried[0]!r})", "blocked")


def fill_in(hostile: Row, bait: dict[str, Any]) -> str:
    """The program with what all of them start with, and where to find the bait."""
    return f"{HELP.format(numbers=NUMBERS)}BAIT = {bait!r}\n{hostile.program}\n"


HELP = '''
import ctypes, json, os, platform, signal, socket, struct, sys, threading, time
NUMBERS = {numbers}
LIBC = ctypes.CDLL(None, use_errno=True)
def syscall(name, *arguments):
    number = NUMBERS[name][platform.machine() != "x86_64"]
    if number is None:
        raise PermissionError("there is no such call here")
    result = LIBC.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
def reached(*tried):
    """Returns if the kernel carried out a call, or found fault with no more than its arguments."""
    for call in tried:
        try:
            syscall(*call)
        except OSError as error:
            if error.errno in (1, 13, 38, None):
                continue
        return
    raise PermissionError("nothing got through")
def write(descriptor, data):
    while data:
        data = data[os.write(descriptor, data):]
def say(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    write(4, struct.pack(">I", len(body)) + body)
def questions():
    """Takes the place of what calls the function: says that it is ready, and yields what is asked."""
    say({{"ready": True}})
    while header := os.read(3, 4):
        asked = json.loads(os.read(3, struct.unpack(">I", header)[0]))
        yield asked["id"], asked["arguments"]["tuple"][0]
'''

NUMBERS: dict[str, tuple[int | None, int | None]] = {  # on x86-64, on arm64
    "fork": (57, None), "vfork": (58, None), "clone": (56, 220), "clone3": (435, 435), "execve": (59, 221),
    "execveat": (322, 281), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "kcmp": (312, 272), "process_madvise": (440, 440), "tkill": (200, 130),
    "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsmount": (432, 432), "mount_setattr": (442, 442), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "perf_event_open": (298, 241), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "userfaultfd": (323, 282), "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "mq_unlink": (241, 181), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "openat2": (437, 437), "setpriority": (141, 140), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "prlimit64": (302, 261), "personality": (135, 92), "setuid": (105, 146), "setresuid": (117, 147),
    "setgid": (106, 144), "setgroups": (116, 159), "capset": (126, 91), "prctl": (157, 167),
    "seccomp": (317, 277), "landlock_create_ruleset": (444, 444), "sendmsg": (46, 211),
    "sendmmsg": (307, 269), "recvmsg": (47, 212), "socket": (41, 198), "connect": (42, 203),
    "bind": (49, 200), "fchmodat2": (452, 452), "setxattr": (188, 5), "utimensat": (280, 88),
    "mknodat": (259, 33), "inotify_init1": (294, 26), "fanotify_init": (300, 262), "quotactl": (179, 60),
    "syslog": (103, 116), "init_module": (175, 105), "finit_module": (313, 273), "reboot": (169, 142),
    "swapon": (167, 224), "acct": (163, 89), "kexec_load": (246, 104), "iopl": (172, None),
    "modify_ldt": (154, None), "setsid": (112, 157), "setpgid": (109, 154), "sethostname": (170, 161),
    "settimeofday": (164, 170), "timer_create": (222, 107), "signalfd4": (289, 74),
    "timerfd_create": (283, 85), "mlockall": (151, 230), "move_pages": (279, 239),
    "migrate_pages": (256, 238), "splice": (275, 76), "vmsplice": (278, 75), "tee": (276, 77),
    "sendfile": (40, 71), "fallocate": (285, 47), "lookup_dcookie": (212, 18), "statmount": (457, 457),
    "listmount": (458, 458), "cachestat": (451, 451), "set_mempolicy": (238, 237), "vhangup": (153, 58),
}  # fmt: skip
