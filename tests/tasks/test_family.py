"""What holds for every family of generated problems."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from fakes import completion
from solvers import solution

from ponder.errors import ConfigError, DataError
from ponder.records import FinishReason, Problem, Verdict
from ponder.tasks import FAMILIES, TASKS, load_task
from ponder.tasks.family import Drawn, Family, GeneratedTask, Work

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))


def drawn(family: Family, count: int = 150, seed: int = 0) -> Iterator[Drawn]:
    rng = random.Random(seed)
    return (family.draw(rng, 1 + i % 6) for i in range(count))


@families
def test_the_gold_answer_is_what_the_question_asks_for(family: Family) -> None:
    for problem in drawn(family):
        assert problem.answer == solution(problem.question)


@families
def test_the_judge_accepts_gold_and_nothing_next_to_it(family: Family) -> None:
    task = TASKS[family.name]
    for problem in task.problems(split="validation", count=40, seed=3):
        boxed = f"<think>\nx\n</think>\n\\boxed{{{problem.answer}}}"
        assert task.judge(problem, completion(boxed)).verdict is Verdict.CORRECT
        assert task.judge(problem, completion(f"\\boxed{{{problem.answer}1}}")).verdict is Verdict.WRONG
        assert task.judge(problem, completion("I give up")).verdict is Verdict.NO_ANSWER
        cut = completion(f"\\boxed{{{problem.answer}", finish=FinishReason.LENGTH)
        assert task.judge(problem, cut).verdict is Verdict.TRUNCATED


@families
@pytest.mark.parametrize("stride", [1, 2, 3, 9])
def test_work_without_a_slip_leads_to_the_gold_answer(family: Family, stride: int) -> None:
    for problem in drawn(family):
        lines, answer = problem.work.lines(stride=stride, rng=random.Random(0))
        assert answer == problem.answer
        assert len(lines) == -(-problem.work.depth // stride)


@families
@pytest.mark.parametrize("stride", [1, 2])
def test_a_slip_anywhere_leads_elsewhere(family: Family, stride: int) -> None:
    for problem in drawn(family, 60):
        for slip in range(problem.work.depth):
            _, answer = problem.work.lines(stride=stride, slip=slip, rng=random.Random(slip))
            assert answer != problem.answer


@families
def test_depth_is_what_was_asked_for_and_lengthens_the_question(family: Family) -> None:
    lengths = list[float]()
    for depth in range(1, 7):
        problems = [family.draw(random.Random(seed), depth) for seed in range(60)]
        assert {problem.work.depth for problem in problems} == {depth}
        lengths.append(sum(len(problem.question) for problem in problems))
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_decides_the_problems(name: str) -> None:
    task = load_task(name)
    first = task.problems(split="train", count=60, seed=1)
    assert first == task.problems(split="train", count=60, seed=1)
    assert first[:20] == task.problems(split="train", count=20, seed=1)
    assert first != task.problems(split="train", count=60, seed=2)
    assert len({problem.id for problem in first}) == len({problem.key for problem in first}) == 60


def test_mixed_takes_the_families_in_turn() -> None:
    problems = TASKS["mixed"].problems(split="train", count=15, seed=0)
    assert [problem.task for problem in problems] == list(FAMILIES) * 3


def test_unknown_names_are_errors_that_list_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown task 'arithmatic'; known: arithmetic, "):
        load_task("arithmatic")
    with pytest.raises(ValueError, match="expected one of train, validation, test"):
        TASKS["mixed"].problems(split="dev", count=1, seed=0)


class Riddle:
    """Has no more than a handful of problems."""

    name = "riddle"

    def draw(self, rng: random.Random, depth: int) -> Drawn:
        number = rng.randrange(40)
        return Drawn(f"riddle {number}", str(number), f"riddle {number}", NoWork())


class NoWork:
    depth = 1

    def lines(self, *, stride: int = 1, slip: int | None = None, rng: random.Random) -> tuple[list[str], str]:
        return [], ""


def test_an_exhausted_family_is_an_error_not_an_endless_search() -> None:
    stream = GeneratedTask("riddle", (Riddle(),)).stream(split="train", seed=0)
    found = list[tuple[Problem, Work]]()
    with pytest.raises(
        DataError, match=r"riddle: no new train problem after \d+ distinct ones; ask for fewer"
    ):
        for item in stream:
            found.append(item)
    assert 20 < len(found) < 40
