"""What holds for every family in which thinking should not help."""

from __future__ import annotations

import hashlib
import itertools
import random

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Verdict
from ponder.tasks import FAMILIES, ONE_STEP, SIZES, TASKS
from ponder.tasks.family import Family
from ponder.tasks.one_step import OneStep
from ponder.tasks.split import SPLITS

families = pytest.mark.parametrize("family", ONE_STEP.values(), ids=list(ONE_STEP))


@families
@given(seed=st.integers(0, 10**9), depth=st.sampled_from(SIZES), stride=st.integers(1, 4))
def test_one_line_leads_to_the_gold_answer_and_a_slip_elsewhere(
    family: Family, seed: int, depth: int, stride: int
) -> None:
    problem = family.draw(random.Random(seed), depth)
    lines, answer = problem.work.lines(stride=stride, rng=random.Random(0))
    assert len(lines) == 1 and answer == problem.answer and answer in lines[0]
    for slip in range(depth):
        _, slipped = problem.work.lines(slip=slip, rng=random.Random(slip))
        assert slipped != answer and len(slipped.split()) == len(answer.split())
    assert problem.work.depth == depth


@families
def test_the_judge_accepts_gold_and_nothing_next_to_it(family: Family) -> None:
    task = TASKS[family.name]
    for problem in task.problems(split="test", count=40, seed=3):
        assert problem.task == family.name and problem.meta["depth"] in SIZES
        right, wrong = f"\\boxed{{{problem.answer}}}", f"\\boxed{{{problem.answer}1}}"
        assert task.judge(problem, completion(right)).verdict is Verdict.CORRECT
        assert task.judge(problem, completion(f"<think>\nx\n</think>\n{right}")).verdict is Verdict.CORRECT
        assert task.judge(problem, completion(wrong)).verdict is Verdict.WRONG


@families
def test_splits_share_no_problem(family: Family) -> None:
    keys = {
        split: {problem.key for problem in TASKS[family.name].problems(split=split, count=100, seed=seed)}
        for seed, split in enumerate(SPLITS)
    }
    assert not any(keys[one] & keys[other] for one, other in itertools.combinations(SPLITS, 2))


def test_they_stay_out_of_what_the_embedded_model_learned_from() -> None:
    assert not ONE_STEP.keys() & FAMILIES.keys()
    problems = TASKS["mixed"].problems(split="test", count=50, seed=0)
    told = "\n".join(f"{problem.id} {problem.question}" for problem in problems)
    assert hashlib.sha256(told.encode()).hexdigest()[:16] == "d3194170438a42a4"


def test_one_step_takes_them_in_turn() -> None:
    problems = TASKS["one-step"].problems(split="test", count=6, seed=0)
    assert [problem.task for problem in problems] == list(ONE_STEP) * 2


def test_a_worked_example() -> None:
    work = OneStep(depth=2, answer="red blue", mistakes=("red gold",), told="a b means {}")
    assert work.lines(rng=random.Random(0)) == (["a b means red blue"], "red blue")
    assert work.lines(slip=0, rng=random.Random(0)) == (["a b means red gold"], "red gold")
