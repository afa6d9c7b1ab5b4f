"""One run = one folder: `manifest.json` says what was asked, `metrics.jsonl` what was measured.

The manifest holds the resolved config with the origin of each value, the seed, the command, the commit
and the versions, so that any figure can be traced to what made it. Knows nothing of what a run does.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

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
        """Append one line to `metrics.jsonl`; a figure that is not finite is null there, as JSON has none."""
        known = {name: _finite(value) for name, value in figures.items()}
        append_text(self.folder / "metrics.jsonl", json.dumps(known, default=str) + "\n")


def new_run_folder(out: Path | None, name: str) -> Path:
    """`out` if given and not in use, else `runs/NAME-DATE-TIME`, made at once lest another run take it."""
    if out is None:
        return _made(Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}")
    try:
        if out.exists() and not out.is_dir():
            raise StorageError(f"{out} is a file; choose another --out")
        if out.exists() and any(out.iterdir()):
            raise StorageError(f"{out} already holds something; choose another --out or remove it")
    except OSError as error:
        raise StorageError(f"{out} cannot be looked into: {error.strerror}; choose another --out") from error
    return out


def _made(folder: Path) -> Path:
    """The folder, or the first of FOLDER-2, FOLDER-3 ... that no run of the same second has."""
    for number in itertools.count(1):
        chosen = folder if number == 1 else folder.with_name(f"{folder.name}-{number}")
        try:
            chosen.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageError(f"{chosen} cannot be made: {error.strerror}; choose another --out") from error
        return chosen
    raise AssertionError("the numbers have run out")


def resume_run_folder(
    out: Path | None, name: str, manifest: Mapping[str, Any], *, same: Sequence[str]
) -> RunLog:
    """A new run, or the one that lies in `out` if the config's fields `same` are what they were."""
    path = (out or Path()) / "manifest.json"
    if out is None or not path.is_file():
        return RunLog(new_run_folder(out, name), manifest)
    try:
        before: Any = json.loads(path.read_text(encoding="utf-8"))
        asked = before["config"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} cannot be read: choose another --out or remove the folder") from error
    wanted = json.loads(json.dumps(manifest["config"], default=str))
    if differing := [key for key in same if asked.get(key) != wanted.get(key)]:
        raise StorageError(f"{out} holds a run with another {differing[0]}: choose another --out")
    return RunLog(out, manifest)


def check_same_config(out: Path, manifest: Mapping[str, Any], *, free: Sequence[str] = ()) -> None:
    """A run may only be continued as it was begun, but for the keys in `free`; the first that differs is
    named."""
    path = out / "manifest.json"
    try:
        before = _leaves(json.loads(path.read_text(encoding="utf-8"))["config"])
    except FileNotFoundError as error:
        raise StorageError(f"{out} holds no run to continue: leave --resume out") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{path} cannot be read: choose another --out") from error
    wanted = _leaves(json.loads(json.dumps(manifest["config"], default=str)))
    for key in [*wanted, *before]:
        if key not in free and before.get(key) != wanted.get(key):
            raise StorageError(
                f"{out} holds a run with {key} = {before.get(key)}, not {wanted.get(key)}: "
                "give the same recipe and --set, or choose another --out"
            )


def _leaves(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    leaves = dict[str, Any]()
    for key, value in config.items():
        if isinstance(value, dict):
            leaves |= _leaves(cast(dict[str, Any], value), f"{prefix}{key}.")
        else:
            leaves[prefix + key] = value
    return leaves


def origin_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The manifest in words, for a report."""
    hardware = manifest["hardware"]
    return {
        "command": " ".join(manifest["command"]),
        "commit": str(manifest["commit"] or "not a checkout"),
        "versions": ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()),
        "hardware": f"{hardware['machine']}, {hardware['cores']} cores",
    }


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


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
