import math
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import completion
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import ConfigError
from ponder.records import Problem
from ponder.scaling import make_strategy
from ponder.scaling.scorers import bottom_window, find_scorer, mean_logprob, self_certainty


def with_logprobs(logprobs: list[float]):
    return replace(completion("x"), logprobs=tuple(logprobs))


@given(st.lists(st.floats(-20, 0), min_size=1, max_size=40), st.integers(1, 20))
def test_the_bottom_window_is_the_lowest_mean(logprobs: list[float], window: int) -> None:
    size = min(window, len(logprobs))
    slow = min(sum(logprobs[i : i + size]) / size for i in range(len(logprobs) - size + 1))
    assert bottom_window(with_logprobs(logprobs), window) == pytest.approx(slow, abs=1e-9)


def test_a_scorer_may_be_a_function_of_a_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shortest.py").write_text(
        "def score(problem, completion):\n    return -len(completion.text)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    problem = Problem(id="p", question="?", answer="1", task="t")
    assert find_scorer("shortest:score")(problem, completion("four")) == -4
    for wrong in ("shortest:longest", "nothing_here:score"):
        with pytest.raises(ConfigError, match="cannot be imported"):
            find_scorer(wrong)
    with pytest.raises(ConfigError, match="unknown chain"):
        make_strategy("best-of-n", chain="of fools")
    with pytest.raises(ConfigError, match="unknown scorer"):
        make_strategy("beam-search", scorer="best")


@pytest.mark.parametrize(
    "wrong", [{"temperature": "hot"}, {"weighted": 1}, {"temperature": True}, {"temperature": None}]
)
def test_an_option_of_another_kind_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="must be like"):
        make_strategy("best-of-n", **wrong)
    assert make_strategy("best-of-n", temperature=1, weighted=True).name == "best-of-n"


def test_self_certainty_is_a_mean_over_tokens() -> None:
    assert self_certainty(replace(completion("x"), certainties=(1.0, 2.0, 6.0))) == pytest.approx(3.0)


def test_an_empty_completion_scores_below_all_others() -> None:
    empty = completion("")
    for scorer in (mean_logprob, bottom_window, self_certainty):
        assert scorer(empty) == -math.inf


def test_no_logprobs_is_an_error_and_not_a_score() -> None:
    with pytest.raises(ConfigError, match="sends no logprobs"):
        mean_logprob(with_logprobs([]))
    with pytest.raises(ConfigError, match="how certain"):
        self_certainty(completion("x"))
    with pytest.raises(ConfigError, match="unknown scorer"):
        find_scorer("best")
