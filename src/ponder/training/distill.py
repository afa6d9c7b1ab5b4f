"""Distillation from traces: a student is fine-tuned on what a teacher solved and a verifier found right.

The loss is that of supervised fine-tuning, on the traces that `traces.py` keeps. The teacher's probabilities
play no part, so that it may be any sampler, an endpoint too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ponder.engine.engine import Engine
from ponder.records import Cost
from ponder.training.keeper import Keeper
from ponder.training.loop import Log
from ponder.training.sft import SFTConfig, chat_example, train_sft
from ponder.training.traces import Trace, TraceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillConfig(TraceConfig):
    """What the teacher is asked, and how the student learns from it."""

    sft: SFTConfig


def train_student(
    student: Engine,
    traces: Sequence[Trace],
    config: DistillConfig,
    *,
    log: Log,
    keeper: Keeper | None = None,
) -> Cost:
    """Fine-tune the student's weights in place on the traces; returns what the steps took."""
    examples = [chat_example(student, trace.prompt, trace.completion) for trace in traces]
    return train_sft(student, examples, config.sft, log=log, keeper=keeper)
