import pytest
from fakes import ScriptedSampler

from ponder.records import Problem, Sampling
from ponder.training.rollouts import Rewards, RolloutBatch, collect
from ponder.verify.reward_functions import REWARDS

PROBLEMS = [Problem(id=str(i), question=f"q{i}", answer=str(i), task="t") for i in range(3)]
TEXTS = ["<think>a</think>\\boxed{1}", "<think>a</think>\\boxed{2}", "<think>", "\\boxed{1}"]


def gather(functions: dict, group: int = 4) -> RolloutBatch:
    return collect(
        PROBLEMS,
        ScriptedSampler(TEXTS),
        Sampling(n=group),
        Rewards(dict.fromkeys(functions, 1.0), functions),
        advantage="dr-grpo",
        version=7,
        prompt_ids={problem.id: (1, 2, 3) for problem in PROBLEMS},
    )


def test_rewards_become_advantages_within_each_group() -> None:
    batch = gather({"accuracy": REWARDS["accuracy"]})
    assert [r.reward for r in batch.rollouts] == [0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0]
    assert [r.advantage for r in batch.rollouts[4:8]] == [0.5, -0.5, -0.5, 0.5]
    assert [r.advantage for r in batch.rollouts[:4]] == [0, 0, 0, 0]
    assert len(batch.informative) == 8
    assert {r.policy_version for r in batch.rollouts} == {7}


def test_figures_describe_the_batch() -> None:
    figures = gather({"accuracy": REWARDS["accuracy"]}).figures
    assert figures["reward"] == pytest.approx(3 / 12)
    assert figures["uniform_groups"] == pytest.approx(1 / 3)
    assert figures["entropy_estimate"] == pytest.approx(0.5)


def test_a_failed_reward_is_masked_and_moves_nothing() -> None:
    def sometimes(completions: list[str], **_: object) -> list[float | None]:
        return [None if text == "<think>" else float("1" in text) for text in completions]

    batch = gather({"sometimes": sometimes})
    assert [r.advantage for r in batch.rollouts[:4]] == pytest.approx([1 / 3, -2 / 3, 0.0, 1 / 3])
    assert len(batch.informative) == 9
