import json

import pytest
from fakes import completion
from sandboxes import level_or_skip

from ponder.errors import ConfigError
from ponder.records import FinishReason, Judgement, Verdict
from ponder.verify.reward import Reward, weighted_rewards
from ponder.verify.reward_functions import REWARDS, VerdictReward, load_reward, thinking_format

accuracy = REWARDS["accuracy"]
RECORDS = [
    completion("<think>a</think>\\boxed{1}"),
    completion("<think>a</think>\\boxed{2}"),
    completion("\\boxed{1}"),
    completion("<think>\\boxed{1}", finish=FinishReason.LENGTH),
    completion("nothing"),
]


def shorter_is_better(completions: list[str], **kwargs: object) -> list[float]:
    """A reward as one would write it for TRL."""
    return [-float(len(text)) for text in completions]


def test_accuracy_pays_only_the_right_answer() -> None:
    assert accuracy(records=RECORDS, answer=["1"] * 5) == [1, 0, 1, 0, 0]


def test_a_wrong_gold_pays_nothing() -> None:
    assert accuracy(records=RECORDS, answer=["9"] * 5) == [0, 0, 0, 0, 0]


def test_format_pays_closed_thinking() -> None:
    assert thinking_format(records=RECORDS) == [1, 1, 0, 0, 0]


def test_anyones_function_runs_unchanged() -> None:
    functions = {"accuracy": accuracy, "short": load_reward(f"{__name__}:shorter_is_better")}
    columns = {"records": RECORDS, "answer": ["1"] * 5, "completions": [c.text for c in RECORDS]}
    paid = weighted_rewards({"accuracy": 1.0, "short": 0.01}, functions, **columns)
    assert paid[2].parts == {"accuracy": 1.0, "short": -9.0}
    assert paid[2].total == pytest.approx(0.91)


def test_no_opinion_is_not_zero() -> None:
    silent = {"silent": lambda **_: [None] * 5}
    assert weighted_rewards({"silent": 1.0}, silent, records=RECORDS) == [Reward(total=None)] * 5


def test_a_reward_of_the_wrong_length_is_named() -> None:
    with pytest.raises(ConfigError, match="'short' returned 1 values for 5"):
        weighted_rewards({"short": 1.0}, {"short": lambda **_: [1.0]}, records=RECORDS)


@pytest.mark.parametrize("name", ["acuracy", "no.such.module:reward", "math:no_such", ":reward", "math:pi"])
def test_an_unknown_reward_is_the_users_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_reward(name)


def fails_on_long_texts(completions: list[str], **kwargs: object) -> list[float]:
    if any(len(text) > 30 for text in completions):
        raise RuntimeError("too long for me")
    return [1.0] * len(completions)


def test_a_part_that_raises_masks_only_the_completions_it_raises_on(caplog: pytest.LogCaptureFixture) -> None:
    functions = {"accuracy": accuracy, "fails": fails_on_long_texts}
    columns = {
        "records": RECORDS,
        "answer": ["1"] * 5,
        "completions": ["short", "short", "long" * 20, "short", "x"],
    }
    paid = weighted_rewards({"accuracy": 1.0, "fails": 1.0}, functions, **columns)
    assert [reward.total for reward in paid] == [2.0, 1.0, None, 1.0, 1.0]
    assert paid[2].parts == {"accuracy": 1.0}
    assert paid[2].failed == {"fails": "RuntimeError: too long for me"}
    assert "reward fails failed on 1 of 5 completions" in caplog.text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1.0", b"1", [1], object(), 10**400])
def test_what_is_no_number_is_masked(value: object) -> None:
    (paid,) = weighted_rewards({"odd": 1.0}, {"odd": lambda **_: [value]}, records=RECORDS[:1])
    assert paid.total is None and "not a finite number" in paid.failed["odd"]


@pytest.mark.parametrize(("value", "total"), [(True, 1.0), (False, 0.0), (3, 3.0), (-0.5, -0.5)])
def test_numbers_of_any_type_are_paid(value: float, total: float) -> None:
    assert weighted_rewards({"odd": 1.0}, {"odd": lambda **_: [value]}, records=RECORDS[:1])[0].total == total


def broken_grader(pairs: object) -> list[Judgement]:
    return [
        Judgement(Verdict.ERROR, None, "no process from the fork server", "infrastructure_error", "guard")
    ] * 3


def test_a_failure_of_ours_is_masked_and_never_zero() -> None:
    grader = VerdictReward(broken_grader)
    assert grader(records=RECORDS[:3], answer=["1"] * 3) == [None] * 3
    paid = weighted_rewards(
        {"p": 1.0, "f": 1.0}, {"p": grader, "f": thinking_format}, records=RECORDS[:3], answer=["1"] * 3
    )
    assert [(reward.total, reward.level) for reward in paid] == [(None, "guard")] * 3


def test_programs_are_paid_by_their_tests_and_the_level_is_kept() -> None:
    level = level_or_skip("guard")
    tests = json.dumps({"entry_point": "f", "cases": [{"args": [1], "expected": 2}]})
    answers = [
        "```python\ndef f(x): return 2 * x\n```",
        "def f(x): return x",
        "while True: pass",
        "```python\ndef f",
    ]
    records = [completion(text) for text in answers[:2]]
    records += [
        completion(f"<think>{answers[0]}"),
        completion(answers[3], finish=FinishReason.LENGTH),
        completion(""),
    ]
    paid = weighted_rewards(
        {"program": 1.0}, {"program": load_reward("program")}, records=records, answer=[tests] * 5
    )
    assert [reward.total for reward in paid] == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert [reward.level for reward in paid] == [level, level, "", "", ""]
