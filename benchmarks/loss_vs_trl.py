"""Our losses and their gradients against those of TRL's GRPOTrainer, on the same made-up rollouts.

    PYTHONPATH=src trl/bin/python benchmarks/loss_vs_trl.py        (trl: a venv with trl==1.16.0)

TRL's `_compute_loss` gets logprobs, old logprobs, advantages and a mask of different lengths in place of a
forward pass, ours the same tensors. TRL has no name for GSPO: it is "grpo" with one ratio per sequence. What
TRL calls epsilon_high is the bound itself in CISPO, and what is added to 1 elsewhere. Leaves out our
"reinforce", which TRL lacks.
"""

from __future__ import annotations

import sys
import tempfile
from typing import Any

import torch
from datasets import Dataset
from torch import Tensor
from trl import GRPOConfig, GRPOTrainer

from ponder.model.catalog import locate
from ponder.training.losses import Terms, sequence_weights, token_worth

SEQUENCES, TOKENS, LIMIT = 8, 24, 32
CLIP_LOW, CLIP_HIGH = 0.2, 0.28
NAMES: dict[str, dict[str, Any]] = {
    "grpo": {"loss_type": "grpo"},
    "dapo": {"loss_type": "dapo"},
    "dr-grpo": {"loss_type": "dr_grpo"},
    "gspo": {"loss_type": "grpo", "importance_sampling_level": "sequence"},
    "cispo": {"loss_type": "cispo", "epsilon_high": 1 + CLIP_HIGH},
}
TOLERANCE = 1e-6


class GivenLogprobs(GRPOTrainer):
    """Skips the forward pass."""

    logprobs: Tensor

    def _get_per_token_logps_and_entropies(self, *_: Any, **__: Any) -> tuple[Tensor, Tensor, None]:
        return self.logprobs, torch.zeros_like(self.logprobs), None


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    old = -torch.rand(SEQUENCES, TOKENS, generator=generator) * 3
    logprobs = old + 0.3 * torch.randn(SEQUENCES, TOKENS, generator=generator)
    advantages = torch.randn(SEQUENCES, generator=generator)
    lengths = torch.randint(1, TOKENS + 1, (SEQUENCES,), generator=generator)
    lengths[0] = TOKENS
    mask = torch.arange(TOKENS) < lengths[:, None]
    worst = 0.0
    for name, config in NAMES.items():
        mine, my_gradient = ours(name, logprobs, old, advantages, mask)
        other, other_gradient = theirs(config, logprobs, old, advantages, mask)
        apart = max(abs(mine - other), float((my_gradient - other_gradient).abs().max()))
        worst = max(worst, apart)
        assert my_gradient.abs().max() > 0
        print(f"{name:<8} ours {mine:+.7f}, TRL {other:+.7f}, gradients at most "
              f"{float((my_gradient - other_gradient).abs().max()):.1e} apart")  # fmt: skip
    sys.exit(worst > TOLERANCE)


def ours(name: str, logprobs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor) -> tuple[float, Tensor]:
    leaf = logprobs.clone().requires_grad_()
    worth = token_worth(name, Terms(leaf, old, advantages, mask, CLIP_LOW, CLIP_HIGH))
    weights = sequence_weights(name, mask.sum(dim=1).float(), max_tokens=LIMIT)
    loss = (worth.loss_BT.masked_fill(~mask, 0.0) * weights[:, None]).sum()
    loss.backward()
    assert leaf.grad is not None
    return float(loss.detach()), leaf.grad


def theirs(
    config: dict[str, Any], logprobs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor
) -> tuple[float, Tensor]:
    with tempfile.TemporaryDirectory() as scratch:
        options = {
            "output_dir": scratch, "use_cpu": True, "report_to": "none", "bf16": False, "beta": 0.0,
            "epsilon": CLIP_LOW, "epsilon_high": CLIP_HIGH, "max_completion_length": LIMIT,
            "per_device_train_batch_size": SEQUENCES, "num_generations": SEQUENCES, **config,
        }  # fmt: skip
        trainer = GivenLogprobs(
            model=str(locate("tiny")), args=GRPOConfig(**options), reward_funcs=unused,
            train_dataset=Dataset.from_list([{"prompt": "?"}]),
        )  # fmt: skip
        trainer.model.train()
        trainer.current_gradient_accumulation_steps = 1
        trainer.logprobs = leaf = logprobs.clone().requires_grad_()
        ids = torch.ones(mask.shape, dtype=torch.int64)
        inputs = {
            "prompt_ids": ids, "prompt_mask": ids, "completion_ids": ids, "completion_mask": mask.int(),
            "advantages": advantages, "old_per_token_logps": old, "num_items_in_batch": mask.sum(),
        }  # fmt: skip
        loss = trainer._compute_loss(trainer.model, inputs)
        loss.backward()
        assert leaf.grad is not None
        return float(loss.detach()), leaf.grad


def unused(completions: list[str], **_: Any) -> list[float]:
    """TRL wants a reward; no completion is ever sampled."""
    return [0.0] * len(completions)


if __name__ == "__main__":
    main()
