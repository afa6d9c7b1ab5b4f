import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import ScriptedSampler, completion, random_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from ponder.errors import ConfigError, DataError, ModelError
from ponder.protocols import Prompt
from ponder.records import Completion, Cost, FinishReason, Problem, Sampling, Verdict
from ponder.tasks import TASKS
from ponder.training.sft import chat_example
from ponder.training.sft_data import read_examples
from ponder.training.trace_journal import Asked, runs
from ponder.training.traces import TraceConfig, gather_traces, overlap, read_traces, shortest_verified

TASK = TASKS["arithmetic"]
PROBLEMS = [Problem(id=str(i), question=f"q{i}", answer=str(i % 3), task="t") for i in range(7)]
TEXTS = [
    "<think>long way</think>\\boxed{1}",
    "<think>short</think>\\boxed{1}",
    "<think>\\boxed{2}",
    "\\boxed{2}",
]
CONFIG = TraceConfig(chunk=2)


class Streaming(ScriptedSampler):
    """The same answers one by one, the last of a prompt first."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(texts)
        self.sampled: list[tuple[str, int]] = []

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        groups = super().generate(prompts, sampling)
        for place, group in enumerate(groups):
            for number in reversed(range(sampling.n)):
                self.sampled.append((str(prompts[place]), sampling.first + number))
                yield place, sampling.first + number, group[number]


class Dying(Streaming):
    """An endpoint that goes away after so many completions, and is there again when it is asked anew."""

    def __init__(self, texts: Sequence[str], after: int) -> None:
        super().__init__(texts)
        self.left = after

    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        for each in super().stream(prompts, sampling):
            if self.left == 0:
                self.left = -1
                self.sampled.pop()
                raise ModelError("http://teacher cannot be reached: refused")
            self.left -= 1
            yield each


class DyingInBatches(ScriptedSampler):
    """The same of one that cannot stream: its second call fails."""

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        groups = super().generate(prompts, sampling, on_progress=on_progress)
        if len(self.calls) == 2:
            raise ModelError("http://teacher cannot be reached: refused")
        return groups


def gather(folder: Path, sampler: ScriptedSampler, config: TraceConfig = CONFIG, **options):
    return gather_traces(PROBLEMS, sampler, TASK, config, folder, teacher_name="teacher", **options)


def asked(*texts: str, verdict: Verdict = Verdict.CORRECT) -> list[Asked]:
    return [Asked.of("1", number, completion(text), verdict) for number, text in enumerate(texts)]


def test_only_verified_traces_are_kept_and_the_shortest_of_them(tmp_path: Path) -> None:
    traces, cost, counts = gather(tmp_path, ScriptedSampler(TEXTS))
    assert [(trace.problem_id, trace.completion) for trace in traces[:3]] == [
        ("1", TEXTS[1]), ("2", TEXTS[3]), ("4", TEXTS[1]),
    ]  # fmt: skip
    assert [(trace.tried, trace.verified) for trace in traces[:2]] == [(4, 2), (4, 1)]
    assert cost.flops == 7 * sum(map(len, TEXTS))
    assert list(read_traces(tmp_path / "traces.jsonl")) == traces
    assert (counts.problems, counts.solved, counts.kept) == (7, 4, 4)


def test_every_completion_that_is_not_kept_is_counted(tmp_path: Path) -> None:
    texts = [*TEXTS, "no box", "\\boxed{1}", "\\boxed{1} ", "\\boxed{1}", "\\boxed{one of them"]
    told: list[int] = []
    config = replace(CONFIG, samples=9, min_trace_tokens=10, max_trace_tokens=30)
    _, _, counts = gather(tmp_path, ScriptedSampler(texts), config, on_progress=told.append)
    assert counts.sampled == counts.kept + sum(counts.dropped.values()) == sum(told) == 63
    assert counts.kept == 2 and counts.dropped == {
        "wrong": 30, "no_answer": 14, "truncated": 7, "too_short": 6, "too_long": 2, "longer_than_kept": 2,
    }  # fmt: skip
    assert str(counts).count("\n") == 0 and "2 too long" in str(counts)


def test_several_traces_may_be_kept_and_equal_ones_are_not() -> None:
    texts = ["a a a a", "b", "b\n", " b", "cc cc", "a  a a a"]
    traces, dropped = shortest_verified(PROBLEMS[1], asked(*texts), replace(CONFIG, keep=2))
    assert [trace.completion for trace in traces] == ["b", "cc cc"]
    assert dropped == {"duplicate": 3, "longer_than_kept": 1}
    assert {(trace.tried, trace.verified) for trace in traces} == {(6, 6)}


def test_near_duplicates_are_left_out_where_that_is_asked_for() -> None:
    short, long, other = "a b c d e f g h", "a b c d e f g h i", "z y x w v u t s r q"
    texts = asked(short, long, other)
    all_kept, _ = shortest_verified(PROBLEMS[1], texts, replace(CONFIG, keep=3))
    assert len(all_kept) == 3
    # Four of five 5-grams are shared: 0.8.
    two, dropped = shortest_verified(PROBLEMS[1], texts, replace(CONFIG, keep=3, near_duplicate=0.79))
    assert [trace.completion for trace in two] == [short, other] and dropped == {"near_duplicate": 1}
    assert len(shortest_verified(PROBLEMS[1], texts, replace(CONFIG, keep=3, near_duplicate=0.8))[0]) == 3


@given(st.text(), st.text())
def test_overlap_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0 <= overlap(one, other) == overlap(other, one) <= 1
    assert overlap(one, one) == 1


@given(st.sets(st.integers(0, 40)))
def test_runs_hold_the_same_numbers_and_never_touch(numbers: set[int]) -> None:
    found = list(runs(sorted(numbers)))
    assert [number for first, count in found for number in range(first, first + count)] == sorted(numbers)
    assert all(before + count < after for (before, count), (after, _) in pairwise(found))


def test_an_endpoints_shortest_trace_is_kept_though_it_counts_no_tokens() -> None:
    remote = [replace(completion(text), token_ids=(), cost=Cost()) for text in TEXTS[:2]]
    answers = [Asked.of("1", number, each, Verdict.CORRECT) for number, each in enumerate(remote)]
    (trace,), _ = shortest_verified(PROBLEMS[1], answers, CONFIG)
    assert trace.completion == TEXTS[1] and trace.tokens == 8  # 29 characters, four a token


def test_the_file_is_as_trl_documents_prompt_completion_pairs(tmp_path: Path) -> None:
    gather(tmp_path, ScriptedSampler(TEXTS))
    row = json.loads((tmp_path / "traces.jsonl").read_text().splitlines()[0])
    (user,), (assistant,) = row["prompt"], row["completion"]
    assert user["role"] == "user" and user["content"].startswith("q1\n")
    assert assistant == {"role": "assistant", "content": TEXTS[1]}
    assert {key: row[key] for key in row.keys() - {"prompt", "completion"}} == {
        "problem_id": "1", "task": "t", "tokens": len(TEXTS[1]), "tried": 4, "verified": 2,
    }  # fmt: skip


def test_fine_tuning_reads_the_same_examples_from_the_file(tmp_path: Path) -> None:
    engine = random_engine()
    texts = ["\\boxed{1}", "\\boxed{2}"]
    problems = [replace(problem, question="q") for problem in PROBLEMS]
    traces, _, _ = gather_traces(problems, ScriptedSampler(texts), TASK, CONFIG, tmp_path)
    wanted = [chat_example(engine, trace.prompt, trace.completion) for trace in traces]
    assert read_examples(tmp_path / "traces.jsonl", engine) == wanted and wanted


@pytest.mark.parametrize("after", [1, 7, 13, 27])
def test_a_teacher_that_dies_half_way_is_asked_nothing_twice(tmp_path: Path, after: int) -> None:
    whole = gather(tmp_path / "whole", Streaming(TEXTS))
    teacher = Dying(TEXTS, after)
    with pytest.raises(ModelError, match=f"refused .{after} completions stay in .*asked.jsonl: --resume"):
        gather(tmp_path / "broken", teacher)
    told: list[int] = []
    assert gather(tmp_path / "broken", teacher, on_progress=told.append) == whole
    assert told[0] == after and sum(told) == 28
    assert len(teacher.sampled) == len(set(teacher.sampled)) == 28
    ours, theirs = (read_lines(tmp_path / name / "traces.jsonl") for name in ("broken", "whole"))
    assert ours == theirs


def test_without_streaming_the_chunks_before_stay(tmp_path: Path) -> None:
    whole = gather(tmp_path / "whole", ScriptedSampler(TEXTS))
    teacher = DyingInBatches(TEXTS)
    with pytest.raises(ModelError, match="8 completions stay"):
        gather(tmp_path / "broken", teacher)
    assert [trace.problem_id for trace in read_traces(tmp_path / "broken" / "traces.jsonl")] == ["1"]
    assert gather(tmp_path / "broken", teacher) == whole
    assert [len(prompts) for prompts, _ in teacher.calls] == [2, 2, 2, 2, 1]


def read_lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere_goes_on_to_the_same_end(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole = gather(folder, Streaming(TEXTS))
    journal = folder / "asked.jsonl"
    text = journal.read_text()
    left = text[: data.draw(st.integers(0, len(text) - 1))]
    journal.write_text(left)
    teacher = Streaming(TEXTS)
    assert gather(folder, teacher) == whole
    assert sorted(read_lines(journal)) == sorted(text.splitlines())
    # The head is a line too, and a line may lack no more than its newline.
    assert 28 - len(teacher.sampled) - max(0, left.count("\n") - 1) in (0, 1)


def test_what_is_kept_may_change_without_asking_again(tmp_path: Path) -> None:
    gather(tmp_path, ScriptedSampler(TEXTS))
    teacher = ScriptedSampler(TEXTS)
    traces, _, _ = gather(tmp_path, teacher, replace(CONFIG, keep=2, chunk=5))
    assert [trace.problem_id for trace in traces] == ["1", "1", "2", "4", "4", "5"]
    assert teacher.calls == []


@pytest.mark.parametrize("key", ["samples", "max_tokens", "temperature", "seed"])
def test_other_settings_are_not_gone_on_with(tmp_path: Path, key: str) -> None:
    gather(tmp_path, ScriptedSampler(TEXTS))
    with pytest.raises(DataError, match=rf"begun with {key} = .*, not 5: go on") as caught:
        gather(tmp_path, ScriptedSampler(TEXTS), replace(CONFIG, **{key: 5}))
    assert "\n" not in str(caught.value)


def test_neither_are_another_teacher_other_problems_or_another_task(tmp_path: Path) -> None:
    teacher = ScriptedSampler(TEXTS)
    gather(tmp_path, teacher)
    with pytest.raises(DataError, match="begun with teacher = teacher, not ScriptedSampler"):
        gather_traces(PROBLEMS, teacher, TASK, CONFIG, tmp_path)
    with pytest.raises(DataError, match=r"begun with problems = 7 of digest .*, not 7 of digest"):
        changed = [*PROBLEMS[:6], replace(PROBLEMS[6], question="another")]
        gather_traces(changed, teacher, TASK, CONFIG, tmp_path, teacher_name="teacher")
    with pytest.raises(DataError, match="begun with task = arithmetic, not deduction"):
        gather_traces(PROBLEMS, teacher, TASKS["deduction"], CONFIG, tmp_path, teacher_name="teacher")


@pytest.mark.parametrize("line", ["{broken", "[]", "{}", '{"problem_id": "1", "number": "x"}'])
def test_a_broken_line_in_the_middle_is_named(tmp_path: Path, line: str) -> None:
    gather(tmp_path, ScriptedSampler(TEXTS))
    journal = tmp_path / "asked.jsonl"
    lines = read_lines(journal)
    journal.write_text("\n".join([*lines[:4], line, *lines[5:]]) + "\n")
    with pytest.raises(DataError, match="line 5"):
        gather(tmp_path, ScriptedSampler(TEXTS))


@pytest.mark.parametrize("head", ["{}", '{"settings": 3}', "[]"])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, head: str) -> None:
    (tmp_path / "asked.jsonl").write_text(head + "\n")
    with pytest.raises(DataError, match="line 1"):
        gather(tmp_path, ScriptedSampler(TEXTS))
    assert (tmp_path / "asked.jsonl").read_text() == head + "\n"


@pytest.mark.parametrize("line", ["nonsense", "{}", '{"prompt": [], "completion": [], "problem_id": "1"}'])
def test_a_broken_trace_is_named(tmp_path: Path, line: str) -> None:
    gather(tmp_path, ScriptedSampler(TEXTS))
    file = tmp_path / "traces.jsonl"
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(DataError, match="line 5"):
        list(read_traces(file))


def test_a_teacher_that_solves_nothing_is_one_line_and_the_journal_stays(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"solved none of 7 problems \(28 samples: 28 wrong\): take a"
    ) as caught:
        gather(tmp_path, ScriptedSampler(["\\boxed{9}"]))
    assert "\n" not in str(caught.value)
    assert len(read_lines(tmp_path / "asked.jsonl")) == 1 + 28
    assert (tmp_path / "traces.jsonl").read_text() == ""


def test_the_advice_follows_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"28 truncated\): raise max_tokens"):
        gather(tmp_path / "a", Cut(["<think>and so on"]))
    with pytest.raises(DataError, match=r"28 no answer\): its completions end without"):
        gather(tmp_path / "b", ScriptedSampler(["nothing"]))
    with pytest.raises(DataError, match=r"none of 6 right traces is kept .*change min_trace_tokens or"):
        gather(tmp_path / "c", ScriptedSampler(TEXTS), replace(CONFIG, max_trace_tokens=2))


class Cut(ScriptedSampler):
    """Never comes to its end."""

    def generate(self, prompts, sampling, *, on_progress=None):
        groups = super().generate(prompts, sampling, on_progress=on_progress)
        return [[replace(each, finish_reason=FinishReason.LENGTH) for each in group] for group in groups]


def test_bounds_that_hold_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="max_trace_tokens must be at least 9"):
        TraceConfig(min_trace_tokens=9, max_trace_tokens=8)
    with pytest.raises(ConfigError, match="keep"):
        TraceConfig(keep=0)


SCRIPT = """
import resource, sys
from pathlib import Path
import test_traces
from ponder.errors import StorageError
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
try:
    test_traces.gather(Path(sys.argv[1]), test_traces.Streaming(test_traces.TEXTS))
except StorageError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_what_was_sampled_stays(tmp_path: Path) -> None:
    whole = gather(tmp_path / "whole", Streaming(TEXTS))
    broken = tmp_path / "broken"
    path = [str(Path(__file__).parent), *sys.path]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{SCRIPT}", str(broken)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1 and "asked.jsonl could not be written" in done.stdout
    assert "completions stay" in done.stdout
    teacher = Streaming(TEXTS)
    assert gather(broken, teacher) == whole
    assert 0 < len(teacher.sampled) < 28
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY  # only the other process's
