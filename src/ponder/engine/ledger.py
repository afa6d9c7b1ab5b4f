"""What each completion cost, counted from what its row really ran.

A prompt of P tokens is computed once: the first of its samples pays for it (`prompt_tokens`), the others
book it as `cached_prompt_tokens`, and so does the first with what earlier prompts had left in the cache.
The first new token comes from the prompt's pass and the last is never fed back, so m new tokens take m -
1 steps. Logits are made at the last token of a prompt and at every step. Operations are counted by
`model/flops.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ponder.model.architecture import Architecture
from ponder.model.flops import forward_flops
from ponder.records import Cost


def count_cost(arch: Architecture, *, prompt: int, cached: int, generated: int, reasoning: int) -> Cost:
    """Everything but the seconds. `cached` of the prompt's tokens were there already."""
    steps, computed = generated - 1, prompt - cached
    return Cost(
        prompt_tokens=computed,
        cached_prompt_tokens=cached,
        reasoning_tokens=reasoning,
        answer_tokens=generated - reasoning,
        forward_passes=steps + (computed > 0),
        flops=forward_flops(arch, cached, prompt, logits=int(computed > 0))
        + forward_flops(arch, prompt, prompt + steps, logits=steps),
    )


def share_seconds(costs: Sequence[Cost], seconds: float) -> list[Cost]:
    """The wall time of a call, divided by each one's share of the operations."""
    total = sum(cost.flops for cost in costs) or 1.0
    return [replace(cost, seconds=seconds * cost.flops / total) for cost in costs]
