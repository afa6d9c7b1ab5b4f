"""The pass for single tokens through `torch.compile`, with the eager pass as its slow twin.

On a GPU the compiled pass is a CUDA graph (`mode="reduce-overhead"`), so the number of rows is padded to a
power of two and each size is captured once; on a CPU shapes are dynamic. Weights stay arguments, so training
may change them in place. When the compiler fails, one line says so and everything goes on eagerly.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from ponder.engine.kv_cache import KVCache
from ponder.engine.padded_forward import Pass, paged_pass
from ponder.model.transformer import Transformer


class CompiledPass:
    """Compiles at the first call, and again if a shape cannot be generalised."""

    def __init__(self, eager: Pass = paged_pass, *, compiler: Callable[[Pass], Pass] | None = None) -> None:
        self.eager = eager
        self.compiler = compiler
        self.compiled: Pass | None = None
        self.failed = False

    def __call__(
        self,
        transformer: Transformer,
        cache: KVCache,
        ids_BT: Tensor,
        positions_BT: Tensor,
        tables_BN: Tensor,
    ) -> Tensor:
        arguments = (transformer, cache, ids_BT, positions_BT, tables_BN)
        if self.failed:
            return self.eager(*arguments)
        try:
            if self.compiled is None:
                self.compiled = (
                    self.compiler(self.eager) if self.compiler else _compile(self.eager, ids_BT.device)
                )
            return self._run(self.compiled, *arguments)
        except Exception as error:  # a compiler's many failures; eagerly an error of ours shows again
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            print(f"ponder: compiling the decoding step failed, running eagerly: {reason}", file=sys.stderr)
            self.failed = True
        return self.eager(*arguments)

    def _run(
        self,
        compiled: Pass,
        transformer: Transformer,
        cache: KVCache,
        ids_BT: Tensor,
        positions_BT: Tensor,
        tables_BN: Tensor,
    ) -> Tensor:
        if ids_BT.device.type != "cuda":
            return compiled(transformer, cache, ids_BT, positions_BT, tables_BN)
        rows = ids_BT.shape[0]
        more = (1 << (rows - 1).bit_length()) - rows
        padded = (
            torch.nn.functional.pad(ids_BT, (0, 0, 0, more)),
            torch.nn.functional.pad(positions_BT, (0, 0, 0, more)),
            torch.nn.functional.pad(tables_BN, (0, 0, 0, more), value=cache.padding_page),
        )
        # The graph's output is overwritten by its next replay.
        return compiled(transformer, cache, *padded)[:rows].clone()


def _compile(eager: Pass, device: torch.device) -> Pass:
    options: dict[str, Any] = {"mode": "reduce-overhead"} if device.type == "cuda" else {"dynamic": True}
    compiled: Any = torch.compile(eager, **options)  # pyright: ignore[reportUnknownMemberType]
    return cast(Pass, compiled)
