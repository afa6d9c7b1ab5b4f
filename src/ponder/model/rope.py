"""Rotary positions: one set of frequencies, plain or stretched to longer contexts.

RoPE: Su et al., arXiv:2104.09864, in the half-split layout of Hugging Face weights. Linear interpolation:
Chen et al., arXiv:2306.15595. Llama 3's scaling by wavelength: Dubey et al., arXiv:2407.21783. YaRN: Peng et
al., arXiv:2309.00071. Frequencies and angles are float32.

Shapes: D head size, B sequences, T tokens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor

from ponder.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """All wavelengths times `factor`."""

    factor: float

    def apply(self, frequencies: Tensor, base: float) -> Tensor:
        return frequencies / self.factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Llama3:
    """Long wavelengths times `factor`, short ones as they are, those between blended."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_position_embeddings: float

    def apply(self, frequencies: Tensor, base: float) -> Tensor:
        wavelengths = 2 * math.pi / frequencies
        turns = self.original_max_position_embeddings / wavelengths
        span = self.high_freq_factor - self.low_freq_factor
        kept = ((turns - self.low_freq_factor) / span).clamp(0, 1)
        return kept * frequencies + (1 - kept) * frequencies / self.factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Yarn:
    """Frequencies that turn fewer than `beta_slow` times in the original context are interpolated, those that
    turn more than `beta_fast` times kept, the rest blended by their place."""

    factor: float
    original_max_position_embeddings: float
    beta_fast: float = 32.0
    beta_slow: float = 1.0
    attention_factor: float | None = None
    mscale: float | None = None
    mscale_all_dim: float | None = None
    truncate: bool = True

    def apply(self, frequencies: Tensor, base: float) -> Tensor:
        half = frequencies.numel()
        low, high = self._place(self.beta_fast, half, base), self._place(self.beta_slow, half, base)
        if self.truncate:
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, 2 * half - 1)
        high += 0.001 if low == high else 0
        interpolated = ((torch.arange(half, dtype=torch.float32) - low) / (high - low)).clamp(0, 1)
        return frequencies * (1 - interpolated) + frequencies / self.factor * interpolated

    def _place(self, turns: float, half: int, base: float) -> float:
        """The index of the frequency that turns so often in the original context."""
        ratio = self.original_max_position_embeddings / (turns * 2 * math.pi)
        return half * math.log(ratio) / math.log(base)

    @property
    def magnitude(self) -> float:
        if self.attention_factor is not None:
            return self.attention_factor
        if self.mscale and self.mscale_all_dim:
            return self._magnitude(self.mscale) / self._magnitude(self.mscale_all_dim)
        return self._magnitude(1.0)

    def _magnitude(self, scale: float) -> float:
        return 0.1 * scale * math.log(self.factor) + 1.0 if self.factor > 1 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Each wavelength times a factor of its own, as GGUF files may have it."""

    factors: tuple[float, ...]

    def apply(self, frequencies: Tensor, base: float) -> Tensor:
        if len(self.factors) != frequencies.numel():
            raise ModelError(
                f"{len(self.factors)} RoPE factors are given for {frequencies.numel()} frequencies"
            )
        return frequencies / torch.tensor(self.factors)


Scaling = Linear | Llama3 | Yarn | Factors
SCALINGS: dict[str, type[Linear | Llama3 | Yarn]] = {"linear": Linear, "llama3": Llama3, "yarn": Yarn}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    base: float = 10_000.0
    scaling: Scaling | None = None

    def inverse_frequencies(self, head_size: int) -> Tensor:
        """Radians per position, of shape (D/2), float32."""
        exponents = torch.arange(0, head_size, 2, dtype=torch.float32) / head_size
        frequencies = 1.0 / self.base**exponents
        return frequencies if self.scaling is None else self.scaling.apply(frequencies, self.base)

    @property
    def attention_factor(self) -> float:
        """Multiplies cosines and sines."""
        return self.scaling.magnitude if isinstance(self.scaling, Yarn) else 1.0

    def rotation(self, positions_BT: Tensor, inverse_frequencies: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines of the tokens' positions, each of shape BT1D."""
        angles = positions_BT[..., None, None].float() * inverse_frequencies
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos() * self.attention_factor, angles.sin() * self.attention_factor

    @classmethod
    def from_hf(cls, parameters: Mapping[str, Any], *, base: float, context: int) -> Rope:
        """From `rope_parameters` or `rope_scaling`; `base` is used where they have none."""
        if nested := [key for key, value in parameters.items() if isinstance(value, Mapping)]:
            raise ModelError(f"RoPE parameters for a type of layer ({nested[0]!r}) are not supported here")
        base = float(parameters.get("rope_theta") or base)
        kind = parameters.get("rope_type", parameters.get("type", "default")) or "default"
        if kind == "default":
            return cls(base=base)
        if kind not in SCALINGS:
            raise ModelError(f"RoPE scaling {kind!r} is not supported; supported: {', '.join(SCALINGS)}")
        if float(parameters.get("partial_rotary_factor") or 1.0) != 1.0:
            raise ModelError("RoPE over a part of each head (partial_rotary_factor) is not supported")
        names = {each.name for each in fields(SCALINGS[kind])}
        given = {key: value for key, value in parameters.items() if key in names and value is not None}
        if "original_max_position_embeddings" in names:
            given.setdefault("original_max_position_embeddings", context)
        if kind == "yarn" and parameters.get("factor", 0) is None:  # null means: whatever reaches the context
            given["factor"] = context / given["original_max_position_embeddings"]
        needed = {each.name for each in fields(SCALINGS[kind]) if each.default is MISSING}
        if missing := needed - given.keys():
            raise ModelError(f"RoPE scaling {kind!r} lacks the key {min(missing)!r}")
        return cls(base=base, scaling=SCALINGS[kind](**given))

    def to_hf(self) -> dict[str, Any]:
        """`rope_parameters` as Hugging Face writes them."""
        if self.scaling is None:
            return {"rope_type": "default", "rope_theta": self.base}
        if isinstance(self.scaling, Factors):
            raise ModelError(
                "RoPE factors of a GGUF file cannot be written to config.json: it has no key for them"
            )
        kind = next(name for name, each in SCALINGS.items() if isinstance(self.scaling, each))
        given = {key: value for key, value in asdict(self.scaling).items() if value is not None}
        return {"rope_type": kind, "rope_theta": self.base, **given}


def rotate(x_BTHD: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """`rotation` holds cosines and sines of the tokens' positions, each of shape BT1D."""
    cos, sin = rotation
    left, right = x_BTHD.chunk(2, dim=-1)
    return (x_BTHD * cos + torch.cat([-right, left], dim=-1) * sin).to(x_BTHD.dtype)
