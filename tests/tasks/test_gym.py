"""reasoning-gym's tasks: with a stand-in for the package everywhere, with the package itself where it is."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import completion
from hypothesis import given, settings
from hypothesis import strategies as st
from sandboxes import level_or_skip

import ponder
from ponder.errors import ConfigError, DataError
from ponder.records import Completion, Judgement, Verdict
from ponder.tasks import load_task
from ponder.tasks.gym import LEVEL, GymTask, open_gym
from ponder.tasks.split import SPLITS, split_of
from ponder.verify.sandbox import Limits

STAND_IN = Path(__file__).with_name("fake_gym")
SOURCE = str(Path(ponder.__file__).parents[1])
installed = pytest.mark.skipif(
    importlib.util.find_spec("reasoning_gym") is None,
    reason="reasoning-gym is not installed: pip install 'ponder[gym]'",
)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    level_or_skip(LEVEL)
    monkeypatch.syspath_prepend(STAND_IN)


def boxed(answer: str) -> Completion:
    return completion(f"So it is \\boxed{{{answer}}}")


def judge(task: GymTask, answer: str) -> Judgement:
    """Of the first problem, `{}` in the answer being the published one."""
    (problem,) = task.problems(split="train", count=1, seed=0)
    return task.judge(problem, boxed(answer.format(problem.answer)))


@pytest.mark.usefixtures("stand_in")
def test_a_seed_decides_the_problems() -> None:
    task = load_task("gym:sums")
    first = task.problems(split="train", count=150, seed=1)
    assert task.name == "gym:sums"
    assert first == task.problems(split="train", count=150, seed=1)
    assert first[:20] == task.problems(split="train", count=20, seed=1)
    assert first != task.problems(split="train", count=150, seed=2)
    assert len({problem.id for problem in first}) == len({problem.key for problem in first}) == 150
    assert all(problem.task == "gym:sums" and problem.meta["answer_form"] == "box" for problem in first)
    json.dumps([dict(problem.meta) for problem in first])


@pytest.mark.usefixtures("stand_in")
def test_splits_share_no_question_whatever_the_seeds() -> None:
    task = open_gym("gym:few_sums")
    questions = {
        split: {
            problem.question
            for seed in range(3)
            for problem in task.problems(split=split, count=8, seed=seed)
            if split_of(problem.key) == split
        }
        for split in SPLITS
    }
    assert all(len(found) >= 8 for found in questions.values())
    for one, other in itertools.combinations(SPLITS, 2):
        assert not questions[one] & questions[other]
    with pytest.raises(ValueError, match="expected one of train, validation, test"):
        task.problems(split="dev", count=1, seed=0)


@pytest.mark.usefixtures("stand_in")
def test_an_exhausted_task_is_an_error_not_an_endless_search() -> None:
    with pytest.raises(DataError, match=r"gym:few_sums: no new train problem after \d+ distinct ones"):
        open_gym("gym:few_sums").problems(split="train", count=181, seed=0)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(
    ("name", "answer", "verdict"),
    [
        ("sums", "{}", Verdict.CORRECT),
        ("sums", "\\text{{{}}}", Verdict.CORRECT),
        ("sums", "{}0", Verdict.WRONG),
        ("sums", "{} or 1", Verdict.WRONG),
        ("sums", "0", Verdict.WRONG),
        ("any_order", "1+", Verdict.UNPARSABLE),
        ("any_order", "1+1", Verdict.WRONG),
        ("any_order", "open('written', 'w')", Verdict.UNPARSABLE),
        ("any_order", "().__class__.__base__.__subclasses__()", Verdict.UNPARSABLE),
        ("unsteady", "2", Verdict.ERROR),
    ],
)
def test_only_a_score_of_one_is_correct(name: str, answer: str, verdict: Verdict) -> None:
    judgement = judge(open_gym(f"gym:{name}"), answer)
    assert judgement.verdict is verdict, judgement.reason


@pytest.mark.usefixtures("stand_in")
def test_where_no_answer_is_published_the_scorer_decides() -> None:
    task = open_gym("gym:any_order")
    (problem,) = task.problems(split="test", count=1, seed=0)
    one, other = problem.question.rstrip("?").split("+")
    assert problem.answer == ""
    for stated in (f"{one}+{other}", f"{other}+{one}", f"max({one}, {other})+{other}"):
        judgement = task.judge(problem, boxed(stated))
        assert judgement.verdict is Verdict.CORRECT, judgement.reason
        assert judgement.level == LEVEL
    assert task.judge(problem, completion("I give up")).verdict is Verdict.NO_ANSWER


@pytest.mark.usefixtures("stand_in")
def test_problems_that_a_generator_cannot_make_are_passed_over() -> None:
    problems = open_gym("gym:gives_up").problems(split="train", count=150, seed=0)
    assert len(problems) == 150
    assert all(problem.meta["gym_index"] % 3 for problem in problems)


@pytest.mark.usefixtures("stand_in")
def test_a_scorer_that_does_not_end_is_stopped() -> None:
    assert judge(GymTask("gym:endless", Limits(seconds=0.5)), "1").verdict is Verdict.TIMED_OUT
    assert judge(GymTask("gym:endless", Limits(seconds=0.5)), "x" * 200_000).verdict is Verdict.NO_ANSWER


@pytest.mark.usefixtures("stand_in")
def test_names_that_do_not_exist_and_tasks_that_need_settings_are_errors() -> None:
    with pytest.raises(ConfigError, match="no task 'sum' among its 7; near it: sums"):
        load_task("gym:sum")
    with pytest.raises(ConfigError, match="no task 'composite'"):
        load_task("gym:composite")
    with pytest.raises(DataError, match="gym:needs_settings cannot be drawn: AssertionError: Must specify"):
        load_task("gym:needs_settings").problems(split="test", count=1, seed=0)


@pytest.mark.usefixtures("stand_in")
@settings(max_examples=25)
@given(st.text(max_size=60))
def test_any_answer_gets_a_verdict(answer: str) -> None:
    task = open_gym("gym:any_order")
    (problem,) = task.problems(split="test", count=1, seed=0)
    verdict = task.judge(problem, boxed(answer)).verdict
    assert verdict in (Verdict.WRONG, Verdict.UNPARSABLE, Verdict.NO_ANSWER)


def test_without_the_package_an_error_says_what_to_install() -> None:
    code = (
        "import sys\n"
        "sys.modules['reasoning_gym'] = None\n"  # as Python itself marks a module that cannot be imported
        "from ponder.errors import ConfigError\n"
        "from ponder.tasks import load_task\n"
        "try:\n    load_task('gym:basic_arithmetic')\n"
        "except ConfigError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "gym:NAME needs reasoning-gym: pip install 'ponder[gym]'\n"


@installed
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["basic_arithmetic", "countdown", "spiral_matrix", "simple_integration", "word_sorting"]
)
def test_the_packages_own_answers_are_correct_and_partial_credit_is_not(name: str) -> None:
    level_or_skip(LEVEL)
    task = load_task(f"gym:{name}")
    assert isinstance(task, GymTask)
    for split in SPLITS:
        for problem in task.problems(split=split, count=5, seed=0):
            assert split_of(problem.key) == split
            assert task.judge(problem, boxed(problem.answer)).verdict is Verdict.CORRECT
            for wrong in (f"{problem.answer} {problem.answer}", f"it may be {problem.answer} or 7"):
                judgement = task.judge(problem, boxed(wrong))
                assert judgement.verdict in (Verdict.WRONG, Verdict.UNPARSABLE), (wrong, judgement)


@installed
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["string_insertion", "spiral_matrix", "binary_matrix", "n_queens", "countdown"]
)
def test_an_answer_that_its_scorer_would_run_writes_no_file(name: str, tmp_path: Path) -> None:
    level_or_skip(LEVEL)
    tmp_path.chmod(0o777)
    written = tmp_path / "written"
    judgement = judge(open_gym(f"gym:{name}"), f"open('{written}', 'w').write('x')")
    assert judgement.verdict is Verdict.UNPARSABLE
    assert not written.exists()


@installed
@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("27*66/33+82+33", Verdict.CORRECT), ("33 + 82 + 27*66/33", Verdict.CORRECT), ("169", Verdict.WRONG)],
)
def test_another_solution_than_the_published_one_is_correct_by_its_score(
    answer: str, verdict: Verdict
) -> None:
    level_or_skip(LEVEL)
    task = open_gym("gym:countdown")
    (problem,) = task.problems(split="train", count=1, seed=0)
    assert problem.answer == "27*66/33 + 82 + 33"
    judgement = task.judge(problem, boxed(answer))
    assert (judgement.verdict, judgement.level) == (verdict, LEVEL)
