"""The system calls that a job may make: an allow-list as a BPF program (seccomp(2)).

Everything that is not on the list fails with EPERM: fork and exec, sockets, signals to others, ptrace,
namespaces, mounts, io_uring, bpf, keys, memfd, shared memory, and the changes of metadata (chmod, chown,
utime, xattr) that Landlock does not see. `clone` passes only for threads, `clone3` is said not to exist so
that the C library falls back to `clone`, `kill` and `tgkill` reach only the job itself. A call in another
architecture's or x32's numbering ends the process. Knows x86-64 and arm64, no others.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from functools import lru_cache

ALLOW, ERRNO, KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
)  # BPF_LD|W|ABS, JEQ, JGE, JSET, RET
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32_BIT, _CLONE_THREAD = 0x40000000, 0x00010000
_TERMINAL_QUERIES = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, winsize, nread, nbio, cloexec
_LIBC = ctypes.CDLL(None, use_errno=True)
_PID_MARK = 0x7E57AB1E
_OWN_PID = struct.pack("I", _PID_MARK)
_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC  # of an open's flags
_FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # copies, flags and locks; F_SETOWN sends signals
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

# name: number on x86-64, number on arm64 (None: the call does not exist there)
_FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "stat": (4, None), "fstat": (5, 80),
    "lstat": (6, None), "poll": (7, None), "lseek": (8, 62), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65),
    "writev": (20, 66), "access": (21, None), "pipe": (22, None), "select": (23, None),
    "sched_yield": (24, 124), "mremap": (25, 216), "msync": (26, 227), "mincore": (27, 232),
    "madvise": (28, 233), "dup": (32, 23), "dup2": (33, None), "pause": (34, None), "nanosleep": (35, 101),
    "getitimer": (36, 102), "alarm": (37, None), "setitimer": (38, 103), "getpid": (39, 172),
    "recvfrom": (45, 207), "shutdown": (48, 210), "socketpair": (53, 199),
    "exit": (60, 93), "uname": (63, 160), "fsync": (74, 82), "fdatasync": (75, 83), "ftruncate": (77, 46),
    "getdents": (78, None), "getcwd": (79, 17), "chdir": (80, 49), "fchdir": (81, 50),
    "readlink": (89, None), "umask": (95, 166), "gettimeofday": (96, 169), "getrlimit": (97, 163),
    "getrusage": (98, 165), "sysinfo": (99, 179), "times": (100, 153), "getuid": (102, 174),
    "getgid": (104, 176), "geteuid": (107, 175), "getegid": (108, 177), "getppid": (110, 173),
    "getpgrp": (111, None), "setrlimit": (160, 164), "getgroups": (115, 158), "getresuid": (118, 148),
    "getresgid": (120, 150), "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132), "arch_prctl": (158, None), "gettid": (186, 178),
    "time": (201, None), "futex": (202, 98), "sched_getaffinity": (204, 123), "epoll_create": (213, None),
    "getdents64": (217, 61), "set_tid_address": (218, 96), "restart_syscall": (219, 128),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115),
    "exit_group": (231, 94), "epoll_wait": (232, None), "epoll_ctl": (233, 21), "newfstatat": (262, 79),
    "readlinkat": (267, 78), "faccessat": (269, 48), "pselect6": (270, 72), "ppoll": (271, 73),
    "set_robust_list": (273, 99), "get_robust_list": (274, 100), "epoll_pwait": (281, 22),
    "eventfd2": (290, 19), "epoll_create1": (291, 20), "dup3": (292, 24), "pipe2": (293, 59),
    "getrandom": (318, 278), "membarrier": (324, 283), "statx": (332, 291), "rseq": (334, 293),
    "close_range": (436, 436), "faccessat2": (439, 439), "getpgid": (121, 155), "getsid": (124, 156),
    "getpriority": (140, 141), "statfs": (137, 43), "fstatfs": (138, 44),
}  # fmt: skip
_WRITING: dict[str, tuple[int | None, int | None]] = {
    "rename": (82, None), "mkdir": (83, None), "rmdir": (84, None), "creat": (85, None), "link": (86, None),
    "unlink": (87, None), "symlink": (88, None), "mkdirat": (258, 34), "unlinkat": (263, 35),
    "renameat": (264, 38), "linkat": (265, 37), "symlinkat": (266, 36), "renameat2": (316, 276),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "utimensat": (280, 88),
}  # fmt: skip
_KILL, _TGKILL, _CLONE, _CLONE3 = (62, 129), (234, 131), (56, 220), (435, 435)
_SENDTO = (44, 206)
_IOCTL, _PRLIMIT, _FCNTL = (16, 29), (302, 261), (72, 25)
_OPEN, _OPENAT = (2, None), (257, 56)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH


def supported() -> bool:
    return platform.system() == "Linux" and platform.machine() in _MACHINES


def filter_program(pid: int, *, may_open_to_write: bool, may_change_folders: bool) -> bytes:
    """The BPF program for a job whose own process id is `pid`.

    What may be opened to write is Landlock's to say, but not before its third version of an open that cuts a
    file short; folders and modes are changed only where nothing outside can be reached.
    """
    return _program(may_open_to_write, may_change_folders).replace(_OWN_PID, struct.pack("I", pid))


@lru_cache
def _program(may_open_to_write: bool, may_change_folders: bool) -> bytes:
    """With a mark where the process id goes: made before the fork, once for all jobs."""
    column, architecture = _MACHINES[platform.machine()]
    program = [
        _do(_LOAD, _ARCHITECTURE), _jump(_EQUAL, architecture, 1, 0), _do(_RETURN, KILL_PROCESS),
        _do(_LOAD, _NUMBER), _jump(_AT_LEAST, _X32_BIT, 0, 1), _do(_RETURN, KILL_PROCESS),
    ]  # fmt: skip
    program += _refuse(_CLONE3[column], errno.ENOSYS)
    program += _only_if(_CLONE[column], 0, _ANY_BIT, (_CLONE_THREAD,))
    program += _only_if(_KILL[column], 0, _EQUAL, (_PID_MARK,))
    program += _only_if(_TGKILL[column], 0, _EQUAL, (_PID_MARK,))
    program += _only_if(_PRLIMIT[column], 0, _EQUAL, (0,))
    program += _only_if(_IOCTL[column], 1, _EQUAL, _TERMINAL_QUERIES)
    program += _only_if(_FCNTL[column], 1, _EQUAL, _FCNTL_COMMANDS)
    program += _only_null(_SENDTO[column], 4)  # to the other end of a pair, never to an address
    for number, flags in ((_OPEN[column], 1), (_OPENAT[column], 2)):
        if number is not None and not may_open_to_write:
            program += _unless(number, flags, _CHANGES)
    free = [*_FREE.values(), _OPEN, _OPENAT, *(_WRITING.values() if may_change_folders else ())]
    for number in (numbers[column] for numbers in free):
        if number is not None:
            program += [_jump(_EQUAL, number, 0, 1), _do(_RETURN, ALLOW)]
    program.append(_do(_RETURN, ERRNO | errno.EPERM))
    return b"".join(program)


def install(program: bytes) -> None:
    """Confine this process, for good. `no_new_privs` must be set. Raises OSError."""
    buffer = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    if _LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, described, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp: " + os.strerror(ctypes.get_errno()))


def _do(code: int, operand: int) -> bytes:
    return struct.pack("HBBI", code, 0, 0, operand)


def _jump(code: int, operand: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)


def _refuse(number: int, error: int) -> list[bytes]:
    return [_jump(_EQUAL, number, 0, 1), _do(_RETURN, ERRNO | error)]


def _unless(number: int, argument: int, bits: int) -> list[bytes]:
    """Refuse the call where one of the bits is set in the low half of one argument; else go on."""
    body = [_do(_LOAD, _ARGUMENTS + 8 * argument), _jump(_ANY_BIT, bits, 0, 1)]
    body += [_do(_RETURN, ERRNO | errno.EACCES), _do(_LOAD, _NUMBER)]
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _only_null(number: int, argument: int) -> list[bytes]:
    """Allow the call where one argument is a null pointer, both halves of it, else EPERM."""
    low = _ARGUMENTS + 8 * argument
    body = [_do(_LOAD, low), _jump(_EQUAL, 0, 0, 3), _do(_LOAD, low + 4), _jump(_EQUAL, 0, 0, 1)]
    body += [_do(_RETURN, ALLOW), _do(_RETURN, ERRNO | errno.EPERM)]
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _only_if(number: int, argument: int, test: int, values: tuple[int, ...]) -> list[bytes]:
    """Allow the call where the low half of one argument passes the test for one of the values, else EPERM."""
    body = [_do(_LOAD, _ARGUMENTS + 8 * argument)]
    for left, value in zip(range(len(values) - 1, -1, -1), values, strict=True):
        body.append(_jump(test, value, left + 1, 0))
    body += [_do(_RETURN, ERRNO | errno.EPERM), _do(_RETURN, ALLOW)]
    return [_jump(_EQUAL, number, 0, len(body)), *body]
