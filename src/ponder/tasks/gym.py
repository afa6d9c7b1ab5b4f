"""Tasks of reasoning-gym by name: `gym:basic_arithmetic`, extra `[gym]`.

After Stojanovski et al., arXiv:2505.24760. Problems are drawn from the seed. As in our own families the hash
of a problem decides its split, here that of its question: whatever the seeds, no question of one split is in
another. Two wordings of one problem count as two, because only the generator would know.

An answer is CORRECT if it is the published one or scores 1. Their scorers give partial credit, up to most of
a point for a text that merely contains the answer; none of that counts.

Generators and scorers run in the sandbox (level `guard`): some scorers `eval` the answer. The confined
process has a fixed hash seed besides, without which some generators draw something else in each run. A
problem's `meta` says how to draw it again (`gym_seed`, `gym_index`); one that then differs gives ERROR. Does
not know what a task is about, nor how good its scorer is at 1.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import random
import secrets
import site
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ponder.errors import ConfigError, DataError, SandboxError
from ponder.records import Completion, Judgement, Problem, Verdict
from ponder.tasks.split import SPLITS, canonical_key, split_of
from ponder.verify.extract import judge_completion
from ponder.verify.number import unwrapped
from ponder.verify.sandbox import VERDICTS, Limits, Outcome, Sandbox, Stopped, self_check
from ponder.verify.sandbox.inside.messages import NotPlain, decode, encode
from ponder.verify.sandbox.levels import Packages

PREFIX = "gym:"
PACKAGE = "reasoning_gym"
LEVEL = "guard"  # `jail` hides the folders that the package's own packages write their caches to
SIZE = 100
"""Problems that one process draws."""
PATIENCE = 3_000
"""Draws in a row without a new problem, after which a task counts as exhausted."""
LONGEST_ANSWER = 100_000
DRAWING = Limits(seconds=300.0, memory_mb=2048, output_bytes=1 << 26)
SCORING = Limits(seconds=20.0, memory_mb=2048)
_SOURCE = Path(__file__).with_name("gym_process.py")
_lock = threading.Lock()
_opened: dict[str, Sandbox] = {}
"""By the folder that the package is in."""


@dataclass(frozen=True, slots=True)
class GymTask:
    """One generator of reasoning-gym with its default settings."""

    name: str
    """With the prefix."""
    limits: Limits = SCORING
    """Of the scoring of one answer."""

    @property
    def generator(self) -> str:
        return self.name.removeprefix(PREFIX)

    def problems(self, *, split: str, count: int, seed: int) -> list[Problem]:
        stream = self.stream(split=split, seed=seed)
        return [next(stream) for _ in range(count)]

    def stream(self, *, split: str, seed: int) -> Iterator[Problem]:
        """Distinct problems of a split, the same for the same seed. `DataError` when there are no more."""
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}, expected one of {', '.join(SPLITS)}")
        seen, rejected = set[str](), 0
        for drawn_from, index, question, answer in self._draws(random.Random(f"{self.name}/{split}/{seed}")):
            key = canonical_key(question)
            if not question or key in seen or split_of(key) != split:
                rejected += 1
                if rejected >= PATIENCE:
                    break
                continue
            rejected = 0
            seen.add(key)
            yield Problem(
                id=f"{self.generator}-{key[:12]}",
                question=question,
                answer=answer,
                task=self.name,
                key=key,
                meta={"answer_form": "box", "gym_seed": drawn_from, "gym_index": index},
            )
        raise DataError(f"{self.name}: no new {split} problem after {len(seen)} distinct ones; ask for fewer")

    def judge(self, problem: Problem, completion: Completion) -> Judgement:
        return judge_completion(completion, problem.answer, lambda answer, gold: self._judge(problem, answer))

    def _draws(self, rng: random.Random) -> Iterator[tuple[int, int, str, str]]:
        """Seed, index, question and answer without end; a problem that could not be made is empty."""
        while True:
            seed = rng.randrange(1 << 31)
            try:
                drawn = _ask("draw", self.generator, seed, SIZE, limits=DRAWING)
            except Stopped as stopped:
                raise DataError(f"{self.name} cannot be drawn: {stopped}") from stopped
            for index, pair in enumerate(drawn):
                question, answer = pair or ("", "")
                yield seed, index, question, answer

    def _judge(self, problem: Problem, answer: str) -> Judgement:
        given = unwrapped(answer).strip()
        if problem.answer and given == problem.answer.strip():
            return Judgement(Verdict.CORRECT, given, "the published answer")
        if len(given) > LONGEST_ANSWER:
            return Judgement(Verdict.UNPARSABLE, given[:80], "answer longer than any answer")
        where = (problem.meta["gym_seed"], SIZE, problem.meta["gym_index"])
        try:
            question, score = _ask("score", self.generator, *where, given, limits=self.limits)
        except Stopped as stopped:
            verdict = VERDICTS.get(stopped.outcome, Verdict.UNPARSABLE)
            return Judgement(verdict, given, f"not scored: {stopped}", stopped.outcome.value, LEVEL)
        if question != problem.question:
            reason = f"{self.generator} draws another problem from the same seed"
            return Judgement(Verdict.ERROR, given, reason, Outcome.INFRASTRUCTURE_ERROR.value, LEVEL)
        verdict = Verdict.CORRECT if score >= 1 else Verdict.WRONG
        return Judgement(verdict, given, f"reasoning-gym scores it {score:.4g}", level=LEVEL)


def open_gym(name: str) -> GymTask:
    """The task `gym:NAME`. Raises `ConfigError` without the package or for a name that it does not know."""
    _folder()
    generator = name.removeprefix(PREFIX)
    try:
        known: list[str] = _ask("names", limits=DRAWING)
    except Stopped as stopped:
        raise SandboxError(f"{name}: {stopped}") from stopped
    if generator not in known:
        near = difflib.get_close_matches(generator, known, n=3) or known[:3]
        raise ConfigError(
            f"reasoning-gym has no task {generator!r} among its {len(known)}; near it: {', '.join(near)}"
        )
    return GymTask(f"{PREFIX}{generator}")


def _folder() -> Path:
    """Where the package is installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ConfigError(f"{PREFIX}NAME needs reasoning-gym: pip install 'ponder[gym]'")
    return Path(spec.origin).parents[1]


def _ask(function: str, *arguments: Any, limits: Limits) -> Any:
    """One call of `gym_process.py` in a fresh confined process. Raises `Stopped` where it gives no value."""
    question = secrets.token_hex(8)
    source = {"mode": "function", "source": _SOURCE.read_text(encoding="utf-8"), "names": [function]}
    with _sandbox().start_job(source, limits) as job:
        ready = job.receive()
        if ready != {"ready": True}:
            raise Stopped(Outcome.INFRASTRUCTURE_ERROR, f"gym_process.py does not start: {ready}")
        asked = {"name": function, "arguments": encode(list(arguments)), "named": encode({})}
        job.send({"id": question, **asked})
        reply = job.receive()
    match reply:
        case {"id": str(answered), "value": value} if answered == question:
            try:
                return decode(value)
            except NotPlain as error:
                raise Stopped(Outcome.WRONG, f"{function} gave {error}") from None
        case {"raised": {"type": str(kind), "message": str(message)}}:
            raise Stopped(Outcome.MEMORY if kind == "MemoryError" else Outcome.ERROR, f"{kind}: {message}")
        case _:
            raise Stopped(Outcome.WRONG, f"{function} answered something else")


def _sandbox() -> Sandbox:
    """The one with the package in it, proved once per process. `SandboxError` where it does not hold."""
    folder = str(_folder())
    with _lock:
        if folder not in _opened:
            folders = dict.fromkeys((folder, *site.getsitepackages()))
            sandbox = Sandbox(LEVEL, packages=Packages((PACKAGE,), tuple(folders)))
            if failed := self_check(sandbox):
                sandbox.close()
                raise SandboxError(f"{LEVEL} does not hold with reasoning-gym in it: {', '.join(failed)}")
            _opened[folder] = sandbox
        return _opened[folder]


def _in_forked_child() -> None:
    """A fork may have happened while another thread held the lock."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_in_forked_child)
