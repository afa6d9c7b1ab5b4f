"""One run = one folder: `manifest.json` says what was asked, `metrics.jsonl` what was measured.

The manifest holds the resolved config with the origin of each value, the seed, the command, the commit
and the versions, so that any figure can be traced to what made it. Knows nothing of what a run does.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ponder.errors import StorageError
from ponder.storage import append_text, write_text

PACKAGES = ("ponder", "torch", "tokenizers", "safetensors", "numpy")


class RunLog:
    """Writes one run's folder. Metrics are appended line by line and survive a kill."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} cannot be made: {error.strerror}; choose another --out") from error
        write_text(folder / "manifest.json", json.dumps(manifest, indent=2, default=str) + "\n")

    def metrics(self, **figures: Any) -> None:
        """Append one line to `metrics.jsonl`."""
        append_text(self.folder / "metrics.jsonl", json.dumps(figures, default=str) + "\n")


def new_run_folder(out: Path | None, name: str) -> Path:
    """`out` if given and not in use, else `runs/NAME-DATE-TIME`."""
    if out is None:
        return Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        if out.exists() and not out.is_dir():
            raise StorageError(f"{out} is a file; choose another --out")
        if out.exists() and any(out.iterdir()):
            raise StorageError(f"{out} already holds something; choose another --out or remove it")
    except OSError as error:
        raise StorageError(f"{out} cannot be looked into: {error.strerror}; choose another --out") from error
    return out


def make_manifest(*, config: Mapping[str, Any], origins: Mapping[str, str], seed: int) -> dict[str, Any]:
    return {
        "command": ["ponder", *sys.argv[1:]],
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": seed,
        "config": dict(config),
        "origins": dict(origins),
        "commit": commit(),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "hardware": {"machine": platform.machine(), "cores": os.cpu_count(), "system": platform.system()},
    }


def commit() -> str | None:
    """The commit of the checkout this package runs from, or None outside one."""
    try:
        # Installed into an environment inside somebody else's checkout, we are not part of it.
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        return _git("rev-parse", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(Path(__file__).parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
