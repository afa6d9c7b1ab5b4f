import pytest
from fakes import ScriptedSampler

import ponder
from ponder.evaluation.runner import evaluate, heldout_accuracy
from ponder.model.transformer import initialise
from ponder.protocols import Budget
from ponder.records import Problem, Verdict
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.self_consistency import SelfConsistency
from ponder.tasks import TASKS

TASK = TASKS["arithmetic"]
PROBLEMS = [Problem(id=str(i), question=f"q{i}", answer=str(i % 2), task="t") for i in range(6)]


def test_every_problem_is_judged_in_order() -> None:
    items = evaluate(
        ChainOfThought(), TASK, PROBLEMS, ScriptedSampler(["<think>a</think>\\boxed{1}"]), Budget()
    )
    assert [item.problem_id for item in items] == [str(i) for i in range(6)]
    assert [item.judgement.correct for item in items] == [False, True] * 3
    assert items[0].reasoning == "a"


def test_the_judge_decides_on_the_chosen_completion() -> None:
    sampler = ScriptedSampler(["\\boxed{0}", "\\boxed{1}", "\\boxed{1}"])
    items = evaluate(SelfConsistency(), TASK, PROBLEMS, sampler, Budget(tokens=30, per_completion=10))
    assert [item.judgement.verdict for item in items[:2]] == [Verdict.WRONG, Verdict.CORRECT]
    assert items[0].n_completions == 3


def test_the_ruler_is_not_fixed() -> None:
    sampler = ScriptedSampler(["\\boxed{1}"])
    gold = [Problem(id=p.id, question=p.question, answer="1", task="t") for p in PROBLEMS]
    wrong_gold = [Problem(id=p.id, question=p.question, answer="2", task="t") for p in PROBLEMS]
    assert heldout_accuracy(sampler, TASK, gold, 10) == 1.0
    assert heldout_accuracy(sampler, TASK, wrong_gold, 10) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_random_weights_get_what_chance_gives(name: str) -> None:
    engine = ponder.load("tiny")
    initialise(engine.transformer, seed=1)
    problems = TASKS[name].problems(split="test", count=40, seed=0)
    assert heldout_accuracy(engine, TASKS[name], problems, 24) == 0.0
