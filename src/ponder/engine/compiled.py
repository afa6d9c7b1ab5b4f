"""The decoding step through `torch.compile`, with the eager step as its slow twin.

Only the step is compiled, with dynamic shapes; weights stay arguments, so training may change them in
place. When the compiler fails, one line says so and everything goes on eagerly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from ponder.engine.decode import Step, step
from ponder.engine.kv_cache import KVCache
from ponder.model.transformer import Transformer


class CompiledStep:
    """Compiles at the first call, and again if a shape cannot be generalised."""

    def __init__(self, eager: Step = step, *, compiler: Callable[[Step], Step] | None = None) -> None:
        self.eager = eager
        self.compiled: Step | None = (compiler or _compile)(eager)

    def __call__(
        self, transformer: Transformer, cache: KVCache, tokens_B: Tensor, positions_B: Tensor, window: int
    ) -> Tensor:
        if self.compiled is None:
            return self.eager(transformer, cache, tokens_B, positions_B, window)
        try:
            return self.compiled(transformer, cache, tokens_B, positions_B, window)
        except Exception as error:  # a compiler's many failures; eagerly an error of ours shows again
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            print(f"ponder: compiling the decoding step failed, running eagerly: {reason}", file=sys.stderr)
            self.compiled = None
        return self.eager(transformer, cache, tokens_B, positions_B, window)


def _compile(eager: Step) -> Step:
    compiled: Any = torch.compile(eager, dynamic=True)  # pyright: ignore[reportUnknownMemberType]
    return cast(Step, compiled)
