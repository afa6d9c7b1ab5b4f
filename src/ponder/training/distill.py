"""Distillation from traces: a student is fine-tuned on what a teacher solved and a verifier found right.

The loss is that of supervised fine-tuning, on the traces that `traces.py` keeps. The teacher's probabilities
play no part, so that it may be any sampler, an endpoint too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ponder.engine.engine import Engine
from ponder.errors import ConfigError
from ponder.records import Cost
from ponder.training.expert_iteration import ExpertIterationConfig
from ponder.training.keeper import Keeper
from ponder.training.logit_distillation import LogitConfig
from ponder.training.loop import Log
from ponder.training.on_policy_distillation import OnPolicyConfig
from ponder.training.sft import SFTConfig, chat_example, train_sft
from ponder.training.traces import Trace, TraceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillConfig(TraceConfig):
    """What the teacher is asked, and how the student learns from it."""

    sft: SFTConfig
    """Its loop and batches serve the other methods too."""
    method: Literal["traces", "logits", "on-policy", "expert-iteration"] = "traces"
    """How the student learns: see `distill_methods.py`."""
    student_layers: int | None = None
    """Cut the student out of the teacher's layers, evenly; `student` is then not read."""
    student_mlp_width: int | None = None
    """Of the teacher's neurons in each MLP, those that count most; all of them when not given."""
    logits: LogitConfig | None = None
    on_policy: OnPolicyConfig | None = None
    expert_iteration: ExpertIterationConfig | None = None

    def __post_init__(self) -> None:
        super(DistillConfig, self).__post_init__()  # slots make a new class, which a bare super() misses
        for section in ("logits", "on_policy", "expert_iteration"):
            method = section.replace("_", "-")
            if getattr(self, section) is not None and self.method != method:
                raise ConfigError(
                    f'[distill.{section}] is given, but method is "{self.method}": set "{method}"'
                )
        if self.student_mlp_width is not None and self.student_layers is None:
            raise ConfigError("student_mlp_width goes with student_layers: give both")


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
