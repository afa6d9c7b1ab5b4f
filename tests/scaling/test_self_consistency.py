from fakes import ScriptedSampler

from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling.drive import solve
from ponder.scaling.self_consistency import SelfConsistency

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")


def boxed(answer: str) -> str:
    return f"<think>so</think>\\boxed{{{answer}}}"


def test_the_budget_decides_the_number_of_samples() -> None:
    sampler = ScriptedSampler([boxed("2")])
    attempt = solve(SelfConsistency(), PROBLEM, sampler, Budget(tokens=500, per_completion=100, seed=3))
    assert sampler.calls[0][1].n == len(attempt.completions) == 5
    assert sampler.calls[0][1].seed == 3
    assert attempt.cost.flops == sum(c.cost.flops for c in attempt.completions)


def test_a_decided_vote_is_not_sampled_on() -> None:
    budget = Budget(tokens=1600, per_completion=100)
    sampler = ScriptedSampler([boxed("2")])
    attempt = solve(SelfConsistency(early=True), PROBLEM, sampler, budget)
    assert [sampling.n for _, sampling in sampler.calls] == [2, 2, 4, 8]
    assert [sampling.first for _, sampling in sampler.calls] == [0, 2, 4, 8]
    mixed = ScriptedSampler([boxed("2"), boxed("2"), boxed("2"), boxed("3")])
    early = solve(SelfConsistency(early=True), PROBLEM, mixed, Budget(tokens=1200, per_completion=100))
    whole = solve(SelfConsistency(), PROBLEM, mixed, Budget(tokens=1200, per_completion=100))
    assert attempt.answer == early.answer == whole.answer == "2"
    assert len(early.completions) <= len(whole.completions)


def test_confident_chains_weigh_more() -> None:
    class Confident(ScriptedSampler):
        """The longer text is the likelier one."""

        def _one(self, *arguments):
            from dataclasses import replace

            made = super()._one(*arguments)
            sure = "3" in made.answer
            return replace(made, logprobs=(-0.01 if sure else -3.0,) * len(made.text))

    sampler = Confident([boxed("2"), boxed("3"), boxed("2")])
    budget = Budget(tokens=300, per_completion=100)
    assert solve(SelfConsistency(), PROBLEM, sampler, budget).answer == "2"
    assert solve(SelfConsistency(weighting="confidence"), PROBLEM, sampler, budget).answer == "3"
