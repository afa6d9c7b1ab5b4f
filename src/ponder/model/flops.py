"""How many operations a forward pass takes: the one place with the formula, for sampling and training.

A token at position p costs 2 operations for each weight of the blocks, and in each layer
4·heads·head_size for each position it attends to: p + 1, or the layer's window if that is less (Kaplan et
al., arXiv:2001.08361). The output head costs 2 for each of its weights where logits are made. Norms,
rotations and softmax are not counted, nor is drawing.
"""

from __future__ import annotations

from ponder.model.architecture import Architecture


def forward_flops(arch: Architecture, begin: int, end: int, *, logits: int) -> float:
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
