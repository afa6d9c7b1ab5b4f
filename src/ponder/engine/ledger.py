"""What each completion cost, counted from what its row really ran. The one place with the FLOPs formula.

A prompt of P tokens is computed once: the first of its samples pays for it (`prompt_tokens`), the others
book it as `cached_prompt_tokens`, and so does the first with what earlier prompts had left in the cache.
The first new token comes from the prompt's pass and the last is never fed back, so m new tokens take m -
1 steps.

A token at position p costs 2 operations for each weight of the blocks, and in each layer
4·heads·head_size for each position it attends to: p + 1, or the layer's window if that is less (Kaplan et
al., arXiv:2001.08361). The output head costs 2 for each of its weights where logits are made: at the last
token of a prompt and at every step. Norms, rotations and softmax are not counted, nor is drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ponder.model.architecture import Architecture
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
        flops=count_flops(arch, cached, prompt, logits=int(computed > 0))
        + count_flops(arch, prompt, prompt + steps, logits=steps),
    )


def count_flops(arch: Architecture, begin: int, end: int, *, logits: int) -> float:
    """Operations for the tokens at positions `begin` to `end - 1`, and for logits at so many of them."""
    head = arch.vocab_size * arch.width
    attended = sum(_attended(begin, end, arch.window(layer)) for layer in range(arch.layers))
    return (
        2.0 * (arch.matmul_weights - head) * (end - begin)
        + 4.0 * arch.heads * arch.head_size * attended
        + 2.0 * head * logits
    )


def _attended(begin: int, end: int, window: int | None) -> int:
    """The sum over positions p of min(p + 1, window)."""
    if window is None:
        return _triangle(end) - _triangle(begin)
    rising_end, rising_begin = min(end, window), min(begin, window)
    return (
        _triangle(rising_end)
        - _triangle(rising_begin)
        + window * ((end - rising_end) - (begin - rising_begin))
    )


def _triangle(count: int) -> int:
    return count * (count + 1) // 2


def share_seconds(costs: Sequence[Cost], seconds: float) -> list[Cost]:
    """The wall time of a call, divided by each one's share of the operations."""
    total = sum(cost.flops for cost in costs) or 1.0
    return [replace(cost, seconds=seconds * cost.flops / total) for cost in costs]
