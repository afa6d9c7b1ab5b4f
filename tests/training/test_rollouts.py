import json
from pathlib import Path

import pytest
from fakes import ScriptedSampler, completion

from ponder.errors import ConfigError
from ponder.records import Problem, Rollout, Sampling
from ponder.tasks.files import read_problems
from ponder.training.rollout_journal import RolloutJournal
from ponder.training.rollouts import Rewards, RolloutBatch, collect
from ponder.verify.reward_functions import REWARDS, load_reward

PROBLEMS = [
    Problem(id=str(i), question=f"q{i}", answer=str(i), task="t", meta={"difficulty": i / 2})
    for i in range(3)
]
TEXTS = ["<think>a</think>\\boxed{1}", "<think>a</think>\\boxed{2}", "<think>", "\\boxed{1}"]


def gather(
    functions: dict,
    group: int = 4,
    version: int = 7,
    journal: RolloutJournal | None = None,
    advantage: str = "dr-grpo",
) -> RolloutBatch:
    return collect(
        PROBLEMS,
        ScriptedSampler(TEXTS),
        Sampling(n=group),
        Rewards(dict.fromkeys(functions, 1.0), functions),
        advantage=advantage,
        version=version,
        journal=journal,
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


@pytest.mark.parametrize(
    ("weights", "parts", "reward", "solved", "right"),
    [
        ({"accuracy": 1.0, "brevity": 1.0}, {"accuracy": 1.0, "brevity": -0.5}, 0.5, 1.0, True),
        ({"accuracy": 1.0, "brevity": 1.0}, {"accuracy": 0.0, "brevity": 0.5}, 0.5, 0.0, False),
        ({"accuracy": 1.0, "program": 1.0}, {"accuracy": 0.0, "program": 1.0}, 1.0, 1.0, True),
        ({"accuracy": 1.0, "brevity": 1.0}, {"brevity": 0.5}, None, None, False),
        ({"brevity": 4.0}, {"brevity": 0.6}, 2.4, 2.4, True),
    ],
)
def test_solved_is_what_a_verdict_says_else_half_of_what_can_be_earned(
    weights: dict[str, float], parts: dict[str, float], reward: float | None, solved: float, right: bool
) -> None:
    paid = Rewards(weights, {name: load_reward(name) for name in weights})
    rollout = Rollout(prompt_ids=(1,), completion_ids=(), logprobs=(), reward=reward, reward_parts=parts)
    assert paid.solved(rollout) == solved
    assert (solved is not None and solved >= paid.right_from) is right


def test_without_any_reward_there_is_no_mean_of_them() -> None:
    batch = gather({"silent": lambda **_: [None] * 12})
    assert "reward" not in batch.figures
    assert batch.figures["masked"] == batch.figures["uniform_groups"] == 1.0
    assert batch.informative == []


def test_a_group_is_uniform_whose_known_rewards_are() -> None:
    def mostly(completions: list[str], **_: object) -> list[float | None]:
        return [*[1.0, None, 1.0, 1.0], *[1.0, None, 0.0, 1.0], *[None] * 4]

    assert gather({"mostly": mostly}).figures["uniform_groups"] == pytest.approx(2 / 3)


def test_a_group_that_failed_moves_no_baseline_of_the_batch() -> None:
    def mostly(completions: list[str], **_: object) -> list[float | None]:
        return [*[3.0, 5.0, 3.0, 5.0], *[3.0, 5.0, 3.0, 5.0], *[None] * 4]

    batch = gather({"mostly": mostly}, advantage="reinforce++")
    values = [rollout.advantage for rollout in batch.rollouts]
    assert values[:2] == pytest.approx([-values[1], values[1]]) and values[1] > 0
    assert values[8:] == [0.0] * 4


def test_parts_are_logged_with_the_share_that_failed() -> None:
    def sometimes(completions: list[str], **_: object) -> list[float]:
        return [float("nan") if text == "<think>" else 0.5 for text in completions]

    figures = gather({"accuracy": REWARDS["accuracy"], "sometimes": sometimes}).figures
    assert figures["reward/accuracy"] == pytest.approx(3 / 12)
    assert figures["reward/sometimes"] == 0.5
    assert figures["reward/sometimes/failed"] == 0.25


def test_a_function_that_fails_everywhere_from_the_start_is_a_mistake(tmp_path: Path) -> None:
    def broken(**_: object) -> list[float]:
        raise ValueError("no")

    journal = RolloutJournal(tmp_path / "rollouts.jsonl")
    with pytest.raises(
        ConfigError, match="'broken' failed on every completion of the first batch: ValueError"
    ):
        gather({"broken": broken}, version=0, journal=journal)
    assert len(journal.file.read_text().splitlines()) == 12  # what was sampled is kept
    assert all(rollout.reward is None for rollout in gather({"broken": broken}, version=1).rollouts)


def test_a_function_may_ask_for_any_column_of_the_problems() -> None:
    def by_difficulty(difficulty: list[float], task: list[str]) -> list[float]:
        assert set(task) == {"t"}
        return difficulty

    rewards = [rollout.reward for rollout in gather({"it": by_difficulty}).rollouts]
    assert rewards == [0.0] * 4 + [0.5] * 4 + [1.0] * 4


def by_source(source: list[str], question: list[str], hint: list[str | None] | None = None) -> list[float]:
    assert hint is None
    return [float(each == "x") * len(words) for each, words in zip(source, question, strict=True)]


def test_a_function_may_ask_for_any_column_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    rows = [
        {"question": "q", "answer": "1", "source": "x"},
        {"question": "qq", "answer": "#### 2", "source": 3},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = read_problems(file, task="t")
    name = f"{__name__}:by_source"
    rewards = Rewards({name: 1.0}, {name: load_reward(name)})
    rewards.check(task.items)
    paid = rewards.of(task.items, ["p", "p"], [completion("a"), completion("b")])
    assert [each.total for each in paid] == [1.0, 0.0]


@pytest.mark.parametrize("isolated", [True, False])
def test_a_column_that_is_not_there_is_named_before_anything_is_sampled(isolated: bool) -> None:
    name = f"{__name__}:by_source"
    rewards = Rewards({name: 1.0}, {name: load_reward(name) if isolated else by_source})
    with pytest.raises(ConfigError, match=r"needs a column 'source'.*they have: difficulty, .*question"):
        rewards.check(PROBLEMS)


def test_what_is_right_can_be_asked_for_where_a_verdict_is_paid() -> None:
    def doubt(right: list[bool]) -> list[float]:
        return [0.0] * len(right)

    Rewards({"a": 1.0, "d": 1.0}, {"a": REWARDS["accuracy"], "d": doubt}).check(PROBLEMS)
    with pytest.raises(ConfigError, match="needs a column 'right'"):
        Rewards({"d": 1.0}, {"d": doubt}).check(PROBLEMS)


def test_what_cannot_be_judged_is_kept_all_the_same(tmp_path: Path) -> None:
    journal = RolloutJournal(tmp_path / "rollouts.jsonl")
    with pytest.raises(ConfigError, match="needs a column 'hint'"):
        gather({"it": lambda hint: hint}, journal=journal)
    rows = [json.loads(line) for line in journal.file.read_text().splitlines()]
    assert [row["text"] for row in rows[:4]] == TEXTS
    assert {row["reward"] for row in rows} == {None}
