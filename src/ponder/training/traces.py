"""Traces to imitate: a sampler solves training problems, and the shortest right completions are kept.

Rejection sampling as in STaR (Zelikman et al., arXiv:2203.14465), with short traces preferred, so that who
learns from them is brief. Equal completions of a problem are kept once, nearly equal ones by the overlap of
their 5-grams of words (Jaccard). Two files lie in the folder:

    asked.jsonl     every completion as it came, with its verdict: the journal that a run is resumed from
    traces.jsonl    those kept, as conversational pairs of prompt and completion, in TRL's words

The second follows from the first and is written whole after every chunk. Does not train anything.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from ponder.config import at_least
from ponder.errors import DataError, UserError
from ponder.jsonl import Row, read_rows
from ponder.protocols import Prompt, Sampler, StreamingSampler, Task
from ponder.records import Completion, Cost, Message, Problem, Sampling, Verdict
from ponder.scaling.prompts import THINK_FIRST, ask_for
from ponder.storage import write_text
from ponder.training.trace_journal import Asked, Journal
from ponder.training.weights_digest import weights_digest

ASKED, TRACES = "asked.jsonl", "traces.jsonl"
FREE = ("chunk", "keep", "min_trace_tokens", "max_trace_tokens", "near_duplicate")
"""Settings that a run may be resumed with others of: completions do not depend on them."""
GRAM = 5
"""Words of a shingle by which near duplicates are found."""
TOO_SHORT, TOO_LONG, DUPLICATE, NEAR, LONGER = (
    "too_short", "too_long", "duplicate", "near_duplicate", "longer_than_kept",
)  # fmt: skip
RIGHT = (TOO_SHORT, TOO_LONG, DUPLICATE, NEAR, LONGER)
"""Why a right completion is not kept; a verdict's own word says it of the others."""
ADVICE: Mapping[str, str] = {
    Verdict.TRUNCATED: "raise max_tokens",
    Verdict.NO_ANSWER: "its completions end without an answer, as {file} shows",
    Verdict.UNPARSABLE: "its answers cannot be read, as {file} shows",
    Verdict.ERROR: "the verifier failed, as {file} shows",
}
WEAK = "take a stronger teacher, easier problems or more samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceConfig:
    problems: int = 2000
    """Training problems put to the teacher."""
    samples: int = 4
    """Completions per problem."""
    max_tokens: int = 96
    temperature: float = 1.0
    chunk: int = 256
    """Problems asked together; the trace file is written after each chunk."""
    keep: int = 1
    """Right completions kept per problem, the shortest first."""
    min_trace_tokens: int = 0
    max_trace_tokens: int | None = None
    """Right completions that are shorter or longer than these are not kept."""
    near_duplicate: float = 1.0
    """Not kept where more than this share of 5-grams is that of a kept one; 1 drops only equal ones."""
    seed: int = 0

    def __post_init__(self) -> None:
        at_least(1, problems=self.problems, samples=self.samples, keep=self.keep)
        at_least(1, max_tokens=self.max_tokens, chunk=self.chunk)
        at_least(0, temperature=self.temperature, min_trace_tokens=self.min_trace_tokens)
        at_least(0, near_duplicate=self.near_duplicate)
        if self.max_trace_tokens is not None:
            at_least(max(1, self.min_trace_tokens), max_trace_tokens=self.max_trace_tokens)

    def sampling(self) -> Sampling:
        return Sampling(
            n=self.samples, max_tokens=self.max_tokens, temperature=self.temperature, seed=self.seed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A right completion that is kept, with what it answers."""

    problem_id: str
    task: str
    prompt: tuple[Message, ...]
    completion: str
    tokens: int
    tried: int
    """Completions of its problem."""
    verified: int
    """Those of them that were right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceCounts:
    """What became of all completions: `kept` and the sum of `dropped` are together `sampled`."""

    problems: int
    solved: int
    """Problems with a trace that is kept."""
    sampled: int
    kept: int
    dropped: Mapping[str, int]
    """By reason: the verdict of those not right, or why a right one is not kept."""

    def __str__(self) -> str:
        solved = f"{self.solved} of {self.problems} problems"
        others = f"; not kept: {reasons(self.dropped)}" if self.dropped else ""
        return f"{self.kept} traces of {solved}, from {self.sampled} completions{others}"


def gather_traces(
    problems: Sequence[Problem],
    teacher: Sampler,
    task: Task,
    config: TraceConfig,
    folder: Path,
    *,
    on_progress: Callable[[int], None] | None = None,
    teacher_name: str = "",
) -> tuple[list[Trace], Cost, TraceCounts]:
    """The traces kept, in the order of the problems, what all completions cost, and what became of them.

    Goes on with what `folder` holds. The cost is that of the whole journal, however often it was interrupted;
    its seconds have the judging in them, as each completion is judged when it ends.
    """
    tell = on_progress or _ignore
    name = teacher_name or getattr(teacher, "name", type(teacher).__name__)
    who = {"teacher": name, "teacher_weights": weights_digest(teacher)}
    journal = Journal(folder / ASKED, {**who, **_settings(problems, task, config)})
    tell(len(journal))
    kept, dropped, cost = list[Trace](), Counter[str](), Cost()
    for begin in range(0, len(problems), config.chunk):
        chunk = problems[begin : begin + config.chunk]
        try:
            _ask_missing(chunk, teacher, task, config, journal, tell)
        except UserError as error:
            told = f"{error} ({len(journal)} completions stay in {journal.file}: --resume goes on after them)"
            raise type(error)(told) from error
        for problem in chunk:
            asked = journal.of(problem.id)
            traces, reasons_of_problem = shortest_verified(problem, asked, config)
            kept += traces
            dropped += reasons_of_problem
            cost += sum((each.cost for each in asked), Cost())
        write_traces(folder / TRACES, kept)
    counts = TraceCounts(
        problems=len(problems),
        solved=len({trace.problem_id for trace in kept}),
        sampled=len(kept) + dropped.total(),
        kept=len(kept),
        dropped=dict(dropped.most_common()),
    )
    if not kept:
        raise DataError(_nothing_kept(counts, journal.file))
    return kept, cost, counts


def _ask_missing(
    problems: Sequence[Problem],
    teacher: Sampler,
    task: Task,
    config: TraceConfig,
    journal: Journal,
    on_progress: Callable[[int], None],
) -> None:
    """Sample what the journal lacks of these problems: at first all of them in one call."""
    waiting: defaultdict[tuple[int, int], list[Problem]] = defaultdict(list)
    for problem in problems:
        for run in journal.missing(problem.id, config.samples):
            waiting[run].append(problem)
    for (first, count), asked in waiting.items():
        prompts = [ask_for(problem, THINK_FIRST) for problem in asked]
        sampling = replace(config.sampling(), first=first, n=count)
        for place, number, completion in _sampled(teacher, prompts, sampling, on_progress):
            verdict = task.judge(asked[place], completion).verdict
            journal.add(Asked.of(asked[place].id, number, completion, verdict))


def _sampled(
    teacher: Sampler, prompts: Sequence[Prompt], sampling: Sampling, on_progress: Callable[[int], None]
) -> Iterator[tuple[int, int, Completion]]:
    """Place of the prompt, number, completion: as they end, where the teacher can hand them over singly."""
    if isinstance(teacher, StreamingSampler):
        for each in teacher.stream(prompts, sampling):
            yield each
            on_progress(1)
        return
    for place, group in enumerate(teacher.generate(prompts, sampling, on_progress=on_progress)):
        for number, completion in enumerate(group, sampling.first):
            yield place, number, completion


def shortest_verified(
    problem: Problem, asked: Sequence[Asked], config: TraceConfig
) -> tuple[list[Trace], Counter[str]]:
    """The shortest right completions of a problem, and how many others there are for which reason."""
    right = sorted((each for each in asked if each.verdict is Verdict.CORRECT), key=lambda each: each.length)
    dropped = Counter(each.verdict.value for each in asked if each.verdict is not Verdict.CORRECT)
    kept, seen = list[Asked](), set[str]()
    for each in right:
        reason = _misfit(each, config) or _repeats(each, kept, seen, config)
        if not reason and len(kept) >= config.keep:
            reason = LONGER
        if reason:
            dropped[reason] += 1
        else:
            kept.append(each)
        if reason not in (TOO_SHORT, TOO_LONG):
            seen.add(normalised(each.text))
    traces = [
        Trace(
            problem_id=problem.id,
            task=problem.task,
            prompt=ask_for(problem, THINK_FIRST),
            completion=each.text,
            tokens=each.tokens,
            tried=len(asked),
            verified=len(right),
        )
        for each in kept
    ]
    return traces, dropped


def _misfit(each: Asked, config: TraceConfig) -> str:
    if each.tokens < config.min_trace_tokens:
        return TOO_SHORT
    return TOO_LONG if config.max_trace_tokens is not None and each.tokens > config.max_trace_tokens else ""


def _repeats(each: Asked, kept: Sequence[Asked], seen: Collection[str], config: TraceConfig) -> str:
    if normalised(each.text) in seen:
        return DUPLICATE
    limit = config.near_duplicate
    return NEAR if limit < 1 and any(overlap(each.text, other.text) > limit for other in kept) else ""


def normalised(text: str) -> str:
    """With single spaces for whatever white space there is."""
    return " ".join(text.split())


def overlap(one: str, other: str) -> float:
    """Jaccard similarity of the sets of 5-grams of words: shared / all; a shorter text is one gram."""
    a, b = _grams(one), _grams(other)
    return len(a & b) / len(a | b)


def _grams(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + GRAM]) for i in range(max(1, len(words) - GRAM + 1))}


def write_traces(file: Path, traces: Sequence[Trace]) -> None:
    write_text(file, "".join(json.dumps(_to_row(trace)) + "\n" for trace in traces))


def read_traces(file: Path) -> Iterator[Trace]:
    """The traces of a file that `write_traces` wrote; a broken line is named."""
    for where, row in read_rows(file):
        try:
            yield _from_row(row)
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(f"{where}: not a trace ({error!r})") from error


def _to_row(trace: Trace) -> dict[str, Any]:
    pair = {
        "prompt": [asdict(message) for message in trace.prompt],
        "completion": [{"role": "assistant", "content": trace.completion}],
    }
    more = ("problem_id", "task", "tokens", "tried", "verified")
    return {**pair, **{name: getattr(trace, name) for name in more}}


def _from_row(row: Row) -> Trace:
    values: dict[str, Any] = {**row, "completion": row["completion"][-1]["content"]}
    values["prompt"] = tuple(Message(**message) for message in row["prompt"])
    return Trace(**values)


def reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in counts.items())


def _nothing_kept(counts: TraceCounts, file: Path) -> str:
    found = f"({counts.sampled} samples: {reasons(counts.dropped)})"
    if right := sum(counts.dropped.get(reason, 0) for reason in RIGHT):
        return f"none of {right} right traces is kept {found}: change min_trace_tokens or max_trace_tokens"
    first = next(iter(counts.dropped), "")
    advice = ADVICE.get(first, WEAK).format(file=file)
    return f"the teacher solved none of {counts.problems} problems {found}: {advice}"


def _settings(problems: Sequence[Problem], task: Task, config: TraceConfig) -> dict[str, Any]:
    """What completions depend on besides the teacher. How many are asked together and which are kept may
    change."""
    words = chain.from_iterable(
        (each.id, each.answer, ask_for(each, THINK_FIRST)[0].content) for each in problems
    )
    digest = hashlib.blake2b(json.dumps(list(words)).encode(), digest_size=6).hexdigest()
    return {
        "task": task.name,
        "problems": f"{len(problems)} of digest {digest}",
        "samples": config.samples,
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "seed": config.seed,
    }


def _ignore(count: int) -> None:
    """For a caller that wants no progress."""
