"""What holds for every strategy: budgets, seeds, stores, and samplers that send no logprobs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import ScriptedSampler

from ponder.errors import ConfigError
from ponder.protocols import Budget, Strategy
from ponder.records import Completion, Problem
from ponder.scaling import STRATEGIES, make_strategy
from ponder.scaling.drive import solve, solve_all

EXAMPLE = Problem(id="2", question="What is 1+2?", answer="3", task="t", meta={"worked": "1+2=3"})
PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t", meta={"examples": (EXAMPLE,)})
TEXTS = [
    "<think>\none\nand one\n</think>\n\\boxed{2}",
    "<think>\none\nor three\n</think>\n\\boxed{3}",
    "<think>\none plus\nand one\n</think>\n\\boxed{2}",
    "<think>\nendless\nendless\nendless\nendless\nendless",
]
BUDGET = Budget(tokens=800, per_completion=80)


class WithoutLogprobs(ScriptedSampler):
    """As an endpoint answers."""

    def _one(self, *arguments) -> Completion:
        return replace(super()._one(*arguments), logprobs=(), token_ids=())


def strategies() -> list[Strategy]:
    return [make_strategy(name) for name in STRATEGIES if name != "program-aided"]


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: each.name)
def test_budget_is_kept_and_cost_is_that_of_the_samples(strategy: Strategy) -> None:
    class Counting(ScriptedSampler):
        tokens = 0

        def _one(self, *arguments) -> Completion:
            made = super()._one(*arguments)
            self.tokens += made.cost.generated_tokens
            return made

    for tokens in (80, 200, 800):
        sampler = Counting(TEXTS)
        attempt = solve(strategy, PROBLEM, sampler, replace(BUDGET, tokens=tokens))
        assert attempt.cost.generated_tokens == sampler.tokens
        assert sampler.tokens <= max(tokens, 4 * BUDGET.per_completion)
        assert all(sampling.max_tokens <= BUDGET.per_completion for _, sampling in sampler.calls)


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: each.name)
def test_the_answer_is_that_of_the_chosen_completion(strategy: Strategy) -> None:
    attempt = solve(strategy, PROBLEM, ScriptedSampler(TEXTS[:1]), BUDGET)
    assert attempt.answer == "2"
    assert attempt.chosen is not None
    assert "\\boxed{2}" in attempt.completions[attempt.chosen].answer


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: each.name)
def test_together_is_as_alone(strategy: Strategy) -> None:
    problems = [replace(PROBLEM, id=str(i), question=f"Question {i}?") for i in range(4)]
    together = solve_all(strategy, problems, ScriptedSampler(TEXTS), BUDGET)
    assert together == [solve(strategy, each, ScriptedSampler(TEXTS), BUDGET) for each in problems]


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: each.name)
def test_an_endless_talker_gets_no_answer_and_ends(strategy: Strategy) -> None:
    attempt = solve(strategy, PROBLEM, ScriptedSampler(["<think>\n" + "so\n" * 500]), BUDGET)
    assert attempt.answer is None


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: each.name)
def test_an_endpoint_will_do(strategy: Strategy) -> None:
    if strategy.name == "best-of-n":
        with pytest.raises(ConfigError, match="logprobs"):
            solve(strategy, PROBLEM, WithoutLogprobs(TEXTS), BUDGET)
        return
    assert solve(strategy, PROBLEM, WithoutLogprobs(TEXTS[:1]), BUDGET).answer == "2"


def test_names_and_options() -> None:
    assert all(make_strategy(name).name == name for name in STRATEGIES)
    assert make_strategy("best-of-n", weighted=True).weighted  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match=r"no option 'width'.*expand"):
        make_strategy("beam-search", width=3)
    with pytest.raises(ConfigError, match="unknown strategy 'x'"):
        make_strategy("x")
    with pytest.raises(ConfigError, match="unknown chain 'y'"):
        solve(make_strategy("self-consistency", chain="y"), PROBLEM, ScriptedSampler(TEXTS), BUDGET)
