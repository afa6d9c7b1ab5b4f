"""Distillation from traces: a teacher solves training problems, what is verified teaches the student.

Rejection sampling as in STaR (Zelikman et al., arXiv:2203.14465), with the shortest right trace kept per
problem, so that the student learns to be brief. The teacher is any sampler. Traces are appended to a
JSONL file as they come; a run that was killed continues after the last problem in it and samples nothing
twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ponder.config import at_least
from ponder.engine.engine import Engine
from ponder.errors import DataError
from ponder.jsonl import read_rows
from ponder.protocols import Sampler, Task
from ponder.records import Completion, Cost, Problem, Sampling
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.scaling.single import total_cost
from ponder.storage import append_text, write_text
from ponder.training.keeper import Keeper
from ponder.training.loop import Log
from ponder.training.sft import SFTConfig, chat_example, train_sft


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillConfig:
    sft: SFTConfig
    problems: int = 2000
    """Training problems put to the teacher."""
    samples: int = 4
    """Traces per problem."""
    max_tokens: int = 96
    temperature: float = 1.0
    chunk: int = 256
    """Problems between two writes to the trace file."""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, problems=self.problems, samples=self.samples)
        at_least(1, max_tokens=self.max_tokens, chunk=self.chunk)
        at_least(0, temperature=self.temperature)


@dataclass(frozen=True, slots=True)
class Trace:
    """The teacher's shortest verified completion of a problem, or None when it found none."""

    problem_id: str
    completion: str | None
    tried: int
    verified: int


def gather_traces(
    problems: Sequence[Problem],
    teacher: Sampler,
    task: Task,
    config: DistillConfig,
    file: Path,
    *,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[list[Trace], Cost]:
    """A trace per problem, in order, and the cost of those sampled in this call."""
    known = {trace.problem_id: trace for trace in read_traces(file)}
    write_text(file, "".join(trace_line(trace) for trace in known.values()))  # drops a half-written last line
    missing = [problem for problem in problems if problem.id not in known]
    cost = Cost()
    for begin in range(0, len(missing), config.chunk):
        chunk = missing[begin : begin + config.chunk]
        sampling = Sampling(
            n=config.samples, max_tokens=config.max_tokens, temperature=config.temperature, seed=config.seed
        )
        prompts = [ask_for(problem, THINK_FIRST) for problem in chunk]
        groups = teacher.generate(prompts, sampling, on_progress=on_progress)
        traces = [shortest_verified(p, group, task) for p, group in zip(chunk, groups, strict=True)]
        append_text(file, "".join(map(trace_line, traces)))
        known |= {trace.problem_id: trace for trace in traces}
        cost += sum((total_cost(group) for group in groups), Cost())
    return [known[problem.id] for problem in problems], cost


def shortest_verified(problem: Problem, completions: Sequence[Completion], task: Task) -> Trace:
    right = [completion for completion in completions if task.judge(problem, completion).correct]
    best = min(right, key=length, default=None)
    return Trace(problem.id, best.text if best else None, len(completions), len(right))


def length(completion: Completion) -> int:
    """In tokens, or in characters from an endpoint that counts none: either orders one problem's traces."""
    return completion.cost.generated_tokens or len(completion.text)


def train_student(
    student: Engine,
    problems: Sequence[Problem],
    traces: Sequence[Trace],
    config: DistillConfig,
    *,
    log: Log,
    keeper: Keeper | None = None,
) -> Cost:
    """Fine-tune the student's weights in place on the verified traces; returns what the steps took."""
    examples = [
        chat_example(student, ask_for(problem, THINK_FIRST), trace.completion)
        for problem, trace in zip(problems, traces, strict=True)
        if trace.completion is not None
    ]
    return train_sft(student, examples, config.sft, log=log, keeper=keeper)


def trace_line(trace: Trace) -> str:
    return json.dumps(asdict(trace)) + "\n"


def read_traces(file: Path) -> Iterator[Trace]:
    """The traces written so far; a last line cut off by a kill is left out, any other is an error."""
    if not file.exists():
        return
    for where, row in read_rows(file, torn_end=True):
        try:
            yield Trace(**row)
        except TypeError as error:
            raise DataError(f"{where}: not a trace ({error})") from error
