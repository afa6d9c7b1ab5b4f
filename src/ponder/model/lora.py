"""LoRA: frozen weights with a trained product of two narrow matrices on top (Hu et al., arXiv:2106.09685).

A projection computes with W = W0 + scale * B A, worked out once after every step and never from the last W,
so that nothing drifts. Whoever reads a projection's `weight` (the sampler's kernels do, by address) sees what
training sees. The gradient of W, the one large thing, is never made: those of A and B follow from the inputs
and the outputs' gradients. Embeddings, head, norms and biases are not adapted, and there is no dropout, which
would make sampler and trainer two different policies. Knows nothing of files.

Shapes: N tokens, I input features, O output features, R rank.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ponder.config import at_least
from ponder.errors import ConfigError, ModelError
from ponder.model.transformer import Transformer

PROJECTIONS = {
    "q_proj": "self_attn", "k_proj": "self_attn", "v_proj": "self_attn", "o_proj": "self_attn",
    "gate_proj": "mlp", "up_proj": "mlp", "down_proj": "mlp",
}  # fmt: skip
"""What can be adapted in a block, and the part of it that each stands in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoRAConfig:
    """Which projections get an adapter, and of what size."""

    rank: int = 16
    alpha: float = 32.0
    """The product counts alpha / rank times."""
    targets: tuple[str, ...] = tuple(PROJECTIONS)
    rslora: bool = False
    """Divide alpha by the root of the rank instead (rsLoRA, arXiv:2312.03732)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the frozen weights. In bfloat16 they take half the memory, but changes smaller than their last digit
    are rounded away in the forward pass; the adapter itself is float32 in any case."""

    def __post_init__(self) -> None:
        at_least(1, rank=self.rank)
        if not (math.isfinite(self.alpha) and self.alpha > 0):
            raise ConfigError(f"alpha must be a number above 0, not {self.alpha:g}")
        if not self.targets:
            raise ConfigError(f"targets must name at least one of {', '.join(PROJECTIONS)}")
        for target in self.targets:
            if target not in PROJECTIONS:
                raise ConfigError(f"there is no target {target!r:.60}; known: {', '.join(PROJECTIONS)}")

    @property
    def scale(self) -> float:
        return self.alpha / (math.sqrt(self.rank) if self.rslora else self.rank)


class Factors(NamedTuple):
    """What an adapter holds for one projection: `down` is A, `up` is B."""

    down_RI: Tensor
    up_OR: Tensor


class LoRALinear(nn.Module):
    """Stands where the `nn.Linear` stood and takes its weights over, copying them once."""

    weight: Tensor
    base: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear, factors: Factors, scale: float) -> None:
        super().__init__()
        self.scale = scale
        bias = cast(Tensor | None, linear.bias)
        self.register_buffer("base", linear.weight.detach(), persistent=False)
        self.register_buffer("weight", linear.weight.detach().clone())
        self.register_buffer("bias", None if bias is None else bias.detach())
        self.lora_A = nn.Parameter(factors.down_RI)
        self.lora_B = nn.Parameter(factors.up_OR)
        self.register_state_dict_post_hook(_leave_out_factors)
        self.merge()

    @property
    def factors(self) -> Factors:
        return Factors(self.lora_A.detach(), self.lora_B.detach())

    def merge(self) -> None:
        """Work `weight` out anew, in place."""
        write_merged(self.weight, self.base, self.factors, self.scale)

    def forward(self, x: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return F.linear(x, self.weight, self.bias)
        return cast(
            Tensor,
            _Product.apply(x, self.weight, self.bias, self.lora_A, self.lora_B, self.scale),
        )


def _leave_out_factors(
    module: nn.Module, state: dict[str, Any], prefix: str, metadata: Mapping[str, Any]
) -> None:
    """A model with an adapter is saved as the plain model that it computes."""
    del state[prefix + "lora_A"], state[prefix + "lora_B"]


class _Product(torch.autograd.Function):
    """x W^T + bias, with gradients of x, A and B only. Under autocast its products are in the lower
    precision, as those of `nn.Linear`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight_OI: Tensor, bias: Tensor | None, A: Tensor, B: Tensor, scale: float
    ) -> Tensor:
        device = x.device.type
        kind = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        ctx.scale, ctx.input_dtype = scale, x.dtype
        x = x.to(kind)
        ctx.save_for_backward(x, weight_OI, A, B)
        return F.linear(x, weight_OI, bias)

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride]  (the decorator names nothing)
        ctx: Any, *grads: Tensor
    ) -> tuple[Tensor | None, ...]:
        x, weight_OI, A, B = cast(tuple[Tensor, ...], ctx.saved_tensors)
        kind = x.dtype
        # A loss function may call backward within autocast, where the small products would be rounded again.
        with torch.autocast(x.device.type, enabled=False):
            dy = grads[0].to(kind)
            dy_NO, x_NI = dy.flatten(0, -2), x.flatten(0, -2)
            dx = (dy @ weight_OI.to(kind)).to(ctx.input_dtype) if ctx.needs_input_grad[0] else None
            dA = ctx.scale * ((dy_NO @ B.to(kind)).T @ x_NI).to(A.dtype)
            dB = ctx.scale * (dy_NO.T @ (x_NI @ A.to(kind).T)).to(B.dtype)
        return dx, None, None, dA, dB, None


@torch.no_grad()
def write_merged(weight_OI: Tensor, base_OI: Tensor, factors: Factors, scale: float) -> None:
    """weight = base + scale * B A, in float32 and rounded once. The two may be the same tensor."""
    merged_OI = torch.addmm(base_OI.float(), factors.up_OR, factors.down_RI, alpha=scale)
    weight_OI.copy_(merged_OI)


def projections(model: Transformer, targets: tuple[str, ...] = tuple(PROJECTIONS)) -> Iterator[str]:
    """The names of the modules that `targets` mean, in a fixed order."""
    for layer in range(model.arch.layers):
        for name, part in PROJECTIONS.items():
            if name in targets:
                yield f"layers.{layer}.{part}.{name}"


def add_lora(model: Transformer, config: LoRAConfig, *, seed: int = 0) -> None:
    """Freeze the model and give it an adapter that changes nothing yet: A uniform, B zero."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for name in projections(model, config.targets):
        linear = plain_linear(model, name)
        down_RI = torch.empty(config.rank, linear.in_features)
        nn.init.kaiming_uniform_(down_RI, a=math.sqrt(5), generator=generator)
        up_OR = torch.zeros(linear.out_features, config.rank)
        factors = Factors(down_RI.to(model.device), up_OR.to(model.device))
        model.set_submodule(name, LoRALinear(linear, factors, config.scale))


def plain_linear(model: Transformer, name: str) -> nn.Linear:
    """A projection that has no adapter yet."""
    module = model.get_submodule(name)
    if not isinstance(module, nn.Linear):
        raise ModelError(f"{name} is a {type(module).__name__}: only plain float weights can be adapted")
    return module


def adapted(model: Transformer) -> Iterator[tuple[str, LoRALinear]]:
    """The projections that have an adapter, by name."""
    for name, module in cast(Iterator[tuple[str, nn.Module]], model.named_modules()):
        if isinstance(module, LoRALinear):
            yield name, module


def refresh_merged(model: Transformer) -> None:
    """To be called whenever the factors were written: after a step, and after loading them."""
    for _, module in adapted(model):
        module.merge()
