from dataclasses import replace
from pathlib import Path

import pytest
from fakes import ScriptedSampler
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import DataError
from ponder.evaluation.arm import ArmResult
from ponder.evaluation.item_files import item_lines, read_items
from ponder.evaluation.runner import evaluate
from ponder.protocols import Budget
from ponder.scaling import make_strategy
from ponder.tasks import load_task

TASK = load_task("mixed")
PROBLEMS = TASK.problems(split="test", count=3, seed=0)


def items(texts: list[str]):
    budget = Budget(tokens=300, per_completion=100)
    return evaluate(make_strategy("self-consistency"), TASK, PROBLEMS, ScriptedSampler(texts), budget)


@given(st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("items") / "items.jsonl"
    made = items([*texts, "\\boxed{3}"])
    path.write_text(item_lines(made))
    assert read_items(path) == made


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(item_lines(items(["\\boxed{3}"])) + '{"problem_id": "x"}\n')
    with pytest.raises(DataError, match="line 4"):
        read_items(path)
    path.write_text("")
    with pytest.raises(DataError, match="holds no results"):
        read_items(path)


def test_fixed_and_harmed_are_counted_against_the_first_sample() -> None:
    gold, wrong = f"\\boxed{{{PROBLEMS[0].answer}}}", "\\boxed{-77}"
    (item, *_) = items([wrong, gold, gold])
    assert ArmResult(name="a", title="a", items=(item,)).revised == (1, 0)
    (item, *_) = items([gold, wrong, wrong])
    assert ArmResult(name="a", title="a", items=(item,)).revised == (0, 1)
    assert ArmResult(name="a", title="a", items=(replace(item, samples=()),)).revised == (0, 0)
