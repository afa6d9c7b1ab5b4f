import pytest
from fakes import completion

from ponder.errors import ConfigError
from ponder.records import FinishReason
from ponder.verify.reward import accuracy, load_reward, thinking_format, weighted_rewards

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
    total, parts = paid[2]
    assert parts == {"accuracy": 1.0, "short": -9.0}
    assert total == pytest.approx(0.91)


def test_no_opinion_is_not_zero() -> None:
    silent = {"silent": lambda **_: [None] * 5}
    assert weighted_rewards({"silent": 1.0}, silent, records=RECORDS) == [(None, {})] * 5


def test_a_reward_of_the_wrong_length_is_named() -> None:
    with pytest.raises(ConfigError, match="'short' returned 1 values for 5"):
        weighted_rewards({"short": 1.0}, {"short": lambda **_: [1.0]}, records=RECORDS)


@pytest.mark.parametrize("name", ["acuracy", "no.such.module:reward", "math:no_such", ":reward", "math:pi"])
def test_an_unknown_reward_is_the_users_mistake(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_reward(name)
