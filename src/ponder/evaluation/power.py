"""How many problems it takes to tell two arms apart with McNemar's test.

    n = ((K + √(K² + 4δ)) / 2δ)²,  K = z √ψ + y √(ψ - δ²),  ψ = a + b,  δ = |b - a|

where a and b are the shares of problems that only A and only B gets right, and z and y the standard normal
quantiles of 1 - alpha/2 and of the power. K²/δ² is the sample size of Connor 1987 (Biometrics 43:207).
The rest solves √n δ - 1/√n = K instead of √n δ = K, which is Edwards' continuity correction (1948): the
exact test is about as strict as the corrected one, and would fall short of the promised power at Connor's
own n. Where nearly all the differences are on one side, n errs towards too many.

The rates are taken as given. Measured on few problems they are themselves uncertain, and so is the answer.
Knows nothing of arms or problems.
"""

from __future__ import annotations

import math
from statistics import NormalDist

STANDARD = NormalDist()
SAME = 1e-12  # rates closer than this differ by rounding alone


def problems_needed(rate_a: float, rate_b: float, *, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """Problems on which the two-sided test at level `alpha` finds the difference with this power.

    `rate_a` and `rate_b` are the shares of problems that just one arm gets right. None when the two are
    equal (but for rounding), since no number of problems tells such arms apart.
    """
    discordant, delta = _rates(rate_a, rate_b)
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power and alpha must lie between 0 and 1, got {power} and {alpha}")
    if delta < SAME:
        return None
    z_alpha, z_beta = STANDARD.inv_cdf(1 - alpha / 2), STANDARD.inv_cdf(power)
    k = z_alpha * math.sqrt(discordant) + z_beta * _spread(discordant, delta)
    return math.ceil(((k + math.sqrt(k**2 + 4 * delta)) / (2 * delta)) ** 2)


def more_problems_needed(
    only_a: int, only_b: int, total: int, *, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Problems still missing if the arms go on to differ as often as they did on the first `total`.

    0 when there are enough already; None when they differed equally often both ways, or not at all.
    """
    if min(only_a, only_b) < 0 or only_a + only_b > total:
        raise ValueError(f"{only_a} and {only_b} discordant problems do not fit into {total}")
    if total == 0:
        return None
    needed = problems_needed(only_a / total, only_b / total, power=power, alpha=alpha)
    return None if needed is None else max(0, needed - total)


def mcnemar_power(problems: int, rate_a: float, rate_b: float, *, alpha: float = 0.05) -> float:
    """The chance that the two-sided test finds the difference on so many problems: the same formula,
    solved for the power. The other tail, in which the worse arm would win, is left out."""
    discordant, delta = _rates(rate_a, rate_b)
    if problems < 1 or discordant == 0:
        return 0.0
    reach = math.sqrt(problems) * delta - 1 / math.sqrt(problems)
    reach -= STANDARD.inv_cdf(1 - alpha / 2) * math.sqrt(discordant)
    spread = _spread(discordant, delta)
    return STANDARD.cdf(reach / spread) if spread > 0 else float(reach >= 0)


def _rates(rate_a: float, rate_b: float) -> tuple[float, float]:
    """How often the arms differ, and by how much."""
    discordant = rate_a + rate_b
    if min(rate_a, rate_b) < 0 or discordant > 1 + 1e-9:
        raise ValueError(f"rates must be shares of the same problems, got {rate_a} and {rate_b}")
    return discordant, abs(rate_b - rate_a)


def _spread(discordant: float, delta: float) -> float:
    """Standard deviation of one problem's difference."""
    return math.sqrt(max(0.0, discordant - delta**2))
