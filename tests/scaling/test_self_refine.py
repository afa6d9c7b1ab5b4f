from math import inf

from fakes import ScriptedSampler

from ponder.protocols import Budget
from ponder.records import Message, Problem
from ponder.scaling.drive import solve
from ponder.scaling.self_refine import SelfRefine

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")
BUDGET = Budget(tokens=400, per_completion=50)


class Revises(ScriptedSampler):
    """Its n-th call gives the n-th text."""

    def _one(self, prompt, number, sampling):
        return super()._one(prompt, len(self.calls) - 1, sampling)


def test_a_confident_draft_is_left_alone() -> None:
    sampler = Revises(["\\boxed{3}", "\\boxed{2}"])
    attempt = solve(SelfRefine(confident=-inf), PROBLEM, sampler, BUDGET)
    assert attempt.answer == "3"
    assert len(sampler.calls) == 1


def test_it_ends_when_the_answer_is_stable() -> None:
    sampler = Revises(["\\boxed{3}", "\\boxed{2}", "\\boxed{2.0}", "\\boxed{9}"])
    attempt = solve(SelfRefine(confident=inf), PROBLEM, sampler, BUDGET)
    assert attempt.answer == "2.0"
    assert len(sampler.calls) == 3
    assert attempt.completions[0].answer == "\\boxed{3}"  # the draft, to be judged beside it


def test_the_model_sees_its_own_answer() -> None:
    sampler = Revises(["\\boxed{3}", "\\boxed{2}", "\\boxed{2}"])
    solve(SelfRefine(confident=inf), PROBLEM, sampler, BUDGET)
    (prompt,), _ = sampler.calls[1]
    assert [turn.role for turn in prompt] == ["user", "assistant", "user"]
    assert prompt[1] == Message("assistant", "\\boxed{3}")


def test_a_revision_without_an_answer_does_not_take_one_away() -> None:
    sampler = Revises(["\\boxed{3}", "hm", "hm", "hm", "hm"])
    assert solve(SelfRefine(confident=inf), PROBLEM, sampler, BUDGET).answer == "3"


def test_rounds_and_budget_bound_it() -> None:
    texts = [f"\\boxed{{{n}}}" for n in range(20)]
    assert len(solve(SelfRefine(confident=inf, rounds=2), PROBLEM, Revises(texts), BUDGET).completions) == 3
    small = Budget(tokens=60, per_completion=50)
    assert len(solve(SelfRefine(confident=inf, rounds=9), PROBLEM, Revises(texts), small).completions) <= 2
