from fakes import ScriptedSampler, random_engine

from ponder.protocols import Begun, Budget
from ponder.records import Problem
from ponder.scaling.budget_forcing import BudgetForcing
from ponder.scaling.drive import solve

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")
BUDGET = Budget(tokens=400, per_completion=100)
SHORT = "<think>\n1+1=3\n</think>\n\\boxed{3}"
LONGER = "<think>\n1+1=3\nWait, it is 2\n</think>\n\\boxed{2}"


class Counted(ScriptedSampler):
    """Reasoning is counted as an engine counts it."""

    def _one(self, prompt, number, sampling):
        from dataclasses import replace

        made = super()._one(prompt, number, sampling)
        thought = made.text.find("</think>") + len("</think>")
        cost = replace(made.cost, reasoning_tokens=thought, answer_tokens=len(made.text) - thought)
        return replace(made, cost=cost)


def test_thinking_that_ends_too_soon_goes_on_after_wait() -> None:
    sampler = Counted([SHORT, LONGER])
    attempt = solve(BudgetForcing(least=40, waits=1), PROBLEM, sampler, BUDGET)
    assert attempt.answer == "2"
    (prompt,), _ = sampler.calls[1]
    assert isinstance(prompt, Begun)
    assert prompt.text == "<think>\n1+1=3\nWait"
    assert attempt.completions[0].text == LONGER


def test_long_enough_thinking_is_left_alone() -> None:
    sampler = Counted([SHORT])
    assert solve(BudgetForcing(least=5), PROBLEM, sampler, BUDGET).answer == "3"
    assert len(sampler.calls) == 1


def test_the_cap_is_the_samplers_thinking_budget() -> None:
    sampler = Counted([SHORT])
    solve(BudgetForcing(most=17), PROBLEM, sampler, BUDGET)
    assert sampler.calls[0][1].thinking_budget == 17


def test_it_runs_on_an_engine() -> None:
    attempt = solve(
        BudgetForcing(least=30, waits=2, temperature=1.0),
        PROBLEM,
        random_engine(),
        Budget(tokens=60, per_completion=30),
    )
    assert attempt.cost.generated_tokens <= 90
