from fakes import ScriptedSampler

from ponder.protocols import Budget
from ponder.records import Message, Problem
from ponder.scaling.direct import Direct
from ponder.scaling.drive import solve
from ponder.scaling.prompts import ANSWER_AT_ONCE

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")


def test_asks_greedily_for_the_answer_alone() -> None:
    sampler = ScriptedSampler(["\\boxed{2}"])
    attempt = solve(Direct(), PROBLEM, sampler, Budget(tokens=64, per_completion=64))
    ((prompts, sampling),) = sampler.calls
    assert prompts == [(Message("user", f"What is 1+1?\n{ANSWER_AT_ONCE}"),)]
    assert (sampling.n, sampling.temperature, sampling.max_tokens) == (1, 0.0, 64)
    assert attempt.answer == "2"
    assert attempt.cost == attempt.completions[0].cost
