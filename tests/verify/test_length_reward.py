"""Length rewards against numbers worked out by hand."""

from collections.abc import Sequence

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import ConfigError
from ponder.records import Judgement, Verdict
from ponder.verify.fenced import judge_fenced
from ponder.verify.length_reward import Brevity, SoftOverlong
from ponder.verify.reward import weighted_rewards
from ponder.verify.reward_functions import REWARDS, VerdictReward, load_reward


@pytest.mark.parametrize(
    ("length", "paid"), [(0, 0.0), (68, 0.0), (69, -1 / 32), (84, -0.5), (100, -1.0), (101, -1.0)]
)
def test_the_penalty_falls_in_a_line_before_the_limit(length: int, paid: float) -> None:
    assert SoftOverlong(max_tokens=100, buffer=32)(completion_ids=[[0] * length]) == [pytest.approx(paid)]


@given(st.lists(st.integers(0, 200), max_size=20))
def test_the_penalty_stays_between_minus_one_and_zero(lengths: list[int]) -> None:
    paid = SoftOverlong(max_tokens=100)(completion_ids=[[0] * length for length in lengths])
    assert all(each is not None and -1 <= each <= 0 for each in paid)


def test_brevity_by_hand() -> None:
    """Two groups: lengths 10, 20, 30 with a wrong short one, and one where all are alike."""
    texts = ["\\boxed{1}", "\\boxed{2}", "\\boxed{1}", "\\boxed{1}"]
    paid = Brevity()(
        prompts=["q", "q", "q", "r"],
        completion_ids=[[0] * 20, [0] * 10, [0] * 30, [0] * 7],
        records=[completion(text) for text in texts],
        answer=["1"] * 4,
    )
    assert paid == [0.0, 0.0, -0.5, 0.0]


def test_a_short_right_answer_gains_and_a_long_wrong_one_loses() -> None:
    paid = Brevity(most=0.2)(
        prompts=["q", "q"],
        completion_ids=[[0] * 3, [0] * 9],
        records=[completion("\\boxed{1}"), completion("\\boxed{5}")],
        answer=["1", "1"],
    )
    assert paid == pytest.approx([0.2, -0.2])


def test_right_is_what_the_verdict_beside_it_found() -> None:
    """Programs are no mathematics, and where their judge fails nobody is to gain or lose."""
    verdicts = {"good": Verdict.CORRECT, "long and bad": Verdict.WRONG, "?": Verdict.ERROR}

    def judge(pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        return [Judgement(verdicts[answer], answer) for answer, _ in pairs]

    functions = {"brevity": Brevity(), "program": VerdictReward(judge, judge_fenced)}
    paid = weighted_rewards(
        {"brevity": 1.0, "program": 1.0}, functions,
        prompts=["q"] * 3, completion_ids=[[0] * 3, [0] * 9, [0] * 3],
        records=[completion(text) for text in verdicts], answer=["tests"] * 3,
    )  # fmt: skip
    assert [reward.total for reward in paid] == [1.5, -0.5, None]
    assert list(paid[0].parts.items()) == [("brevity", 0.5), ("program", 1.0)]
    assert paid[2].parts == {}


def test_anyones_function_may_ask_what_is_right() -> None:
    def doubt(right: list[bool | None]) -> list[float]:
        return [-float(each is False) for each in right]

    records, functions = (
        [completion("\\boxed{1}"), completion("no")],
        {"a": REWARDS["accuracy"], "doubt": doubt},
    )
    paid = weighted_rewards({"a": 1.0, "doubt": 1.0}, functions, records=records, answer=["1", "1"])
    assert [reward.total for reward in paid] == [1.0, -1.0]
    with pytest.raises(ConfigError, match="needs a column 'right'"):
        weighted_rewards({"doubt": 1.0}, functions, records=records, answer=["1", "1"])


def test_options_are_the_fields_of_a_reward() -> None:
    assert load_reward("soft-overlong", {"max_tokens": 10, "buffer": 5})(completion_ids=[[0] * 10]) == [-1.0]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("soft-overlong", {}, "needs the option 'max_tokens'"),
        ("soft-overlong", {"max_tokens": 10, "bufer": 5}, "no option 'bufer'; known: max_tokens, buffer"),
        ("soft-overlong", {"max_tokens": 10, "buffer": 50}, "buffer must lie between"),
        ("brevity", {"most": "a lot"}, "must be a number"),
        ("accuracy", {"most": 1}, "has no options"),
    ],
)
def test_options_that_do_not_fit_are_named(name: str, options: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_reward(name, options)
