"""Sample sizes against simulated tests, and against what cannot be otherwise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ponder.evaluation.power import mcnemar_power, more_problems_needed, problems_needed
from ponder.evaluation.statistics import mcnemar_p_value

shares = st.floats(0.0, 0.5)


def simulated_power(problems: int, rate_a: float, rate_b: float, alpha: float = 0.05) -> float:
    """How often the exact test rejects in 4,000 worlds."""
    p_value = lru_cache(mcnemar_p_value)
    rng = np.random.default_rng(11)
    draws = rng.multinomial(problems, (rate_a, rate_b, 1 - rate_a - rate_b), size=4000).tolist()
    return sum(p_value(only_a, only_b) <= alpha for only_a, only_b, _ in draws) / 4000


@pytest.mark.parametrize("power", [0.8, 0.95])
@pytest.mark.parametrize("rates", [(0.05, 0.1), (0.1, 0.2), (0.12, 0.2), (0.3, 0.2), (0.3, 0.5)])
def test_the_exact_test_has_the_promised_power(rates: tuple[float, float], power: float) -> None:
    needed = problems_needed(*rates, power=power)
    assert needed is not None
    assert simulated_power(needed, *rates) == pytest.approx(power, abs=0.025)
    assert mcnemar_power(needed, *rates) == pytest.approx(power, abs=0.005)


def test_a_stricter_level_is_kept_too() -> None:
    needed = problems_needed(0.1, 0.2, alpha=0.005)
    assert needed is not None
    assert simulated_power(needed, 0.1, 0.2, alpha=0.005) == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize("rates", [(0.0, 0.08), (0.01, 0.1), (0.0, 0.5)])
def test_where_one_side_holds_the_differences_it_asks_for_too_many(rates: tuple[float, float]) -> None:
    needed = problems_needed(*rates)
    assert needed is not None
    assert 0.8 <= simulated_power(needed, *rates) < 0.95


def test_connors_size_is_the_start_and_the_correction_adds_to_it() -> None:
    """Connor 1987 by hand for a = 0.1, b = 0.2: (1.95996 √0.3 + 0.84162 √0.29)² / 0.01 = 233.0."""
    needed = problems_needed(0.1, 0.2)
    assert needed is not None
    connor = 233
    assert needed == pytest.approx(connor + 2 / 0.1, abs=1)  # Edwards: about 2/δ more


@given(shares, shares)
def test_both_ways_round_alike_and_more_power_takes_more(rate_a: float, rate_b: float) -> None:
    needed = problems_needed(rate_a, rate_b)
    assert needed == problems_needed(rate_b, rate_a)
    if needed is None:
        assert rate_a == pytest.approx(rate_b, abs=1e-12)
    else:
        more = problems_needed(rate_a, rate_b, power=0.9)
        assert more is not None and more >= needed >= 1


def test_equal_arms_are_never_told_apart() -> None:
    assert problems_needed(0.1, 0.1) is None
    assert problems_needed(0.3, 0.1 + 0.2) is None, "a difference of rounding is none"
    assert problems_needed(0.0, 5e-324) is None
    assert more_problems_needed(4, 4, 50) is None
    assert more_problems_needed(0, 0, 0) is None
    assert mcnemar_power(100, 0.0, 0.0) == 0.0


def test_what_is_still_missing_is_what_is_needed_less_what_there_is() -> None:
    needed = problems_needed(0.1, 0.2)
    assert needed is not None
    assert more_problems_needed(10, 20, 100) == needed - 100
    assert more_problems_needed(100, 200, 1000) == 0


def test_a_sweep_has_full_power_once_it_is_long_enough() -> None:
    assert mcnemar_power(5, 0.0, 1.0) == 0.0
    assert mcnemar_power(6, 0.0, 1.0) == 1.0


def test_rates_must_be_shares_of_one_whole() -> None:
    for rates in ((-0.1, 0.2), (0.6, 0.6)):
        with pytest.raises(ValueError, match="shares"):
            problems_needed(*rates)
    with pytest.raises(ValueError, match="power and alpha"):
        problems_needed(0.1, 0.2, power=1.0)
    with pytest.raises(ValueError, match="do not fit"):
        more_problems_needed(3, 3, 5)
