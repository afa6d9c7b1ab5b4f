"""Ways to train in less memory: bf16 autocast, and activations computed anew in the backward pass.

Chen et al., arXiv:1604.06174, for the second: only the input of each block is kept. Knows nothing of losses.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint  # pyright: ignore[reportUnknownVariableType]

from ponder.model.architecture import Architecture
from ponder.model.transformer import Transformer

ACTIVATIONS_MB = 768
"""What a backward pass may keep at once, where a recipe does not say."""
LEAST_TOKENS = 256
"""Fewer at once would cost more in calls than they save in padding or memory."""


def tokens_at_once(arch: Architecture, megabytes: float = ACTIVATIONS_MB) -> int:
    """How many tokens' activations fit, in float32. Of each block a backward pass keeps about ten vectors of
    the width, four of the heads' and four of the MLP's."""
    heads = arch.heads * arch.head_size
    per_block = 10 * arch.width + 4 * heads + 4 * arch.mlp_width
    return max(LEAST_TOKENS, int(megabytes * 2**20 / (arch.layers * per_block * 4)))


@contextmanager
def mixed_precision(model: Transformer, *, on: bool) -> Generator[None]:
    """bf16 products of matrices; weights, norms and sums stay as they are."""
    if not on:
        yield
        return
    with torch.autocast(model.device.type, torch.bfloat16), warnings.catch_warnings():
        # The norms get bf16 inputs and keep float32 weights, on purpose.
        warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight")
        yield


@contextmanager
def recomputed_activations(model: Transformer, *, on: bool) -> Generator[None]:
    """Within, every block forgets what it computed and computes it again when gradients are taken."""
    blocks = list(model.layers) if on else list[nn.Module]()
    for block in blocks:
        block.forward = _recomputed(block.forward)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward  # the class's own shows again


def _recomputed(forward: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any) -> Any:
        if not torch.is_grad_enabled():  # sampling and evaluation keep nothing in any case
            return forward(*arguments)
        return recomputed(forward, *arguments)

    return run


def recomputed(function: Callable[..., Any], *arguments: Any) -> Any:
    """Its result, keeping only the arguments until gradients are taken. It must not draw random numbers."""
    untyped = cast(Callable[..., Any], checkpoint)
    return untyped(function, *arguments, use_reentrant=False, preserve_rng_state=False)
