import math

from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.records import Completion
from ponder.scaling.voting import decided, hold_vote, sure


def boxed(*answers: str) -> list[Completion]:
    return [completion(f"<think>so</think>\\boxed{{{answer}}}") for answer in answers]


def test_equal_numbers_are_one_vote() -> None:
    vote = hold_vote(boxed("3", "0.5", "3", "1/2", "\\frac{1}{2}"))
    assert vote.answer == "0.5"
    assert vote.chosen == 1
    assert vote.lead == 1


def test_unclosed_reasoning_does_not_vote() -> None:
    vote = hold_vote([completion("<think>"), completion("<think>"), *boxed("7")])
    assert (vote.answer, vote.chosen, vote.lead) == ("7", 2, 1)


def test_without_any_answer_the_first_stands_unanswered() -> None:
    vote = hold_vote([completion("<think>"), completion("nothing")])
    assert (vote.answer, vote.chosen, vote.winner) == (None, 0, None)
    assert hold_vote([]).chosen is None


@given(st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_nothing_has_more_votes_than_the_winner(votes: list[int]) -> None:
    vote = hold_vote(boxed(*map(str, votes)))
    assert votes.count(int(vote.answer or 0)) == max(map(votes.count, votes))
    assert vote.chosen == votes.index(int(vote.answer or 0))


def test_weights_count() -> None:
    assert hold_vote(boxed("1", "1", "2"), [0.2, 0.2, 0.5]).answer == "2"


@given(st.lists(st.integers(1, 3), min_size=1, max_size=8), st.lists(st.integers(1, 3), max_size=8))
def test_what_is_decided_stays_so(votes: list[int], further: list[int]) -> None:
    before = hold_vote(boxed(*map(str, votes)))
    if decided(before, len(further)):
        assert hold_vote(boxed(*map(str, votes + further))).winner == before.winner


@given(st.integers(0, 12), st.integers(0, 12))
def test_sureness_is_that_of_a_beta_distribution(first: int, second: int) -> None:
    """P[x > 1/2] of Beta(first + 1, second + 1), by the midpoint rule."""
    first, second = max(first, second), min(first, second)
    vote = hold_vote(boxed(*["1"] * first, *["2"] * second))
    steps = 20_000
    density = [((i + 0.5) / steps) ** first * (1 - (i + 0.5) / steps) ** second for i in range(steps)]
    mass = math.fsum(density[steps // 2 :]) / math.fsum(density)
    assert sure(vote, mass - 1e-6)
    assert not sure(vote, min(mass + 1e-6, 1.0)) or mass + 1e-6 >= 1.0
