import itertools
import random

from hypothesis import given
from hypothesis import strategies as st
from solvers import COLOURS, deduced, facts_of

from ponder.tasks import FAMILIES

FAMILY = FAMILIES["deduction"]
seeds, depths = st.integers(0, 10**9), st.integers(1, 6)


@given(seeds, depths)
def test_the_sentences_lead_to_the_gold_colour(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    assert deduced(problem.question)[-1] == problem.answer
    assert len(deduced(problem.question)) == depth + 1


@given(seeds, depths)
def test_the_decoy_is_as_long_and_ends_in_another_colour(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    path, facts = deduced(problem.question), facts_of(problem.question)
    others = set(facts) - set(path)
    assert len(others) == depth
    ends = {facts[other] for other in others} & COLOURS
    assert len(ends) == 1
    assert problem.answer not in ends


@given(seeds, depths, st.integers(1, 4))
def test_each_line_follows_from_the_facts(seed: int, depth: int, stride: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    path = deduced(problem.question)
    lines, answer = problem.work.lines(stride=stride, rng=random.Random(0))
    stops = [*path[::stride], path[-1]] if depth % stride else path[::stride]
    assert lines == [f"so {a} is {b}" for a, b in itertools.pairwise(stops)]
    assert answer == problem.answer


@given(seeds, depths)
def test_a_slip_hops_to_the_decoy_and_stays(seed: int, depth: int) -> None:
    problem = FAMILY.draw(random.Random(seed), depth)
    path, facts = deduced(problem.question), facts_of(problem.question)
    slip = seed % depth
    lines, answer = problem.work.lines(slip=slip, rng=random.Random(0))
    told = [line.removeprefix("so ").split(" is ") for line in lines]
    assert [facts[a] == b for a, b in told] == [step != slip for step in range(depth)]
    assert answer in COLOURS - {path[-1]}
