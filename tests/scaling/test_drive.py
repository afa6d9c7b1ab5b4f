from fakes import ScriptedSampler

from ponder.protocols import Ask, Budget, Plan
from ponder.records import Attempt, Completion, Cost, Problem, Sampling
from ponder.scaling.direct import Direct
from ponder.scaling.drive import solve, solve_all


def problems(count: int) -> list[Problem]:
    return [Problem(id=str(i), question=f"question {i}", answer="1", task="t") for i in range(count)]


class AskAgain:
    """Asks as many more times as the problem's id says."""

    name = "ask-again"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        groups = yield [Ask(problem.question, Sampling())]
        for _ in range(int(problem.id)):
            groups = yield [Ask(problem.question, Sampling(temperature=0.5))]
        return made_of(groups[0])


def made_of(completions: list[Completion]) -> Attempt:
    return Attempt(answer="0", chosen=0, completions=tuple(completions), cost=completions[0].cost)


class AsksSeveral:
    """Two questions at once, and none at all."""

    name = "asks-several"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        first, second = yield [Ask("a", Sampling(n=2)), Ask("b", Sampling())]
        assert (yield []) == []
        return made_of([*first, *second])


class NeverAsks:
    name = "never-asks"

    def solve(self, problem: Problem, budget: Budget) -> Plan:
        return Attempt(answer="0", chosen=None, completions=(), cost=Cost())
        yield


def test_problems_are_sampled_in_one_call() -> None:
    sampler = ScriptedSampler(["\\boxed{1}"])
    attempts = solve_all(Direct(), problems(5), sampler, Budget())
    assert [attempt.answer for attempt in attempts] == ["1"] * 5
    assert len(sampler.calls) == 1
    assert len(sampler.calls[0][0]) == 5


def test_plans_of_different_length_are_advanced_together() -> None:
    sampler = ScriptedSampler(["\\boxed{1}"])
    attempts = solve_all(AskAgain(), problems(4), sampler, Budget())
    assert len(attempts) == 4
    assert [len(prompts) for prompts, _ in sampler.calls] == [4, 3, 2, 1]


def test_a_plan_may_ask_several_things_at_once() -> None:
    sampler = ScriptedSampler(["x", "yy"])
    attempts = solve_all(AsksSeveral(), problems(3), sampler, Budget())
    assert [[each.text for each in attempt.completions] for attempt in attempts] == [["x", "yy", "x"]] * 3
    assert [(len(prompts), sampling.n) for prompts, sampling in sampler.calls] == [(3, 2), (3, 1)]


def test_a_plan_may_finish_without_asking() -> None:
    sampler = ScriptedSampler([])
    assert solve(NeverAsks(), problems(1)[0], sampler, Budget()).answer == "0"
    assert sampler.calls == []


def test_progress_counts_completions() -> None:
    seen = list[int]()
    solve_all(Direct(), problems(3), ScriptedSampler(["\\boxed{1}"]), Budget(), on_progress=seen.append)
    assert sum(seen) == 3
