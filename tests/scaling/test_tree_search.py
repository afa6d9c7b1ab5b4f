from collections import Counter

from fakes import ScriptedSampler

from ponder.protocols import Begun, Budget
from ponder.records import Problem
from ponder.scaling.drive import solve
from ponder.scaling.tree_search import Node, TreeSearch

PROBLEM = Problem(id="1", question="What is 1+1?", answer="2", task="t")
BUDGET = Budget(tokens=1500, per_completion=60)
TEXTS = [
    "<think>\na\nb\n</think>\n\\boxed{2}",
    "<think>\na\nc\n</think>\n\\boxed{3}",
    "<think>\nd\ne\n</think>\n\\boxed{2}",
]


def test_it_goes_deeper_than_the_first_step() -> None:
    sampler = ScriptedSampler(TEXTS)
    attempt = solve(TreeSearch(), PROBLEM, sampler, BUDGET)
    begun = {prompt.text for (prompt,), _ in sampler.calls if isinstance(prompt, Begun)}
    assert "<think>\n" in begun
    assert any(text.count("\n") >= 2 for text in begun)
    assert attempt.answer == "2"


def test_every_rollout_is_a_whole_solution() -> None:
    attempt = solve(TreeSearch(), PROBLEM, ScriptedSampler(TEXTS), BUDGET)
    assert {completion.text for completion in attempt.completions} <= set(TEXTS)


def test_a_scorer_says_where_to_look() -> None:
    counts = {}
    for worth in (2, 3):
        search = TreeSearch(scorer=lambda _, each, worth=worth: float(f"{{{worth}}}" in each.answer))
        attempt = solve(search, PROBLEM, ScriptedSampler(TEXTS), BUDGET)
        counts[worth] = Counter(completion.answer for completion in attempt.completions)
    assert counts[3]["\\boxed{3}"] >= counts[2]["\\boxed{3}"]


def test_votes_are_weighted_as_the_policy_samples() -> None:
    """Nine rollouts below one first step weigh as much as that step was sampled: half."""
    popular, rare = Node("a\n"), Node("b\n")
    root = Node(children={"a\n": popular, "b\n": rare}, begun=[("a\n", 0), ("b\n", 1)])
    popular.begun, popular.passed = [(f"{n}\n", n) for n in range(2, 11)], [0, *range(2, 11)]
    rare.passed = [1]
    shares = Counter()
    for number, share in root.weights():
        shares[number] += share
    assert shares[1] == 0.5
    assert abs(sum(shares.values()) - 1) < 1e-12
