from fakes import ScriptedSampler

from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling.chain_of_thought import ChainOfThought
from ponder.scaling.drive import solve

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")


def test_the_answer_comes_after_the_reasoning() -> None:
    attempt = solve(
        ChainOfThought(), PROBLEM, ScriptedSampler(["<think>\\boxed{3}</think>\\boxed{2}"]), Budget()
    )
    assert attempt.answer == "2"


def test_unclosed_reasoning_answers_nothing() -> None:
    attempt = solve(ChainOfThought(), PROBLEM, ScriptedSampler(["<think>\\boxed{2}"]), Budget())
    assert attempt.answer is None


def test_the_thinking_budget_reaches_the_sampler() -> None:
    sampler = ScriptedSampler(["\\boxed{2}"])
    solve(ChainOfThought(thinking_budget=7), PROBLEM, sampler, Budget())
    assert sampler.calls[0][1].thinking_budget == 7
