"""Weight-only 8-bit integers: one scale for each row of a matrix, rounded to nearest.

Halves what a decoding step reads from memory. Products are as exact as those of the rounded weights: inputs
are not quantised. Norms and biases stay as they are. For inference only; such a model is not trained.

Shapes: O output features, I input features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.transformer import Transformer

LARGEST = 127


class Int8Linear(nn.Module):
    """A matrix as integers with a scale for each row; stands for `nn.Linear` and for the embedding table."""

    weight: Tensor
    scale: Tensor

    def __init__(self, weight_OI: Tensor, scale_O: Tensor, bias_O: Tensor | None, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("weight", weight_OI)
        self.register_buffer("scale", scale_O)
        self.register_buffer("bias", bias_O)
        self.dtype = dtype

    @property
    def widened(self) -> Tensor:
        """The weights that the integers stand for."""
        return (self.weight.float() * self.scale[:, None]).to(self.dtype)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.widened.to(x.dtype), self.bias)


class Int8Embedding(Int8Linear):
    """The same table, looked up by token."""

    def forward(self, ids: Tensor) -> Tensor:
        return (self.weight[ids].float() * self.scale[ids, None]).to(self.dtype)


def quantize_rows(weight_OI: Tensor) -> tuple[Tensor, Tensor]:
    """Integers OI and scales O with weight ≈ integer * scale; the error is at most half a scale."""
    wide_OI = weight_OI.detach().float()
    scale_O = wide_OI.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / LARGEST
    integers_OI = (wide_OI / scale_O[:, None]).round_().clamp_(-LARGEST, LARGEST).to(torch.int8)
    return integers_OI, scale_O


def quantize_int8(transformer: Transformer) -> Transformer:
    """Replace all matrices in place, one at a time, so that memory never holds the model twice."""
    tied = transformer.lm_head.weight is transformer.embed_tokens.weight
    for name, module in list(transformer.named_modules()):
        if not isinstance(module, nn.Linear) or (tied and name == "lm_head"):
            continue
        bias = None if module.bias is None else module.bias.detach()
        dtype = module.weight.dtype
        transformer.set_submodule(name, Int8Linear(*quantize_rows(module.weight), bias, dtype))
        del module
    table = transformer.embed_tokens.weight
    embedding = Int8Embedding(*quantize_rows(table), None, table.dtype)
    transformer.set_submodule("embed_tokens", embedding)
    if tied:
        transformer.set_submodule("lm_head", Int8Linear(embedding.weight, embedding.scale, None, table.dtype))
    return transformer
