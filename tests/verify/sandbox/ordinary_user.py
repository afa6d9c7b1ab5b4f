"""Runs the battery as an ordinary user where the tests run as root, and prints what it found as JSON.

    python ordinary_user.py guard|jail

The interpreter may lie below a folder that only root may enter: its prefix is bound elsewhere in a mount
namespace of its own first (util-linux: unshare, setpriv).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ACCOUNT = 61_234
TOOLS = ("unshare", "mount", "setpriv")
TESTS = Path(__file__).parents[2]
PREPARE = 'mount --bind "$0" "$1" && shift && exec setpriv --reuid {0} --regid {0} --clear-groups env -i "$@"'


def why_impossible() -> str:
    """Why the battery cannot be run as somebody else here; empty where it can."""
    if os.geteuid() != 0:
        return "the tests run as an ordinary user already"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{', '.join(missing)} not installed" if missing else ""


def run_as_ordinary_user(level: str) -> dict[str, list[str]]:
    """Complaints by row, from a process of an account that owns nothing."""
    with tempfile.TemporaryDirectory(prefix="ponder-prefix-") as folder:
        Path(folder).chmod(0o755)
        interpreter = Path(os.path.realpath(sys.executable)).relative_to(Path(sys.base_prefix).resolve())
        path = os.pathsep.join([str(TESTS), *(entry for entry in sys.path if entry)])
        command = [f"{folder}/{interpreter}", "-s", "-B", __file__, level]
        environment = [f"PYTHONPATH={path}", "PATH=/usr/bin:/bin"]
        done = subprocess.run(
            [
                "unshare",
                "--mount",
                "sh",
                "-c",
                PREPARE.format(ACCOUNT),
                str(Path(sys.base_prefix).resolve()),
                folder,
                *environment,
                *command,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def main() -> None:
    from verify.sandbox.battery import run_battery
    from verify.sandbox.honest_programs import HONEST
    from verify.sandbox.hostile_programs import HOSTILE

    findings = run_battery(sys.argv[1], [*HOSTILE.values(), *HONEST.values()])
    print(json.dumps({name: list(found.complaints) for name, found in findings.items()}))


if __name__ == "__main__":
    main()
