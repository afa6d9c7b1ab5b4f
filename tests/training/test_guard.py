"""Planted series: each trouble is named, steady runs are left alone, and a state survives JSON."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.errors import ConfigError
from ponder.training.guard import Guard, GuardConfig, Trouble, rises, sign_test

STEADY = {
    "loss": 0.1, "gradient_norm": 1.0, "reward": 0.5, "uniform_groups": 0.4, "entropy_estimate": 0.3,
    "clipped": 0.0, "completion_tokens": 50.0, "truncated": 0.05, "reward/thinking-format": 0.9,
}  # fmt: skip


def watch(guard: Guard, before: int, after: int, **changed: float) -> Trouble | None:
    """`before` steady steps with a little noise, then `after` with some figures changed."""
    rng = random.Random(0)
    for step in range(1, before + after + 1):
        figures = {name: value * rng.uniform(0.9, 1.1) for name, value in STEADY.items()}
        trouble = guard.see(step, figures | (changed if step > before else {}))
        if trouble is not None:
            return trouble
    return None


@pytest.mark.parametrize(
    ("changed", "cause", "said"),
    [
        ({"loss": math.nan}, "divergence", "loss is nan"),
        ({"gradient_norm": math.inf}, "divergence", "gradient_norm is inf"),
        ({"gradient_norm": 50.0}, "divergence", "gradient norm 50"),
        ({"uniform_groups": 1.0, "reward": 1.0}, "no learning signal", "too easy"),
        ({"uniform_groups": 1.0, "reward": 0.0}, "no learning signal", "too hard"),
        ({"uniform_groups": 1.0, "masked": 1.0}, "no learning signal", "rewards could not be computed"),
        ({"truncated": 0.8}, "length explosion", "cut off"),
        ({"completion_tokens": 140.0}, "length explosion", "tokens per completion"),
        ({"reward/thinking-format": 0.1}, "format collapse", "reward/thinking-format from"),
        ({"completion_tokens": 5.0, "reward": 0.1}, "format collapse", "tokens per completion"),
        ({"entropy_estimate": 0.01, "reward": 0.4}, "entropy collapse", "entropy from"),
        ({"clipped": 0.6}, "updates too large", "of tokens clipped"),
    ],
)
def test_a_planted_trouble_is_named(changed: dict[str, float], cause: str, said: str) -> None:
    trouble = watch(Guard(GuardConfig()), 30, 12, **changed)
    assert trouble is not None
    assert trouble.cause == cause
    assert said in trouble.detail
    assert trouble.step > 30


def test_a_steady_run_is_left_alone() -> None:
    assert watch(Guard(GuardConfig()), 500, 0) is None


def test_a_single_spike_is_left_alone() -> None:
    guard = Guard(GuardConfig())
    assert watch(guard, 30, 1, gradient_norm=500.0) is None
    assert watch(guard, 5, 2, gradient_norm=500.0) is None


def test_getting_surer_while_getting_better_is_no_collapse() -> None:
    guard = Guard(GuardConfig())
    for step in range(1, 60):
        better = {"entropy_estimate": 0.3 * 0.93**step, "reward": 0.3 + 0.01 * step}
        assert guard.see(step, STEADY | better) is None


def test_figures_that_are_not_logged_show_nothing() -> None:
    guard = Guard(GuardConfig())
    assert all(guard.see(step, {"loss": 1.0, "gradient_norm": 1.0}) is None for step in range(50))


def test_a_run_without_any_reward_yet_can_be_judged_by_its_length() -> None:
    guard, silent = Guard(GuardConfig()), {k: v for k, v in STEADY.items() if k != "reward"}
    assert all(guard.see(step, silent) is None for step in range(20))
    assert all(guard.see(step, silent | {"completion_tokens": 5.0}) is None for step in range(20, 40))


def heldout(guard: Guard, rights: Sequence[Sequence[bool]], rewards: Sequence[float]) -> Trouble | None:
    """A look after every ten steps of one reward."""
    for look, (right, reward) in enumerate(zip(rights, rewards, strict=True)):
        rng = random.Random(look)
        for step in range(10 * look + 1, 10 * look + 11):
            assert guard.see(step, STEADY | {"reward": reward + rng.uniform(-0.02, 0.02)}) is None
        if (trouble := guard.see_heldout(10 * look + 10, right)) is not None:
            return trouble
    return None


def right(count: int, of: int = 100) -> list[bool]:
    return [number < count for number in range(of)]


def test_a_fall_with_a_rising_reward_is_reward_hacking() -> None:
    trouble = heldout(Guard(GuardConfig()), [right(50), right(60), right(30)], [0.4, 0.5, 0.9])
    assert trouble is not None
    assert (trouble.cause, trouble.step) == ("reward hacking", 30)
    assert "60.0%" in trouble.detail and "30.0%" in trouble.detail and "step 20" in trouble.detail


def test_hacking_is_seen_where_the_best_was_before_the_first_step() -> None:
    guard = Guard(GuardConfig())
    assert guard.see_heldout(0, right(60)) is None
    trouble = heldout(guard, [right(58), right(20)], [0.4, 0.9])
    assert trouble is not None
    assert (trouble.cause, trouble.step) == ("reward hacking", 20)


def test_a_fall_with_the_reward_is_just_a_fall() -> None:
    trouble = heldout(Guard(GuardConfig()), [right(60), right(30)], [0.5, 0.3])
    assert trouble is not None
    assert trouble.cause == "held-out accuracy falling"


def test_a_small_fall_is_noise() -> None:
    assert heldout(Guard(GuardConfig()), [right(60), right(56), right(61), right(57)], [0.5] * 4) is None


def test_a_steady_run_is_seldom_accused() -> None:
    accused = 0
    for seed in range(100):
        rng, guard = random.Random(seed), Guard(GuardConfig())
        chances = [rng.random() for _ in range(200)]
        accused += any(guard.see_heldout(k, [rng.random() < c for c in chances]) for k in range(20))
    assert accused <= 8


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_sign_test_is_a_tail_of_fair_coins(lost: int, won: int) -> None:
    assert 0 < sign_test(lost, won) <= 1
    assert sign_test(lost, won) + sign_test(won + 1, lost - 1) == pytest.approx(1.0) if lost else True
    assert sign_test(lost + 1, won) <= sign_test(lost, won) + 1e-12


def test_worked_examples_of_the_sign_test() -> None:
    assert sign_test(5, 0) == 1 / 32
    assert sign_test(2, 1) == 0.5
    assert sign_test(0, 7) == 1.0


def test_a_rise_is_more_than_noise() -> None:
    assert rises([0.5, 0.52, 0.48] * 3, [0.6, 0.62, 0.58] * 3)
    assert not rises([0.5, 0.7, 0.3] * 3, [0.52, 0.72, 0.32] * 3)
    assert not rises([], [1.0])


@given(st.integers(1, 80))
def test_a_guard_goes_on_from_its_state(steps: int) -> None:
    first, second = Guard(GuardConfig()), Guard(GuardConfig())
    watch(first, steps, 0)
    first.see_heldout(steps, right(60))
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for step in range(steps + 1, steps + 30):
        figures = STEADY | {"completion_tokens": 140.0}
        assert first.see(step, figures) == second.see(step, figures)
    assert first.see_heldout(steps + 30, right(10)) == second.see_heldout(steps + 30, right(10))
    assert first.state_dict() == second.state_dict()


@pytest.mark.parametrize("bad", [{"window": 1}, {"heldout_level": 0.0}, {"max_roll_backs": -1}])
def test_thresholds_that_mean_nothing_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        GuardConfig(**bad)  # type: ignore[arg-type]
