"""What each completion cost, counted from what its row really ran.

A prompt of P tokens is prefilled once: the first of its samples pays for it (`prompt_tokens`), the others
book it as `cached_prompt_tokens`. The first new token comes from the prefill and the last is never fed
back, so m new tokens take m - 1 steps, the j-th attending to P + j positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ponder.model.architecture import Architecture
from ponder.records import Cost


def count_cost(
    arch: Architecture, *, prompt: int, generated: int, reasoning: int, pays_prefill: bool
) -> Cost:
    """Everything but the seconds."""
    steps = generated - 1
    flops = arch.flops(steps, steps * prompt + steps * (steps + 1) // 2)
    if pays_prefill:
        flops += arch.flops(prompt, prompt * (prompt + 1) // 2)
    return Cost(
        prompt_tokens=prompt if pays_prefill else 0,
        cached_prompt_tokens=0 if pays_prefill else prompt,
        reasoning_tokens=reasoning,
        answer_tokens=generated - reasoning,
        forward_passes=steps + pays_prefill,
        flops=flops,
    )


def share_seconds(costs: Sequence[Cost], seconds: float) -> list[Cost]:
    """The wall time of a call, divided by each one's share of the operations."""
    total = sum(cost.flops for cost in costs) or 1.0
    return [replace(cost, seconds=seconds * cost.flops / total) for cost in costs]
