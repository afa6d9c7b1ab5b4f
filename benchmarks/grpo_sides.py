"""Two trainers as processes that take a step when told, so that they can be measured in turn.

The parent's half is `Side`: it starts a worker with a Python of its own and asks for steps and saved
weights. The worker's half is `Worker`, which times the stages of a step in the same way for all. Imports
neither torch nor ponder at the top: the workers live in different environments.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class Side:
    """A worker as its parent sees it. `peak_mb` is known once it was closed."""

    def __init__(
        self, name: str, python: str, spec: Mapping[str, Any], scratch: Path, *, threads: int
    ) -> None:
        self.name, self.peak_mb = name, 0.0
        file, self._errors = scratch / f"{name}.json", scratch / f"{name}.log"
        file.write_text(json.dumps(spec))
        source = str(HERE.parent / "src")
        known = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": source, "HF_HUB_OFFLINE": "1"}
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [python, HERE / f"grpo_side_{name}.py", file],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=known,
            )  # fmt: skip
        self.started: dict[str, Any] = self._answer()

    def step(self) -> dict[str, Any]:
        return self._ask("step")

    def save(self, folder: Path) -> None:
        self._ask(f"save {folder}")

    def close(self) -> None:
        """The most memory it ever held, as the kernel says at its end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        _, _, usage = os.wait4(self._process.pid, 0)
        self.peak_mb = usage.ru_maxrss / 1024

    def _ask(self, request: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(request, file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not (line := self._process.stdout.readline()):
            sys.exit(f"{self.name} ended early:\n" + "\n".join(self._errors.read_text().splitlines()[-20:]))
        return json.loads(line)


class Worker:
    """Waits for `step` or `save PATH` on standard input; times what happens until the step is over.

    Stages are rollouts (sampling, rewards, advantages), optimizer, and gradients, which is the rest. What
    libraries print goes to standard error.
    """

    def __init__(self, save: Callable[[Path], None]) -> None:
        self.began, self._cpu_began = 0.0, 0.0
        self._save, self._stages = save, dict[str, float]()
        self._answers, sys.stdout = sys.stdout, sys.stderr
        self._watch_optimizers()

    def ready(self, **facts: Any) -> None:
        """Everything is loaded."""
        self._say({"loaded_mb": memory_mb("VmRSS"), **facts})

    def wait(self) -> None:
        """Returns when a step is to begin."""
        for line in iter(sys.stdin.readline, ""):
            command, _, argument = line.strip().partition(" ")
            if command == "save":
                self._save(Path(argument))
                self._say({})
            else:
                self._stages, self.began, self._cpu_began = {}, time.perf_counter(), time.process_time()
                return
        sys.exit(0)

    def spent(self, stage: str, seconds: float) -> None:
        self._stages[stage] = self._stages.get(stage, 0.0) + seconds

    def done(self, **facts: Any) -> None:
        """The step is over."""
        seconds = time.perf_counter() - self.began
        stages = {"rollouts": 0.0, "optimizer": 0.0, **self._stages}
        stages["gradients"] = seconds - sum(stages.values())
        cpu_seconds = time.process_time() - self._cpu_began
        peak = memory_mb("VmHWM")
        self._say({"seconds": seconds, "cpu_seconds": cpu_seconds, **stages, "peak_mb": peak, **facts})

    def _say(self, answer: Mapping[str, Any]) -> None:
        print(json.dumps(answer), file=self._answers, flush=True)

    def _watch_optimizers(self) -> None:
        from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

        began = [0.0]
        register_optimizer_step_pre_hook(lambda *_: began.__setitem__(0, time.perf_counter()))
        register_optimizer_step_post_hook(lambda *_: self.spent("optimizer", time.perf_counter() - began[0]))


def read_spec() -> dict[str, Any]:
    """What the parent wrote for this worker."""
    return json.loads(Path(sys.argv[1]).read_text())


def memory_mb(line: str) -> float:
    """`VmHWM`, the peak, or `VmRSS`, what is held now."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith(line + ":"))


def odd_lengths(*, completions: Sequence[Any], **_: Any) -> list[float]:
    """A reward that differs within every group, for measuring speed: the length of the text modulo 7."""
    texts = [each if isinstance(each, str) else each[-1]["content"] for each in completions]
    return [len(text) % 7 / 6 for text in texts]
