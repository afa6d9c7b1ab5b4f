"""Optimisers for the loop: AdamW for all, or Muon for the blocks' matrices and AdamW for the rest.

Muon orthogonalises the momentum (Jordan et al., 2024); its update is scaled to the size of AdamW's, so that
one learning rate serves both. Knows nothing of what is being learned.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from ponder.model.transformer import Transformer

Optimizer = Literal["adamw", "muon"]


def make_optimizers(
    model: Transformer, kind: Optimizer, *, learning_rate: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """In a fixed order, each over the parameters that can be trained."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    if kind == "adamw":
        return [_adamw(parameters, learning_rate, weight_decay)]
    matrices = [p for p in model.layers.parameters() if p.dim() == 2 and p.requires_grad]
    chosen = {id(p) for p in matrices}
    muon = torch.optim.Muon(
        matrices, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, _adamw([p for p in parameters if id(p) not in chosen], learning_rate, weight_decay)]


def _adamw(
    parameters: list[nn.Parameter], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Vectors (norms, biases) are not decayed."""
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95))
