"""Few-shot examples come from the train split, are the same for all problems, and none is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import ScriptedSampler
from problem_files import AIME, GSM8K, write_lines

from ponder.errors import ConfigError
from ponder.evaluation.runner import evaluate
from ponder.evaluation.worked_examples import with_examples
from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling import make_strategy
from ponder.tasks import FAMILIES, TASKS, load_task
from ponder.tasks.split import split_of

FEW_SHOT = make_strategy("few-shot", shots=4)


def pens(first: int, count: int) -> list[dict[str, str]]:
    return [
        {**GSM8K, "question": f"Ann has {n} pens and buys 3.", "answer": f"{n}+3=<<{n}+3=x>>x\n#### {n + 3}"}
        for n in range(first, first + count)
    ]


def examples(problems: Sequence[Problem]) -> list[Problem]:
    """The one set that all of them have."""
    shown = problems[0].meta["examples"]
    assert all(problem.meta["examples"] == shown for problem in problems)
    return list(shown)


def test_a_strategy_that_shows_none_gets_the_problems_as_they_are() -> None:
    problems = TASKS["mixed"].problems(split="test", count=3, seed=0)
    assert with_examples(make_strategy("direct"), TASKS["mixed"], problems, seed=0) is problems


@pytest.mark.parametrize("name", TASKS)
def test_generated_examples_are_worked_and_of_the_train_split(name: str) -> None:
    problems = TASKS[name].problems(split="test", count=20, seed=0)
    shown = examples(with_examples(FEW_SHOT, TASKS[name], problems, seed=0))
    assert len(shown) == 4 and {split_of(each.key) for each in shown} == {"train"}
    assert shown == examples(with_examples(FEW_SHOT, TASKS[name], problems[:2], seed=0))
    assert shown != examples(with_examples(FEW_SHOT, TASKS[name], problems, seed=1))
    for each in shown:
        steps = each.meta["depth"] if each.task in FAMILIES else 1
        assert len(each.meta["worked"].split("\n")) == steps


def test_those_of_a_file_are_not_measured(tmp_path: Path) -> None:
    task = load_task("pens", write_lines(tmp_path / "p.jsonl", pens(0, 10)))
    for seed in (0, 3):
        problems = task.problems(split="test", count=6, seed=seed)
        shown = examples(with_examples(FEW_SHOT, task, problems, seed=seed))
        assert len({each.key for each in (*shown, *problems)}) == 10
    problems = task.problems(split="test", count=7, seed=0)
    with pytest.raises(ConfigError, match=r"4 worked examples, and pens has 3 beside .*lower the limit"):
        with_examples(FEW_SHOT, task, problems, seed=0)


def test_another_file_gives_them_but_for_those_that_are_measured(tmp_path: Path) -> None:
    data = write_lines(tmp_path / "test.jsonl", pens(0, 3))
    task = load_task("pens", data, training=write_lines(tmp_path / "train.jsonl", pens(2, 6)))
    problems = task.problems(split="test", count=99, seed=0)
    assert len(problems) == 3
    shown = examples(with_examples(FEW_SHOT, task, problems, seed=0))
    assert [each.answer for each in shown] == ["6", "7", "8", "9"]  # 2+3 is measured
    assert shown[0].meta["worked"] == "3+3=x"
    with pytest.raises(ConfigError, match=r"train\.jsonl goes with a file of problems"):
        load_task("mixed", training=tmp_path / "train.jsonl")


def test_a_task_without_worked_solutions_is_an_error_that_says_so(tmp_path: Path) -> None:
    task = load_task("aime", write_lines(tmp_path / "p.jsonl", [{**AIME, "ID": str(n)} for n in range(9)]))
    problems = task.problems(split="test", count=1, seed=0)
    with pytest.raises(ConfigError, match="few-shot shows 4 worked examples, and aime has 0 at all"):
        with_examples(FEW_SHOT, task, problems, seed=0)


@pytest.mark.parametrize(
    "strategy", [FEW_SHOT, make_strategy("self-consistency", chain="few-shot:4")], ids=lambda each: each.name
)
def test_an_evaluation_binds_them(strategy) -> None:
    task, sampler = TASKS["arithmetic"], ScriptedSampler(["\\boxed{1}"])
    problems = task.problems(split="test", count=5, seed=0)
    items = evaluate(strategy, task, problems, sampler, Budget(tokens=40, per_completion=20))
    prompts, _ = sampler.calls[0]
    assert len(items) == len(prompts) == 5
    assert {len(prompt) for prompt in prompts} == {9}
    assert len({tuple(prompt[:-1]) for prompt in prompts}) == 1
