from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ScriptedSampler, completion

from ponder.errors import DataError
from ponder.records import Problem
from ponder.tasks import TASKS
from ponder.training.distill import DistillConfig, gather_traces, read_traces, shortest_verified
from ponder.training.loop import LoopConfig
from ponder.training.sft import SFTConfig

TASK = TASKS["arithmetic"]
PROBLEMS = [Problem(id=str(i), question=f"q{i}", answer=str(i % 3), task="t") for i in range(7)]
TEXTS = [
    "<think>long way</think>\\boxed{1}",
    "<think>short</think>\\boxed{1}",
    "<think>\\boxed{2}",
    "\\boxed{2}",
]
CONFIG = DistillConfig(sft=SFTConfig(loop=LoopConfig(steps=1, learning_rate=0.1)), chunk=2)


def test_only_verified_traces_are_kept_and_the_shortest_of_them(tmp_path: Path) -> None:
    traces, cost = gather_traces(PROBLEMS, ScriptedSampler(TEXTS), TASK, CONFIG, tmp_path / "t.jsonl")
    assert [trace.completion for trace in traces[:3]] == [None, TEXTS[1], TEXTS[3]]
    assert [trace.verified for trace in traces[:3]] == [0, 2, 1]
    assert cost.flops > 0


def test_a_killed_run_samples_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    whole, _ = gather_traces(PROBLEMS, ScriptedSampler(TEXTS), TASK, CONFIG, tmp_path / "whole.jsonl")
    gather_traces(PROBLEMS[:4], ScriptedSampler(TEXTS), TASK, CONFIG, file)
    with file.open("a") as lines:
        lines.write('{"problem_id": "4", "compl')  # killed while writing
    sampler = ScriptedSampler(TEXTS)
    resumed, _ = gather_traces(PROBLEMS, sampler, TASK, CONFIG, file)
    assert resumed == whole
    assert sum(len(prompts) for prompts, _ in sampler.calls) == 3
    assert list(read_traces(file)) == whole


def test_an_endpoints_shortest_trace_is_kept_though_it_sends_no_ids() -> None:
    remote = [replace(completion(text), token_ids=()) for text in TEXTS[:2]]
    assert shortest_verified(PROBLEMS[1], remote, TASK).completion == TEXTS[1]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text("nonsense\n{}\n")
    with pytest.raises(DataError, match="line 1"):
        list(read_traces(file))
