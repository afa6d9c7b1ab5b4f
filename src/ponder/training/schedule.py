"""The learning rate of each step: linear warm-up, flat, then a fall over the last share of the steps.

The fall is a straight line or half a cosine (Loshchilov and Hutter, arXiv:1608.03983); with a share of 1 it
takes all of the run. Knows nothing of optimisers.
"""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["linear", "cosine"]

FLOOR = 0.05
"""What is left of the learning rate at the end of the fall."""


def learning_rate(
    step: int, *, steps: int, peak: float, warmup_steps: int, decay_share: float, schedule: Schedule
) -> float:
    """The rate of `step`, the first being 1."""
    warm = min(1.0, step / max(1, warmup_steps))
    return peak * warm * _cool(steps - step, decay_share * steps, schedule)


def _cool(left: int, decay_steps: float, schedule: Schedule) -> float:
    """The share of the peak with `left` steps to go, of which the last `decay_steps` are the fall."""
    if not decay_steps or left >= decay_steps:
        return 1.0
    height = left / decay_steps
    if schedule == "cosine":
        height = 0.5 - 0.5 * math.cos(math.pi * height)
    return min(1.0, FLOOR + (1 - FLOOR) * height)
