import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ponder.training.advantages import ADVANTAGES

groups = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4), min_size=1, max_size=5)


WITHIN_GROUPS = [name for name in ADVANTAGES if name != "reinforce++"]
"""Those whose baseline is the group itself."""


@pytest.mark.parametrize("name", WITHIN_GROUPS)
@given(rewards=groups)
def test_advantages_of_a_group_sum_to_zero(name: str, rewards: list[list[float]]) -> None:
    advantages = ADVANTAGES[name](torch.tensor(rewards))
    assert advantages.shape == (len(rewards), 4)
    assert torch.allclose(advantages.sum(dim=1), torch.zeros(len(rewards)), atol=1e-5)


@pytest.mark.parametrize("name", ADVANTAGES)
def test_a_uniform_group_carries_no_signal(name: str) -> None:
    assert ADVANTAGES[name](torch.ones(2, 8)).abs().max() == 0


@pytest.mark.parametrize("name", ADVANTAGES)
@pytest.mark.parametrize("reward", [0.1, 1 / 3, -0.7])
def test_rounding_is_no_signal(name: str, reward: float) -> None:
    assert ADVANTAGES[name](torch.full((1, 7), reward)).abs().max() == 0


def test_worked_examples() -> None:
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    assert ADVANTAGES["dr-grpo"](rewards).tolist() == [[0.75, -0.25, -0.25, -0.25]]
    assert ADVANTAGES["rloo"](rewards)[0].tolist() == pytest.approx([1.0, -1 / 3, -1 / 3, -1 / 3])
    assert ADVANTAGES["grpo"](rewards)[0].tolist() == pytest.approx(
        [3**0.5, -(3**-0.5), -(3**-0.5), -(3**-0.5)]
    )


@given(rewards=groups)
def test_advantages_of_a_batch_sum_to_zero_and_have_unit_deviation(rewards: list[list[float]]) -> None:
    for name in ("reinforce++", "reinforce++-baseline"):
        advantages = ADVANTAGES[name](torch.tensor(rewards))
        assert float(advantages.sum()) == pytest.approx(0.0, abs=1e-4)
        deviation = float(advantages.std(unbiased=False))
        assert deviation == pytest.approx(1.0, abs=1e-4) or deviation == 0.0


def test_worked_examples_over_a_batch() -> None:
    rewards = torch.tensor([[1.0, 1.0], [0.0, 1.0]])  # mean 3/4, deviation sqrt(3)/4
    assert ADVANTAGES["reinforce++"](rewards).flatten().tolist() == pytest.approx(
        [3**-0.5, 3**-0.5, -(3**0.5), 3**-0.5]
    )
    # Less the groups' means: 0, 0, -1/2, 1/2, of deviation sqrt(1/8).
    assert ADVANTAGES["reinforce++-baseline"](rewards).flatten().tolist() == pytest.approx(
        [0.0, 0.0, -(2**0.5), 2**0.5]
    )
