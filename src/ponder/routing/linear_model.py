"""A linear score over named features, kept as numbers in JSON: what a router can be asked the reasons of.

    score = bias + Σ weightᶠ (xᶠ - meanᶠ) / scaleᶠ            probability = 1 / (1 + exp(-score))

Fitted elsewhere (`calibrate.py`); here it is only evaluated, with nothing but the standard library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """Where features lie in the outcomes a router learned from."""

    mean: Mapping[str, float]
    scale: Mapping[str, float]

    def __call__(self, features: Mapping[str, float]) -> dict[str, float]:
        """Standardised; what is not known of a question counts as ordinary."""
        return {
            name: (features.get(name, mean) - mean) / self.scale[name] for name, mean in self.mean.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    bias: float
    weights: Mapping[str, float]

    def score(self, standardised: Mapping[str, float]) -> float:
        return self.bias + sum(weight * standardised[name] for name, weight in self.weights.items())

    def probability(self, standardised: Mapping[str, float]) -> float:
        score = self.score(standardised)
        return 1 / (1 + math.exp(-score)) if score > -700 else 0.0

    def pulls(self, standardised: Mapping[str, float]) -> dict[str, float]:
        """What each feature adds to the score."""
        return {name: weight * standardised[name] for name, weight in self.weights.items()}
