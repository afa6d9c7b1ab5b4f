"""Seconds that `--help` of every verb takes, as a new process each time: min, median, max.

python benchmarks/start_up.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

VERBS = ([], ["tour"], ["ask"], ["eval"], ["train"], ["train", "grpo"], ["models"], ["models", "pull"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for verb in VERBS:
        seconds = [once(verb) for _ in range(rounds)]
        name = " ".join(["ponder", *verb, "--help"])
        print(f"{name:<28} {min(seconds):.2f} {statistics.median(seconds):.2f} {max(seconds):.2f} s")


def once(verb: list[str]) -> float:
    began = time.perf_counter()
    code = "from ponder.cli.main import main; main()"
    subprocess.run([sys.executable, "-c", code, *verb, "--help"], check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
