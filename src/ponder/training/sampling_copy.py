"""The policy as it samples: itself, or a copy rounded to the precision that the trainer computes in.

Under bf16 autocast the trainer multiplies by weights rounded to bf16. A sampler that reads the float32
weights takes three times as long on a CPU and lies hardly nearer to the trainer. On a CPU the copy is dropped
after every batch, before gradients need the memory; on a GPU, where a new model would be compiled anew, it is
kept and written over. Knows nothing of rollouts.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import torch

from ponder.engine.engine import Engine
from ponder.engine.load import in_precision


class SamplingCopy:
    """Hands out an engine with the policy's present weights."""

    def __init__(self, policy: Engine, precision: Literal["float32", "bf16"]) -> None:
        """`precision` is the loop's: with float32 the policy samples with the weights it has."""
        self.policy, self.rounded = policy, precision == "bf16"
        self._kept: Engine | None = None

    @contextmanager
    def fresh(self) -> Generator[Engine]:
        """For one batch; the weights must not change within."""
        if not self.rounded:
            self.policy.forget_prompts()  # or a run that was resumed would compute in another order
            yield self.policy
            return
        engine, self._kept = self._kept, None
        if engine is None:
            engine = in_precision(self.policy, torch.bfloat16)
        else:
            engine.forget_prompts()
            with torch.no_grad():
                engine.transformer.load_state_dict(self.policy.transformer.state_dict())
        yield engine
        if self.policy.transformer.device.type != "cpu":
            self._kept = engine
