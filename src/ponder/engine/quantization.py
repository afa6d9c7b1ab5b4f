"""Weight-only 8-bit integers: one scale for each row of a matrix, rounded to nearest.

Halves what a decoding step reads from memory. Products are as exact as those of the rounded weights: inputs
are not quantised. Norms and biases stay as they are. For inference only; such a model is not trained.

Shapes: O output features, I input features.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ponder.model.transformer import Transformer

LARGEST = 127


class Int8Linear(nn.Module):
    """A matrix as integers with a scale for each row; stands for `nn.Linear` and for the embedding table."""

    weight: Tensor
    scale: Tensor

    bias: Tensor | None

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

    def forward(self, x: Tensor) -> Tensor:
        """`x` holds token ids."""
        return (self.weight[x].float() * self.scale[x, None]).to(self.dtype)


def quantize_rows(weight_OI: Tensor) -> tuple[Tensor, Tensor]:
    """Integers OI and scales O with weight ≈ integer * scale; the error is at most half a scale."""
    wide_OI = weight_OI.detach().float()
    scale_O = wide_OI.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / LARGEST
    integers_OI = (wide_OI / scale_O[:, None]).round_().clamp_(-LARGEST, LARGEST).to(torch.int8)
    return integers_OI, scale_O


def quantize_int8(transformer: Transformer) -> Transformer:
    """Replace all matrices in place, one at a time, so that memory never holds the model twice."""
    tied = transformer.lm_head.weight is transformer.embed_tokens.weight
    modules = cast(Iterator[tuple[str, nn.Module]], transformer.named_modules())
    names = [name for name, module in modules if isinstance(module, nn.Linear)]
    for name in names:
        if not (tied and name == "lm_head"):
            transformer.set_submodule(name, _rounded(cast(nn.Linear, transformer.get_submodule(name))))
    table = transformer.embed_tokens.weight
    embedding = Int8Embedding(*quantize_rows(table), None, table.dtype)
    transformer.set_submodule("embed_tokens", embedding)
    if tied:
        transformer.set_submodule("lm_head", Int8Linear(embedding.weight, embedding.scale, None, table.dtype))
    return transformer


def _rounded(linear: nn.Linear) -> Int8Linear:
    bias = cast(Tensor | None, linear.bias)
    return Int8Linear(
        *quantize_rows(linear.weight), None if bias is None else bias.detach(), linear.weight.dtype
    )
