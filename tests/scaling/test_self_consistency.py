from fakes import ScriptedSampler, completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.protocols import Budget
from ponder.records import Problem
from ponder.scaling.drive import solve
from ponder.scaling.self_consistency import SelfConsistency, majority

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")


def boxed(answer: str) -> str:
    return f"<think>so</think>\\boxed{{{answer}}}"


def test_the_budget_decides_the_number_of_samples() -> None:
    sampler = ScriptedSampler([boxed("2")])
    attempt = solve(SelfConsistency(), PROBLEM, sampler, Budget(tokens=500, per_completion=100, seed=3))
    assert sampler.calls[0][1].n == len(attempt.completions) == 5
    assert sampler.calls[0][1].seed == 3
    assert attempt.cost.flops == sum(c.cost.flops for c in attempt.completions)


def test_equal_numbers_are_one_vote() -> None:
    attempt = majority([completion(boxed(a)) for a in ("3", "0.5", "3", "1/2", "\\frac{1}{2}")])
    assert attempt.answer == "0.5"
    assert attempt.chosen == 1


def test_no_answer_does_not_vote() -> None:
    attempt = majority([completion("<think>"), completion("<think>"), completion(boxed("7"))])
    assert attempt.answer == "7"


def test_nothing_to_vote_on() -> None:
    attempt = majority([completion("<think>"), completion("nothing")])
    assert attempt.answer is None
    assert attempt.chosen == 0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=15))
def test_the_winner_is_a_mode_and_the_earliest_of_them(votes: list[int]) -> None:
    attempt = majority([completion(boxed(str(vote))) for vote in votes])
    winner = int(attempt.answer or -1)
    most = max(votes.count(vote) for vote in votes)
    assert votes.count(winner) == most
    assert attempt.chosen == min(votes.index(vote) for vote in votes if votes.count(vote) == most)
