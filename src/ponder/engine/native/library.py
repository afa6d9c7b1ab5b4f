"""Compiles the kernels with the machine's own C compiler and keeps the result in the cache folder.

A library is named by its source, compiler and processor, so that none is ever stale; compiling takes a few
seconds, once. Nothing of torch is linked: the kernels get addresses. OpenMP's threads are those of torch,
whose runtime is in the process already.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from ponder.errors import ModelError, StorageError
from ponder.storage import replacing_file

SOURCES = ("numbers.h", "tiles.h", "linear.h", "attention.h", "sampling.h", "decoder.c")
MAIN = "decoder.c"
FLAGS = (
    "-O3", "-march=native", "-std=gnu11", "-fopenmp", "-fPIC", "-shared",
    # What vectors need. Not -ffast-math: it would switch off denormal numbers in the whole process.
    "-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros", "-freciprocal-math",
    "-ffinite-math-only",
)  # fmt: skip
COMPILERS = ("cc", "gcc", "clang")
SECONDS = 120


class KernelError(ModelError):
    """The kernels cannot be had here; decoding then goes on in torch."""


@functools.cache
def load_library(folder: Path) -> ctypes.CDLL:
    """The compiled kernels, from `folder` or put there. Raises `KernelError` with the reason."""
    compiler = find_compiler()
    source = Path(__file__).parent
    path = folder / f"decoder-{_fingerprint(source, compiler)}.so"
    if not path.is_file():
        _compile(compiler, source / MAIN, path)
    _refuse_others(path)
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise KernelError(f"the compiled kernels do not load: {error}") from error
    library.forward.restype = library.draw.restype = None
    library.scratch_bytes.restype = ctypes.c_long
    return library


def _refuse_others(path: Path) -> None:
    """What is loaded runs with all our rights, so nobody else may have written it."""
    found = path.stat()
    if found.st_uid not in (0, os.getuid()) or found.st_mode & stat.S_IWOTH:
        raise KernelError(f"{path} may have been written by others: remove it")


def find_compiler() -> str:
    """$CC, else the first of the usual names."""
    wanted = os.environ.get("CC", "").split()[:1]
    for name in (*wanted, *COMPILERS):
        if path := shutil.which(name):
            return path
    raise KernelError("there is no C compiler: install gcc or clang, or set CC")


def _compile(compiler: str, main: Path, path: Path) -> None:
    try:
        with replacing_file(path) as temporary:
            command = [compiler, *FLAGS, str(main), "-o", str(temporary), "-lm"]
            print("ponder: compiling the decoding kernels, once", file=sys.stderr)
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode or not temporary.is_file():
                lines = done.stderr.splitlines() or ["it wrote nothing"]
                reason = next((line for line in lines if "error" in line), lines[0])
                raise KernelError(f"{compiler} failed: {reason.strip()}")
    except subprocess.TimeoutExpired as error:
        raise KernelError(f"{compiler} took more than {SECONDS} s") from error
    except StorageError as error:
        raise KernelError(f"the compiled kernels cannot be kept: {error}") from error


def _fingerprint(source: Path, compiler: str) -> str:
    """Of what the library depends on. The processor counts, because it is compiled for this one."""
    digest = hashlib.blake2b(digest_size=12)
    for name in SOURCES:
        digest.update((source / name).read_bytes())
    digest.update("\0".join((compiler, *FLAGS, platform.machine(), _processor())).encode())
    return digest.hexdigest()


def _processor() -> str:
    """The processor's abilities as Linux lists them, else its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
